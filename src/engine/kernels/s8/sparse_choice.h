// SPDX-License-Identifier: MIT
//
// When do zeros pay in int8? The cost model of f32/sparse_choice.h for kernels whose dot products
// take four weights at once, one set of constants for each instruction set, fitted with
// bench/sparse_bench.
#pragma once

#include <cstdint>
#include <span>

#include "nn/graph.h"

namespace kws::engine::s8 {

/// What the sparse pointwise kernel's work costs; 1 is the dense kernel's time for one multiply-add
/// of one lane.
struct SparseCosts {
  std::int64_t lanes;       // bytes of a vector
  std::int64_t max_inputs;  // channels that the kernel has room for
  double
      nonzero;  // each multiply-add, those included that fill up a dot product (not those of pairs)
  double transposed;  // each input and each output element
};

/// Whether the sparse kernel is clearly the faster one. `weight`: [inputs, outputs]. Takes three
/// rows for a call's work, about what an incremental step has to compute.
[[nodiscard]] bool prefers_sparse_pointwise(const SparseCosts& costs, const nn::Shape& in,
                                            const nn::Shape& out,
                                            std::span<const std::int8_t> weight);

/// Expected time of the sparse kernel over that of the dense one; infinite where it cannot run.
[[nodiscard]] double pointwise_cost_ratio(const SparseCosts& costs, const nn::Shape& in,
                                          const nn::Shape& out,
                                          std::span<const std::int8_t> weight);

}  // namespace kws::engine::s8
