// SPDX-License-Identifier: MIT
#include "peers/network.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <string_view>

#include "base/random.h"
#include "engine/reference.h"
#include "nn/costs.h"
#include "nn/rewrite.h"

namespace kws::peers {
namespace {

constexpr int kFrames = 49;
constexpr int kLabels = 10;

float largest_magnitude(const std::vector<float>& values) {
  float largest = 0.0F;
  for (const float value : values) largest = std::max(largest, std::abs(value));
  return largest;
}

/// Weights with biases that are not all zero, as those of trained networks.
nn::Model random_model(const nn::NetworkSpec& spec, int bins) {
  nn::Model model;
  model.graph = nn::build_network(spec, kFrames, bins, kLabels);
  model.weights = nn::initial_weights(model.graph, Random(1));
  Random random(2);
  for (auto& [name, values] : model.weights) {
    if (!name.ends_with(".beta")) continue;
    for (auto& value : values) value = static_cast<float>(0.1 * random.normal());
  }
  return model;
}

Layer layer_of(const nn::Model& model, const nn::Node& node) {
  const nn::Graph& graph = model.graph;
  Layer layer{.in = graph.tensors[node.inputs[0]].shape, .out = graph.tensor_of(node).shape};
  layer.depthwise = node.op == nn::Op::kDepthwise;
  const nn::Window& window = layer.depthwise ? std::get<nn::Depthwise>(node.attributes).window
                                             : std::get<nn::Conv2d>(node.attributes).window;
  layer.kernel = window.kernel_time;
  layer.stride = window.stride_time;
  layer.padding = window.padding.time_before;
  assert(window.kernel_freq == layer.kernel && window.stride_freq == layer.stride);
  assert(window.padding.freq_after == layer.padding);
  layer.weights = model.weights.at(node.name + ".weight");
  layer.bias = model.weights.at(node.name + ".bias");
  return layer;
}

}  // namespace

float Network::largest_input() const { return largest_magnitude(input); }

Network make_network(std::string name, const nn::NetworkSpec& spec, int bins) {
  Network network{.name = std::move(name), .model = random_model(spec, bins)};
  nn::NetworkSpec streaming = spec;
  streaming.pad_time = false;
  network.streaming = random_model(streaming, bins);
  network.macs = static_cast<double>(nn::cost(network.model.graph).total.macs);
  Random random(3);
  network.input.resize(static_cast<std::size_t>(kFrames * bins));
  for (auto& value : network.input) value = static_cast<float>(random.normal());

  const nn::Model folded = nn::fold_for_inference(network.model);
  const auto tensors = engine::run_reference(folded, network.input);
  for (const nn::Node& node : folded.graph.nodes) {
    if (node.op == nn::Op::kConv2d || node.op == nn::Op::kDepthwise) {
      network.layers.push_back(layer_of(folded, node));
    } else if (node.op == nn::Op::kRelu) {
      network.layers.back().largest = largest_magnitude(tensors[node.output]);
    } else if (node.op == nn::Op::kDense) {
      network.classifier = folded.weights.at(node.name + ".weight");
      network.bias = folded.weights.at(node.name + ".bias");
      network.logits = tensors[node.output];
    }
  }
  return network;
}

ChannelWeights quantise(const Layer& layer) {
  const auto channels = static_cast<std::size_t>(layer.out.channels);
  ChannelWeights result{.values = std::vector<std::int8_t>(layer.weights.size()),
                        .scales = std::vector<float>(channels, 0.0F)};
  for (std::size_t i = 0; i < layer.weights.size(); ++i) {
    float& scale = result.scales[i % channels];
    scale = std::max(scale, std::abs(layer.weights[i]) / 127.0F);
  }
  for (std::size_t i = 0; i < layer.weights.size(); ++i) {
    result.values[i] =
        static_cast<std::int8_t>(std::lrint(layer.weights[i] / result.scales[i % channels]));
  }
  return result;
}

}  // namespace kws::peers
