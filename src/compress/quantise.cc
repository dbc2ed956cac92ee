// SPDX-License-Identifier: MIT
#include "compress/quantise.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "nn/quantisation.h"

namespace kws::compress {
namespace {

using nn::Op;
using nn::TensorId;

/// A bias is at most this many steps of its scale: beyond, a float holds it no more exactly, and
/// the sum of an int8 layer must not leave 32 bits.
constexpr double kMaxBiasSteps = 16777216.0;

bool is_weighted(Op op) { return op == Op::kConv2d || op == Op::kDepthwise || op == Op::kDense; }

/// Whose output is clamped to a range of its own, so that an activation behind it is free.
bool takes_activation(Op op) {
  return is_weighted(op) || op == Op::kAdd || op == Op::kMul || op == Op::kAveragePool ||
         op == Op::kMean;
}

bool keeps_quantisation(Op op) { return op == Op::kMaxPool || op == Op::kFlatten; }

/// Why a node cannot work in int8.
std::optional<std::string> objection(const nn::Model& model, const nn::Node& node) {
  switch (node.op) {
    case Op::kInputNorm:
      return "features are normalised in float, before the first quantize";
    case Op::kSoftmax:
      return "posteriors are float";
    case Op::kBatchNorm:
    case Op::kSubSpectralNorm:
      return "a norm that could not be folded into a layer before it";
    default:
      break;
  }
  if (!is_weighted(node.op)) return std::nullopt;
  const auto& weight = model.weights.find(node.name + ".weight")->second;
  const auto channels = static_cast<std::size_t>(model.graph.tensor_of(node).shape.channels);
  constexpr double kMost = (2147483647.0 - kMaxBiasSteps) / (255.0 * nn::kMaxWeight);
  if (static_cast<double>(weight.size() / channels) > kMost) {
    return "it sums over too many values for 32 bits";
  }
  return std::nullopt;
}

/// Weights of one layer → their grid. `input_scale`: of the activations they multiply.
void quantise_weights(const nn::Node& node, float input_scale, nn::Weights& weights) {
  auto& weight = weights.find(node.name + ".weight")->second;
  const auto bias = weights.find(node.name + ".bias");
  const auto spread = [](std::size_t count, const std::vector<float>& values) {
    std::vector<float> largest(count, 0.0F);
    for (std::size_t i = 0; i < values.size(); ++i) {
      largest[i % count] = std::max(largest[i % count], std::abs(values[i]));
    }
    return largest;
  };
  auto& scale = weights.find(node.name + ".weight_scale")->second;
  const std::size_t channels = scale.size();
  scale = spread(channels, weight);
  const float widest = *std::max_element(scale.begin(), scale.end());
  for (std::size_t c = 0; c < channels; ++c) {
    double step = static_cast<double>(scale[c]) / nn::kMaxWeight;
    if (step < 1e-30) step = static_cast<double>(widest) / nn::kMaxWeight;  // a dead channel
    if (step < 1e-30) step = 1.0;                                           // a dead layer
    if (bias != weights.end()) {
      step = std::max(step, std::abs(static_cast<double>(bias->second[c])) /
                                (static_cast<double>(input_scale) * kMaxBiasSteps));
    }
    scale[c] = static_cast<float>(step);
  }
  for (std::size_t i = 0; i < weight.size(); ++i) {
    const float step = scale[i % channels];
    const float q = std::clamp(std::nearbyintf(weight[i] / step), -127.0F, 127.0F);
    weight[i] = (q + 0.0F) * step;  // -0 becomes 0: a file cannot tell them apart
  }
}

class Rewrite {
 public:
  Rewrite(const nn::Model& from, const Ranges& ranges)
      : from_(from), ranges_(ranges), readers_(from.graph.tensors.size(), 0) {
    for (const auto& node : from.graph.nodes) {
      for (const auto input : node.inputs) ++readers_[input];
    }
    ++readers_[from.graph.output];
  }

  [[nodiscard]] Quantised run() {
    auto& graph = result_.model.graph;
    moved_[from_.graph.input] = graph.add_input(from_.graph.input_shape());
    for (std::size_t i = 0; i < from_.graph.nodes.size(); ++i) {
      const nn::Node& node = from_.graph.nodes[i];
      if (moved_.contains(node.output)) continue;  // an activation that its layer took
      if (const auto reason = objection(from_, node)) {
        keep(node);
        result_.stays_float.push_back({node.name, *reason});
      } else {
        convert(i);
      }
    }
    graph.output = as_float(from_.graph.output);
    if (!quantised_any_) {
      throw ModelError("the network has no layer that could be quantised");
    }
    return std::move(result_);
  }

 private:
  void keep(const nn::Node& node) {
    std::vector<TensorId> inputs;
    for (const auto input : node.inputs) inputs.push_back(as_float(input));
    moved_[node.output] =
        result_.model.graph.add_node(node.name, node.op, node.attributes, std::move(inputs));
    for (const auto& spec : nn::parameters(from_.graph, node)) {
      result_.model.weights.emplace(spec.name, from_.weights.find(spec.name)->second);
    }
  }

  void convert(std::size_t index) {
    const nn::Node& node = from_.graph.nodes[index];
    auto& graph = result_.model.graph;
    std::vector<TensorId> inputs;
    for (const auto input : node.inputs) inputs.push_back(as_int8(input));
    const nn::Node* activation = takes_activation(node.op) ? activation_behind(index) : nullptr;
    const TensorId output = activation != nullptr ? activation->output : node.output;
    // The low end of a ReLU is its zero point, also where it never gave anything but zeros.
    const bool from_zero = activation != nullptr || node.op == Op::kRelu || node.op == Op::kRelu6;
    const auto quantisation =
        keeps_quantisation(node.op)
            ? std::nullopt
            : std::optional(quantisation_of(ranges_[output], from_zero ? -128 : 0));
    const float input_scale = graph.tensors[inputs[0]].quantisation.scale;
    moved_[node.output] = moved_[output] =
        graph.add_node(node.name, node.op, node.attributes, std::move(inputs), quantisation);
    quantised_any_ = quantised_any_ || is_weighted(node.op);
    if (!is_weighted(node.op)) return;
    const auto channels =
        static_cast<std::size_t>(graph.tensor_of(graph.nodes.back()).shape.channels);
    auto& weights = result_.model.weights;
    for (const auto& spec : nn::parameters(from_.graph, node)) {
      weights.emplace(spec.name, from_.weights.find(spec.name)->second);
    }
    weights.emplace(node.name + ".weight_scale", std::vector<float>(channels));
    quantise_weights(node, input_scale, weights);
  }

  /// The ReLU or ReLU6 that alone reads what this node gives.
  [[nodiscard]] const nn::Node* activation_behind(std::size_t index) const {
    const TensorId output = from_.graph.nodes[index].output;
    if (readers_[output] != 1) return nullptr;
    for (std::size_t i = index + 1; i < from_.graph.nodes.size(); ++i) {
      const nn::Node& next = from_.graph.nodes[i];
      if (next.inputs[0] != output) continue;
      return next.op == Op::kRelu || next.op == Op::kRelu6 ? &next : nullptr;
    }
    return nullptr;
  }

  TensorId as_int8(TensorId old) {
    const TensorId tensor = moved_.at(old);
    auto& graph = result_.model.graph;
    if (graph.tensors[tensor].type == nn::ElementType::kInt8) return tensor;
    return converted(tensor, Op::kQuantize, quantisation_of(ranges_[old], 0));
  }

  TensorId as_float(TensorId old) {
    const TensorId tensor = moved_.at(old);
    auto& graph = result_.model.graph;
    if (graph.tensors[tensor].type == nn::ElementType::kFloat32) return tensor;
    return converted(tensor, Op::kDequantize, std::nullopt);
  }

  /// Each tensor is converted once, for all its readers.
  TensorId converted(TensorId tensor, Op op, std::optional<nn::Quantisation> quantisation) {
    const auto known = conversions_.find(tensor);
    if (known != conversions_.end()) return known->second;
    auto& graph = result_.model.graph;
    std::string name = std::string(to_string(op)) + "_" + graph.tensors[tensor].name;
    while (is_taken(name)) name += "_";
    const auto result = graph.add_node(name, op, nn::NoAttributes{}, {tensor}, quantisation);
    conversions_[tensor] = result;
    return result;
  }

  [[nodiscard]] bool is_taken(const std::string& name) const {
    const auto has = [&](const nn::Graph& graph) {
      return std::any_of(graph.tensors.begin(), graph.tensors.end(),
                         [&](const auto& tensor) { return tensor.name == name; });
    };
    return has(from_.graph) || has(result_.model.graph);
  }

  const nn::Model& from_;
  const Ranges& ranges_;
  std::vector<std::size_t> readers_;          // by old tensor
  std::map<TensorId, TensorId> moved_;        // old tensor → new tensor
  std::map<TensorId, TensorId> conversions_;  // new tensor → the same in the other type
  bool quantised_any_ = false;
  Quantised result_;
};

}  // namespace

void check_is_float(const nn::Model& model) {
  for (const auto& tensor : model.graph.tensors) {
    if (tensor.type == nn::ElementType::kInt8) {
      throw ModelError("tensor '" + printable(tensor.name) + "': the network is int8 already");
    }
  }
}

Quantised quantise(const nn::Model& folded, const Ranges& ranges) {
  check_is_float(folded);
  auto result = Rewrite(folded, ranges).run();
  nn::validate(result.model);
  return result;
}

}  // namespace kws::compress
