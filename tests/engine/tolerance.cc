// SPDX-License-Identifier: MIT
#include "tolerance.h"

#include <algorithm>
#include <cmath>

#include "engine/kernels/reference.h"

namespace kws::engine::testing {
namespace {

using nn::Op;

constexpr double kRounding = 0x1p-24;

/// Products that one output sums over.
double terms(const nn::Model& model, const nn::Node& node) {
  const auto& in = model.graph.tensors[node.inputs[0]].shape;
  switch (node.op) {
    case Op::kConv2d: {
      const auto& conv = std::get<nn::Conv2d>(node.attributes);
      return static_cast<double>(conv.window.kernel_time * conv.window.kernel_freq *
                                 (in.channels / conv.groups));
    }
    case Op::kDepthwise: {
      const auto& window = std::get<nn::Depthwise>(node.attributes).window;
      return static_cast<double>(window.kernel_time * window.kernel_freq);
    }
    case Op::kAveragePool: {
      const auto& window = std::get<nn::Pool>(node.attributes).window;
      return static_cast<double>(window.kernel_time * window.kernel_freq);
    }
    case Op::kDense:
      return static_cast<double>(in.elements());
    case Op::kMean:
      return static_cast<double>(in.time * in.freq);
    default:
      return 0.0;
  }
}

/// What the node gives when nothing cancels: absolute inputs and weights, means subtracted from the
/// other side.
std::vector<float> without_cancellation(const nn::Model& model, const nn::Node& node,
                                        std::span<const std::span<const float>> inputs) {
  nn::Model absolute{.graph = model.graph, .weights = {}};
  for (const auto& spec : nn::parameters(model.graph, node)) {
    auto values = model.weights.find(spec.name)->second;
    const float sign = spec.name.ends_with(".mean") ? -1.0F : 1.0F;
    for (auto& value : values) value = sign * std::abs(value);
    absolute.weights.emplace(spec.name, std::move(values));
  }
  std::vector<std::vector<float>> magnitudes;
  std::vector<std::span<const float>> spans;
  for (const auto& input : inputs) {
    magnitudes.emplace_back(input.begin(), input.end());
    for (auto& value : magnitudes.back()) value = std::abs(value);
  }
  spans.assign(magnitudes.begin(), magnitudes.end());
  std::vector<float> output(model.graph.tensor_of(node).shape.elements());
  reference::run_node(absolute, node, spans, output);
  return output;
}

}  // namespace

std::vector<float> tolerance(const nn::Model& model, const nn::Node& node,
                             std::span<const std::span<const float>> inputs) {
  std::vector<float> result(model.graph.tensor_of(node).shape.elements(), 0.0F);
  const auto scale = [&](double roundings, std::span<const float> magnitudes, double offset) {
    for (std::size_t i = 0; i < result.size(); ++i) {
      result[i] = static_cast<float>(1.01 * roundings * kRounding *
                                     (static_cast<double>(magnitudes[i]) + offset));
    }
  };
  switch (node.op) {
    case Op::kConv2d:
    case Op::kDepthwise:
    case Op::kDense:
    case Op::kAveragePool:
    case Op::kMean:
      scale(terms(model, node) + 4.0, without_cancellation(model, node, inputs), 0.0);
      break;
    case Op::kInputNorm:
    case Op::kBatchNorm:        // factor and offset are rounded, then product and sum, then the
    case Op::kSubSpectralNorm:  // reference
    case Op::kAdd:
    case Op::kMul:
      scale(6.0, without_cancellation(model, node, inputs), 0.0);
      break;
    case Op::kHardSwish:  // x + 3, twice a product, the rounded 1/6
    case Op::kSwish: {    // e^x within 2 units in the last place (4 u) of x rounded, a sum, a
                          // division
      std::vector<float> magnitudes(inputs[0].begin(), inputs[0].end());
      for (auto& value : magnitudes) value = std::abs(value);
      scale(16.0, magnitudes, 1.0);
      break;
    }
    case Op::kSoftmax: {
      // e^d for d <= 0: the rounding of d moves it by at most u |d| e^d < u; then the sum of
      // `channels` terms, all positive, and a product. Below e^-87 the kernel stops at 2e-38.
      std::vector<float> ones(result.size(), 1.0F);
      scale(static_cast<double>(model.graph.tensor_of(node).shape.channels) + 12.0, ones, 0.0);
      break;
    }
    default:
      break;
  }
  return result;
}

}  // namespace kws::engine::testing
