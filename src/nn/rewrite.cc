// SPDX-License-Identifier: MIT
#include "nn/rewrite.h"

#include <cmath>
#include <optional>

namespace kws::nn {
namespace {

bool has_channel_weights(Op op) {
  return op == Op::kConv2d || op == Op::kDepthwise || op == Op::kDense;
}

/// The same layer with a bias, which folding a batch norm brings.
Attributes with_bias(Attributes attributes) {
  if (auto* conv = std::get_if<Conv2d>(&attributes)) conv->bias = true;
  if (auto* depthwise = std::get_if<Depthwise>(&attributes)) depthwise->bias = true;
  if (auto* dense = std::get_if<Dense>(&attributes)) dense->bias = true;
  return attributes;
}

std::vector<std::size_t> count_readers(const Graph& graph) {
  std::vector<std::size_t> readers(graph.tensors.size(), 0);
  for (const auto& node : graph.nodes) {
    for (const auto input : node.inputs) ++readers[input];
  }
  ++readers[graph.output];
  return readers;
}

}  // namespace

Affine batch_norm_affine(const Node& node, const Weights& weights) {
  const auto& gamma = weights.find(node.name + ".gamma")->second;
  const auto& beta = weights.find(node.name + ".beta")->second;
  const auto& mean = weights.find(node.name + ".mean")->second;
  const auto& variance = weights.find(node.name + ".variance")->second;
  const auto* norm = std::get_if<BatchNorm>(&node.attributes);
  const double epsilon = static_cast<double>(
      norm != nullptr ? norm->epsilon : std::get<SubSpectralNorm>(node.attributes).epsilon);
  Affine affine;
  for (std::size_t c = 0; c < gamma.size(); ++c) {
    const double factor =
        static_cast<double>(gamma[c]) / std::sqrt(static_cast<double>(variance[c]) + epsilon);
    affine.factor.push_back(static_cast<float>(factor));
    affine.offset.push_back(
        static_cast<float>(static_cast<double>(beta[c]) - static_cast<double>(mean[c]) * factor));
  }
  return affine;
}

Model fold_for_inference(const Model& model) {
  const Graph& from = model.graph;
  const auto readers = count_readers(from);
  Model folded;
  folded.graph.add_input(from.input_shape());
  std::vector<TensorId> moved(from.tensors.size(), 0);                 // old tensor → new tensor
  std::vector<std::optional<std::size_t>> maker(from.tensors.size());  // old tensor → old node

  for (std::size_t i = 0; i < from.nodes.size(); ++i) {
    const Node& node = from.nodes[i];
    maker[node.output] = i;
    if (node.op == Op::kDropout) {
      moved[node.output] = moved[node.inputs[0]];
      folded.graph.output = moved[node.output];
      continue;
    }
    const auto source = maker[node.inputs[0]];
    if (node.op == Op::kBatchNorm && source && readers[node.inputs[0]] == 1 &&
        has_channel_weights(from.nodes[*source].op)) {
      const Node& layer = from.nodes[*source];
      const auto affine = batch_norm_affine(node, model.weights);
      auto& weight = folded.weights.at(layer.name + ".weight");
      const std::size_t channels = affine.factor.size();
      for (std::size_t row = 0; row < weight.size(); row += channels) {
        for (std::size_t c = 0; c < channels; ++c) weight[row + c] *= affine.factor[c];
      }
      auto& bias = folded.weights[layer.name + ".bias"];
      bias.resize(channels, 0.0F);
      for (std::size_t c = 0; c < channels; ++c) {
        bias[c] = affine.factor[c] * bias[c] + affine.offset[c];
      }
      for (auto& copy : folded.graph.nodes) {
        if (copy.name == layer.name) copy.attributes = with_bias(copy.attributes);
      }
      moved[node.output] = moved[node.inputs[0]];
      folded.graph.output = moved[node.output];
      continue;
    }
    std::vector<TensorId> inputs;
    for (const auto input : node.inputs) inputs.push_back(moved[input]);
    moved[node.output] = folded.graph.add_node(node.name, node.op, node.attributes, inputs,
                                               from.quantisation_of(node));
    for (const auto& spec : parameters(from, node)) {
      folded.weights.emplace(spec.name, model.weights.find(spec.name)->second);
    }
  }
  folded.graph.output = moved[from.output];
  return folded;
}

}  // namespace kws::nn
