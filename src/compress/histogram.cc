// SPDX-License-Identifier: MIT
#include "compress/histogram.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/text.h"

namespace kws::compress {
namespace {

constexpr std::size_t kBins = 2048;  // eight for each of the 256 steps
constexpr double kShare = 0.999;     // of values kept by kPercentile
constexpr int kCandidates = 100;     // ranges that kMse tries
constexpr float kSmallest = 1e-30F;  // widths below it count as nothing: their scale is denormal

constexpr std::array<std::pair<RangeMethod, std::string_view>, 3> kNames{{
    {RangeMethod::kMinMax, "min-max"},
    {RangeMethod::kPercentile, "percentile"},
    {RangeMethod::kMse, "mse"},
}};

}  // namespace

std::string_view to_string(RangeMethod method) {
  for (const auto& [known, name] : kNames) {
    if (known == method) return name;
  }
  return "?";
}

RangeMethod range_method(std::string_view word) {
  std::vector<std::string> names;
  for (const auto& [method, name] : kNames) {
    if (name == word) return method;
    names.emplace_back(name);
  }
  throw UsageError("'" + printable(word) + "' is no way to calibrate; there are " +
                   join_words(names));
}

void Extent::add(std::span<const float> values) {
  for (const float value : values) {
    if (!std::isfinite(value)) continue;
    range_.low = std::min(range_.low, value);
    range_.high = std::max(range_.high, value);
  }
}

Histogram::Histogram(const Range& extent)
    : extent_(extent),
      width_((static_cast<double>(extent.high) - static_cast<double>(extent.low)) /
             static_cast<double>(kBins)),
      counts_(kBins, 0) {}

void Histogram::add(std::span<const float> values) {
  if (!(width_ > 0.0)) return;
  for (const float value : values) {
    if (!std::isfinite(value)) continue;
    const double at = (static_cast<double>(value) - static_cast<double>(extent_.low)) / width_;
    const double last = static_cast<double>(kBins - 1);
    ++counts_[static_cast<std::size_t>(std::clamp(at, 0.0, last))];
  }
}

double Histogram::centre(std::size_t bin) const {
  return static_cast<double>(extent_.low) + (static_cast<double>(bin) + 0.5) * width_;
}

Range Histogram::range(RangeMethod method) const {
  if (!(width_ > 0.0) || method == RangeMethod::kMinMax) return extent_;
  return method == RangeMethod::kPercentile ? percentile(kShare) : least_error();
}

/// What is cut is shared by both ends, or all at the top where nothing is below 0.
Range Histogram::percentile(double share) const {
  std::int64_t total = 0;
  for (const auto count : counts_) total += count;
  const bool one_sided = extent_.low >= 0.0F;
  const double cut = (1.0 - share) * static_cast<double>(total) / (one_sided ? 1.0 : 2.0);
  std::size_t first = 0;
  std::size_t last = kBins - 1;
  auto below = static_cast<double>(counts_[first]);
  while (!one_sided && first < last && below <= cut) below += static_cast<double>(counts_[++first]);
  auto above = static_cast<double>(counts_[last]);
  while (last > first && above <= cut) above += static_cast<double>(counts_[--last]);
  const auto edge = [&](std::size_t bin) {
    return static_cast<float>(static_cast<double>(extent_.low) + static_cast<double>(bin) * width_);
  };
  return {std::min(edge(first), 0.0F), std::max(edge(last + 1), 0.0F)};
}

Range Histogram::least_error() const {
  Range best = extent_;
  double least = std::numeric_limits<double>::infinity();
  for (int i = kCandidates; i > 0; --i) {
    const float share = static_cast<float>(i) / static_cast<float>(kCandidates);
    const Range candidate{extent_.low * share, extent_.high * share};
    const double error = squared_error(candidate);
    if (error < least) {
      least = error;
      best = candidate;
    }
  }
  return best;
}

/// Rounding errors are even over a step: scale^2 / 12 each. What is clamped errs by its distance.
double Histogram::squared_error(const Range& range) const {
  const auto low = static_cast<double>(range.low);
  const auto high = static_cast<double>(range.high);
  const double scale = (high - low) / 255.0;
  double sum = 0.0;
  for (std::size_t bin = 0; bin < kBins; ++bin) {
    if (counts_[bin] == 0) continue;
    const double x = centre(bin);
    const double beyond = x < low ? low - x : x > high ? x - high : 0.0;
    sum += static_cast<double>(counts_[bin]) * (beyond * beyond + scale * scale / 12.0);
  }
  return sum;
}

nn::Quantisation quantisation_of(const Range& range, std::int32_t zero_of_nothing) {
  const double width = static_cast<double>(range.high) - static_cast<double>(range.low);
  if (!(width > static_cast<double>(kSmallest))) return {1.0F, zero_of_nothing};
  nn::Quantisation result;
  result.scale = static_cast<float>(width / 255.0);
  const double zero =
      std::nearbyint(-128.0 - static_cast<double>(range.low) / static_cast<double>(result.scale));
  result.zero_point = static_cast<std::int32_t>(std::clamp(zero, -128.0, 127.0));
  return result;
}

}  // namespace kws::compress
