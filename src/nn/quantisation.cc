// SPDX-License-Identifier: MIT
#include "nn/quantisation.h"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <string>

#include "base/error.h"
#include "base/text.h"

namespace kws::nn {
namespace {

constexpr double kMaxSum = 2147483647.0;
constexpr double kMaxStep = 255.0;  // |q - zero_point|
/// Of a sum times its multiplier: any int8 result is clamped long before, and the conversion to 32
/// bits is exact on every processor below 2^31.
constexpr double kMaxProduct = 1073741824.0;

[[noreturn]] void fail(const Node& node, const std::string& what) {
  throw ModelError("layer '" + printable(node.name) + "' (" + std::string(to_string(node.op)) +
                   "): " + what);
}

/// Empty when the node has none of that name.
const std::vector<float>& values(const Model& model, const Node& node, const char* what) {
  static const std::vector<float> kNone;
  const auto found = model.weights.find(node.name + "." + what);
  return found == model.weights.end() ? kNone : found->second;
}

double scale_of(const Tensor& tensor) { return static_cast<double>(tensor.quantisation.scale); }

/// Nodes as add_node() would take them: whoever edits a graph by hand may have broken it.
void check_types(const Graph& graph) {
  Graph copy;
  copy.add_input(graph.input_shape());
  if (graph.tensors[graph.input].type != ElementType::kFloat32) {
    throw ModelError("the input is int8: features are floats, put a quantize behind it");
  }
  for (const auto& node : graph.nodes) {
    copy.add_node(node.name, node.op, node.attributes, node.inputs, graph.quantisation_of(node));
    if (copy.tensor_of(node).type != graph.tensor_of(node).type) {
      fail(node, "its output has another type than it computes");
    }
  }
}

/// Ratios of scales that layers without weights multiply by.
void check_multipliers(const Graph& graph, const Node& node) {
  const Tensor& output = graph.tensor_of(node);
  const Tensor& input = graph.tensors[node.inputs[0]];
  switch (node.op) {
    case Op::kAdd:
    case Op::kConcat:
      for (const auto part : node.inputs) {
        (void)multiplier(node, scale_of(graph.tensors[part]) / scale_of(output), kMaxStep);
      }
      return;
    case Op::kMul:
      (void)multiplier(node,
                       scale_of(input) * scale_of(graph.tensors[node.inputs[1]]) / scale_of(output),
                       kMaxStep * kMaxStep);
      return;
    case Op::kAveragePool:
    case Op::kMean: {
      const auto count = static_cast<double>(input.shape.time * input.shape.freq);
      if (count * kMaxStep > kMaxSum) fail(node, "sums over too many values for 32 bits");
      (void)multiplier(node, scale_of(input) / scale_of(output), kMaxStep);
      (void)multiplier(node, scale_of(input) / scale_of(output) / count, 0.0);
      return;
    }
    default:
      return;
  }
}

}  // namespace

std::int8_t quantise(float real, const Quantisation& quantisation) {
  if (std::isnan(real)) return static_cast<std::int8_t>(quantisation.zero_point);
  const auto zero = static_cast<float>(quantisation.zero_point);
  // The bounds are integers, so clamping before rounding is the same as after.
  const float steps = std::clamp(real / quantisation.scale, -128.0F - zero, 127.0F - zero);
  return static_cast<std::int8_t>(quantisation.zero_point +
                                  static_cast<std::int32_t>(std::nearbyintf(steps)));
}

float dequantise(std::int8_t q, const Quantisation& quantisation) {
  return quantisation.scale * static_cast<float>(std::int32_t{q} - quantisation.zero_point);
}

bool works_in_int8(const Graph& graph, const Node& node) {
  return graph.tensor_of(node).type == ElementType::kInt8 && node.op != Op::kQuantize;
}

bool has_int8_weights(const Graph& graph, const Node& node) {
  return works_in_int8(graph, node) &&
         (node.op == Op::kConv2d || node.op == Op::kDepthwise || node.op == Op::kDense);
}

float multiplier(const Node& node, double ratio, double largest) {
  const double product = ratio * largest;
  if (!(ratio >= static_cast<double>(FLT_MIN)) || !(ratio <= static_cast<double>(FLT_MAX)) ||
      !(product <= kMaxProduct)) {
    fail(node, "the scales of its inputs, weights and output are out of proportion");
  }
  return static_cast<float>(ratio);
}

IntegerLayer integer_layer(const Model& model, const Node& node) {
  const auto& weight = values(model, node, "weight");
  const auto& scale = values(model, node, "weight_scale");
  const auto& bias = values(model, node, "bias");
  const double scale_x = scale_of(model.graph.tensors[node.inputs[0]]);
  const double scale_y = scale_of(model.graph.tensor_of(node));
  const std::size_t channels = scale.size();

  // Zeros count: kernels reserve room for as many taps as could fill 32 bits.
  const auto taps = static_cast<double>(weight.size() / channels);
  if (taps * kMaxStep * kMaxWeight > kMaxSum) fail(node, "sums over too many weights for 32 bits");

  IntegerLayer layer;
  std::vector<double> largest(channels, 0.0);  // of a sum's absolute value
  layer.weight.reserve(weight.size());
  for (const float one : scale) {
    if (!(one > 0.0F) || !std::isnormal(one)) {
      fail(node, "a scale of its weights is not positive, finite and normal");
    }
  }
  for (std::size_t i = 0; i < weight.size(); ++i) {
    const float step = scale[i % channels];
    const float q = std::nearbyintf(weight[i] / step);
    if (!(std::abs(q) <= static_cast<float>(kMaxWeight)) || q * step != weight[i]) {
      fail(node, "a weight does not lie on the grid of its scale");
    }
    layer.weight.push_back(static_cast<std::int8_t>(q));
    largest[i % channels] += kMaxStep * std::abs(static_cast<double>(q));
  }
  for (std::size_t c = 0; c < channels; ++c) {
    const double unit = scale_x * static_cast<double>(scale[c]);
    const double steps = bias.empty() ? 0.0 : std::nearbyint(static_cast<double>(bias[c]) / unit);
    largest[c] += std::abs(steps);
    if (!(largest[c] <= kMaxSum)) fail(node, "its sums could overflow 32 bits");
    layer.bias.push_back(static_cast<std::int32_t>(steps));
    layer.multiplier.push_back(multiplier(node, unit / scale_y, largest[c]));
  }
  return layer;
}

void check_quantisation(const Model& model) {
  const Graph& graph = model.graph;
  const bool floats = std::all_of(graph.tensors.begin(), graph.tensors.end(),
                                  [](const auto& t) { return t.type == ElementType::kFloat32; });
  if (floats) return;
  check_types(graph);
  for (const auto& node : graph.nodes) {
    if (!works_in_int8(graph, node)) continue;
    if (has_int8_weights(graph, node)) {
      (void)integer_layer(model, node);
    } else {
      check_multipliers(graph, node);
    }
  }
}

}  // namespace kws::nn
