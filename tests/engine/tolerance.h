// SPDX-License-Identifier: MIT
//
// How far a correct fp32 kernel may be from the reference on the same inputs, element by element.
#pragma once

#include <span>
#include <vector>

#include "nn/weights.h"

namespace kws::engine::testing {

/// u = 2^-24 is the rounding error of one operation, relative to its result.
///
/// A sum of n products, in whatever order, with or without fused multiply-adds, errs by at most
/// n u / (1 - n u) times the sum of the products' absolute values (Higham, Accuracy and Stability
/// of Numerical Algorithms, 2nd ed., eq. 3.5). That sum is what the layer itself gives for the
/// absolute values of inputs, weights and biases. Four more u cover the bias, the division of a
/// mean, the bounds and the one rounding of the reference, which sums in double precision. What
/// does not sum has a constant number of roundings: none for comparisons and copies, a handful for
/// the others.
///
/// inputs: as for reference::run_node(). Returns one tolerance per element of the output.
[[nodiscard]] std::vector<float> tolerance(const nn::Model& model, const nn::Node& node,
                                           std::span<const std::span<const float>> inputs);

}  // namespace kws::engine::testing
