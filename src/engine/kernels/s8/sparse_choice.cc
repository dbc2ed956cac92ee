// SPDX-License-Identifier: MIT
#include "engine/kernels/s8/sparse_choice.h"

#include <algorithm>
#include <limits>
#include <vector>

namespace kws::engine::s8 {
namespace {

constexpr double kClearly = 0.9;    // time that must be saved, or the model's error decides
constexpr std::int64_t kRows = 3;   // of a call
constexpr std::int64_t kTaps = 4;   // of a dot product
constexpr std::int64_t kSide = 16;  // output channels that are transposed at once

std::int64_t rounded_up(std::int64_t count, std::int64_t unit) {
  return (count + unit - 1) / unit * unit;
}

/// Multiply-adds of a position in the sparse kernel.
std::int64_t sparse_taps(std::int64_t outputs, std::span<const std::int8_t> weight) {
  std::vector<std::int64_t> nonzeros(static_cast<std::size_t>(outputs));
  for (std::size_t i = 0; i < weight.size(); ++i) {
    if (weight[i] != 0) ++nonzeros[i % nonzeros.size()];
  }
  std::int64_t taps = 0;
  for (const auto count : nonzeros) taps += rounded_up(count, kTaps);
  return taps;
}

}  // namespace

double pointwise_cost_ratio(const SparseCosts& costs, const nn::Shape& in, const nn::Shape& out,
                            std::span<const std::int8_t> weight) {
  if (in.channels > costs.max_inputs) return std::numeric_limits<double>::infinity();
  const std::int64_t positions = std::min(out.time, kRows) * out.freq;
  const double sparse =
      static_cast<double>(rounded_up(positions, costs.lanes)) *
      (costs.nonzero * static_cast<double>(sparse_taps(out.channels, weight)) +
       costs.transposed * static_cast<double>(rounded_up(in.channels, costs.lanes) +
                                              rounded_up(out.channels, kSide)));
  // A panel of outputs, or the one vector of sums that holds few of them.
  const std::int64_t narrow = costs.lanes / kTaps;
  const std::int64_t outputs =
      out.channels <= narrow ? narrow : rounded_up(out.channels, costs.lanes);
  const auto dense = static_cast<double>(positions * rounded_up(in.channels, kTaps) * outputs);
  return sparse / dense;
}

bool prefers_sparse_pointwise(const SparseCosts& costs, const nn::Shape& in, const nn::Shape& out,
                              std::span<const std::int8_t> weight) {
  return pointwise_cost_ratio(costs, in, out, weight) < kClearly;
}

}  // namespace kws::engine::s8
