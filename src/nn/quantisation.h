// SPDX-License-Identifier: MIT
//
// int8 arithmetic as it is defined for every processor (docs/engine.md): how reals become integers,
// and what the weights of a layer are as integers. Compressor, pack, engine and exporters start
// here.
#pragma once

#include <cstdint>
#include <vector>

#include "nn/weights.h"

namespace kws::nn {

/// Weights are symmetric, -kMaxWeight..kMaxWeight; activations use -128..127.
inline constexpr std::int32_t kMaxWeight = 127;

/// clamp(zero_point + rne(real / scale)) to -128..127, with a float division and rne = round to
/// nearest, ties to even. What is no number becomes the zero point.
[[nodiscard]] std::int8_t quantise(float real, const Quantisation& quantisation);

/// scale * (q - zero_point), rounded to float once.
[[nodiscard]] float dequantise(std::int8_t q, const Quantisation& quantisation);

/// Whether the node computes in int8: from int8 to int8.
[[nodiscard]] bool works_in_int8(const Graph& graph, const Node& node);
/// Of those, the ones with weights.
[[nodiscard]] bool has_int8_weights(const Graph& graph, const Node& node);

/// A weighted layer in integers. With x the input, y the output, for output channel c:
///   sum = bias[c] + Σ weight (q_x - zero_point_x)         in 32 bits, exactly
///   q_y = clamp(zero_point_y + rne(float(sum) * multiplier[c]))
struct IntegerLayer {
  std::vector<std::int8_t> weight;  // in the shape of "<node>.weight"
  std::vector<std::int32_t> bias;   // at scale_x * scale_w; zeros where the layer has none
  std::vector<float> multiplier;    // scale_x * scale_w / scale_y, in double, rounded to float
};

/// Throws ModelError naming the node for what check_quantisation() refuses. Requires
/// has_int8_weights().
[[nodiscard]] IntegerLayer integer_layer(const Model& model, const Node& node);

/// `ratio` of scales as the float that sums of at most `largest` are multiplied by. Throws
/// ModelError naming the node when it is denormal, or when products could leave 32 bits: scales out
/// of all proportion.
[[nodiscard]] float multiplier(const Node& node, double ratio, double largest);

/// Throws ModelError naming the node: types that do not go together, impossible scales or zero
/// points, weights off their grid, sums that could overflow 32 bits, scales out of proportion.
/// Nothing to check in a network of floats.
void check_quantisation(const Model& model);

}  // namespace kws::nn
