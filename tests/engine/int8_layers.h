// SPDX-License-Identifier: MIT
//
// Single int8 layers with random numbers, for tests of their kernels.
#pragma once

#include <optional>
#include <vector>

#include "base/random.h"
#include "nn/quantisation.h"

namespace kws::engine::testing {

/// A graph whose only node, the last, reads int8 tensors of the shapes `in` (or gives int8 from a
/// float one, for kQuantize), with random scales, zero points and weights. The scale of its output
/// is such that results fill int8 and some are clamped. None when the graph refuses the geometry.
[[nodiscard]] std::optional<nn::Model> int8_layer(nn::Op op, const nn::Attributes& attributes,
                                                  const std::vector<nn::Shape>& in, Random& random);

[[nodiscard]] std::vector<std::int8_t> random_int8(std::size_t count, Random& random);

}  // namespace kws::engine::testing
