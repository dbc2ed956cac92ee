// SPDX-License-Identifier: MIT
#include "nn/weights.h"

#include <bit>
#include <cmath>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "nn/quantisation.h"

namespace kws::nn {
namespace {

using Dims = std::vector<std::int64_t>;

std::int64_t flat(const Shape& shape) { return shape.time * shape.freq * shape.channels; }

/// Values that one output of a weighted layer sums over.
double fan_in(const ParameterSpec& spec, Op op) {
  const auto& s = spec.shape;
  if (op == Op::kConv2d) return static_cast<double>(s[0] * s[1] * s[2]);
  if (op == Op::kDepthwise) return static_cast<double>(s[0] * s[1]);
  return static_cast<double>(s[0]);
}

/// Without a way out of the loop, in integers: the compiler takes many at once.
bool all_finite(const std::vector<float>& values) {
  constexpr std::uint32_t kExponent = 0x7F80'0000;
  std::uint32_t others = 0;
  for (const float value : values) {
    others |= (std::bit_cast<std::uint32_t>(value) & kExponent) == kExponent ? 1U : 0U;
  }
  return others == 0;
}

}  // namespace

std::size_t ParameterSpec::elements() const {
  std::size_t count = 1;
  for (const auto axis : shape) count *= static_cast<std::size_t>(axis);
  return count;
}

std::vector<ParameterSpec> parameters(const Graph& graph, const Node& node) {
  const Shape& in = graph.tensors[node.inputs[0]].shape;
  const auto named = [&](const char* what, Dims shape, ParameterRole role) {
    return ParameterSpec{node.name + "." + what, std::move(shape), role};
  };
  using enum ParameterRole;
  std::vector<ParameterSpec> result;
  const bool int8 = graph.tensor_of(node).type == ElementType::kInt8;
  const auto add_weighted = [&](Dims shape, std::int64_t channels, bool bias) {
    result = {named("weight", std::move(shape), kWeight)};
    if (int8) {
      result[0].type = ElementType::kInt8;
      result.push_back(named("weight_scale", {channels}, kStatistic));
    }
    if (bias) result.push_back(named("bias", {channels}, kBias));
  };
  switch (node.op) {
    case Op::kInputNorm:
      return {named("mean", {in.freq}, kStatistic), named("deviation", {in.freq}, kStatistic)};
    case Op::kConv2d: {
      const auto& conv = std::get<Conv2d>(node.attributes);
      add_weighted({conv.window.kernel_time, conv.window.kernel_freq, in.channels / conv.groups,
                    conv.channels},
                   conv.channels, conv.bias);
      return result;
    }
    case Op::kDepthwise: {
      const auto& depthwise = std::get<Depthwise>(node.attributes);
      add_weighted({depthwise.window.kernel_time, depthwise.window.kernel_freq, in.channels},
                   in.channels, depthwise.bias);
      return result;
    }
    case Op::kDense: {
      const auto& dense = std::get<Dense>(node.attributes);
      add_weighted({flat(in), dense.channels}, dense.channels, dense.bias);
      return result;
    }
    case Op::kBatchNorm:
      return {named("gamma", {in.channels}, kBias), named("beta", {in.channels}, kBias),
              named("mean", {in.channels}, kStatistic),
              named("variance", {in.channels}, kStatistic)};
    case Op::kSubSpectralNorm: {
      const std::int64_t bands = std::get<SubSpectralNorm>(node.attributes).bands;
      return {named("gamma", {bands, in.channels}, kBias),
              named("beta", {bands, in.channels}, kBias),
              named("mean", {bands, in.channels}, kStatistic),
              named("variance", {bands, in.channels}, kStatistic)};
    }
    default:
      return {};
  }
}

std::vector<ParameterSpec> parameters(const Graph& graph) {
  std::vector<ParameterSpec> all;
  for (const auto& node : graph.nodes) {
    for (auto& spec : parameters(graph, node)) all.push_back(std::move(spec));
  }
  return all;
}

void validate(const Model& model) {
  std::set<std::string, std::less<>> known;
  for (const auto& spec : parameters(model.graph)) {
    known.insert(spec.name);
    const auto found = model.weights.find(spec.name);
    if (found == model.weights.end()) {
      throw ModelError("weights '" + printable(spec.name) + "' are missing");
    }
    if (found->second.size() != spec.elements()) {
      throw ModelError("weights '" + printable(spec.name) +
                       "': " + std::to_string(found->second.size()) +
                       " values where the layer has " + std::to_string(spec.elements()));
    }
    if (!all_finite(found->second)) {
      throw ModelError("weights '" + printable(spec.name) + "' hold a value that is not finite");
    }
    const bool variance = spec.name.ends_with(".variance");
    const bool deviation = spec.name.ends_with(".deviation");
    if (!variance && !deviation) continue;
    for (const float value : found->second) {
      if ((variance && value < 0.0F) || (deviation && !(value > 0.0F))) {
        throw ModelError("weights '" + printable(spec.name) + "' hold " + std::to_string(value) +
                         (variance ? ", a negative variance" : ", no possible deviation"));
      }
    }
  }
  for (const auto& [name, values] : model.weights) {
    if (!known.contains(name)) {
      throw ModelError("weights '" + printable(name) + "' belong to no layer");
    }
  }
  check_quantisation(model);
}

Weights initial_weights(const Graph& graph, Random random) {
  Weights weights;
  for (const auto& node : graph.nodes) {
    double fan = 1.0;
    for (const auto& spec : parameters(graph, node)) {
      std::vector<float> values(spec.elements(), 0.0F);
      if (spec.name.ends_with(".weight")) {
        fan = fan_in(spec, node.op);
        const double deviation = std::sqrt(2.0 / fan);  // He et al. 2015, eq. 10
        for (auto& value : values) {
          value =
              static_cast<float>(node.op == Op::kDense ? random.uniform(-1.0, 1.0) / std::sqrt(fan)
                                                       : random.normal() * deviation);
        }
      } else if (spec.name.ends_with(".bias")) {
        for (auto& value : values) {
          value = static_cast<float>(random.uniform(-1.0, 1.0) / std::sqrt(fan));
        }
      } else if (spec.name.ends_with(".gamma") || spec.name.ends_with(".variance") ||
                 spec.name.ends_with(".deviation")) {
        std::fill(values.begin(), values.end(), 1.0F);
      }
      weights.emplace(spec.name, std::move(values));
    }
  }
  return weights;
}

}  // namespace kws::nn
