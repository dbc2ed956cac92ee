// SPDX-License-Identifier: MIT
//
// When do zeros pay? A cost model in units of the dense kernel's time, one set of constants for
// each vector width, fitted with bench/sparse_bench.
#pragma once

#include <cstdint>
#include <span>

#include "nn/graph.h"

namespace kws::engine::f32 {

/// What the sparse pointwise kernel's work costs; 1 is the dense kernel's time for one multiply-add
/// of one lane.
struct SparseCosts {
  std::int64_t lanes;
  std::int64_t max_inputs;  // channels that the kernel has room for
  double nonzero;           // each multiply-add
  double transposed;        // each input and each output element
};

/// Whether the sparse kernel is clearly the faster one. Takes three rows for a call's work, about
/// what an incremental step has to compute: what pays there pays for whole windows too.
[[nodiscard]] bool prefers_sparse_pointwise(const SparseCosts& costs, const nn::Shape& in,
                                            const nn::Shape& out, std::span<const float> weight);
[[nodiscard]] bool prefers_sparse_dense(const SparseCosts& costs, const nn::Shape& out,
                                        std::span<const float> weight);

/// Expected time of the sparse kernel over that of the dense one; infinite where it cannot run.
[[nodiscard]] double pointwise_cost_ratio(const SparseCosts& costs, const nn::Shape& in,
                                          const nn::Shape& out, std::span<const float> weight);
[[nodiscard]] double dense_cost_ratio(const SparseCosts& costs, const nn::Shape& out,
                                      std::span<const float> weight);

}  // namespace kws::engine::f32
