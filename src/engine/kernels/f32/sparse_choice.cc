// SPDX-License-Identifier: MIT
#include "engine/kernels/f32/sparse_choice.h"

#include <algorithm>
#include <limits>

namespace kws::engine::f32 {
namespace {

constexpr double kClearly = 0.9;   // time that must be saved, or the model's error decides
constexpr std::int64_t kRows = 3;  // of a call

// Dense layers, in units of an input times a vector of outputs in the dense kernel: the worst of
// the sets, since little is at stake.
constexpr double kKept = 1.05;  // an input that is not left out
constexpr double kEach = 0.35;  // any input: what is left out breaks the stream of the others
constexpr double kOnce = 24.0;

/// In whole vectors.
double rounded_up(std::int64_t count, std::int64_t lanes) {
  return static_cast<double>((count + lanes - 1) / lanes * lanes);
}

}  // namespace

double pointwise_cost_ratio(const SparseCosts& costs, const nn::Shape& in, const nn::Shape& out,
                            std::span<const float> weight) {
  if (in.channels > costs.max_inputs) return std::numeric_limits<double>::infinity();
  const auto zeros = std::count(weight.begin(), weight.end(), 0.0F);
  const auto nonzeros = static_cast<double>(static_cast<std::int64_t>(weight.size()) - zeros);
  const std::int64_t positions = std::min(out.time, kRows) * out.freq;
  const double sparse = rounded_up(positions, costs.lanes) *
                        (costs.nonzero * nonzeros +
                         costs.transposed * static_cast<double>(in.channels + out.channels));
  const double dense =
      static_cast<double>(positions * in.channels) * rounded_up(out.channels, costs.lanes);
  return sparse / dense;
}

double dense_cost_ratio(const SparseCosts& costs, const nn::Shape& out,
                        std::span<const float> weight) {
  const auto outputs = static_cast<std::size_t>(out.channels);
  const auto lanes = static_cast<std::size_t>(costs.lanes);
  double kept = 0.0;  // pairs of an input and a vector of outputs
  double all = 0.0;
  for (std::size_t row = 0; row + outputs <= weight.size(); row += outputs) {
    for (std::size_t first = 0; first < outputs; first += lanes) {
      const auto panel = weight.subspan(row + first, std::min(lanes, outputs - first));
      all += 1.0;
      if (std::any_of(panel.begin(), panel.end(), [](float w) { return w != 0.0F; })) kept += 1.0;
    }
  }
  return (kKept * kept + kEach * all + kOnce) / all;
}

bool prefers_sparse_pointwise(const SparseCosts& costs, const nn::Shape& in, const nn::Shape& out,
                              std::span<const float> weight) {
  return pointwise_cost_ratio(costs, in, out, weight) < kClearly;
}

bool prefers_sparse_dense(const SparseCosts& costs, const nn::Shape& out,
                          std::span<const float> weight) {
  return dense_cost_ratio(costs, out, weight) < kClearly;
}

}  // namespace kws::engine::f32
