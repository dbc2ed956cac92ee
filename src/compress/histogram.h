// SPDX-License-Identifier: MIT
//
// How the values of one tensor are distributed over its calibration clips, and from that the range
// that 256 steps are spent on.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "nn/graph.h"

namespace kws::compress {

enum class RangeMethod : std::uint8_t {
  kMinMax,      // everything that was seen
  kPercentile,  // 99.9 % of what was seen; the rest is clamped
  kMse,         // what makes the mean squared error of rounding and clamping least
};

[[nodiscard]] std::string_view to_string(RangeMethod method);
/// Throws UsageError naming the methods there are.
[[nodiscard]] RangeMethod range_method(std::string_view word);

/// Of real values; low <= 0 <= high, because padding and ReLU need an exact zero.
struct Range {
  float low = 0.0F;
  float high = 0.0F;
};

/// The least and the largest finite value seen.
class Extent {
 public:
  void add(std::span<const float> values);
  [[nodiscard]] Range range() const { return range_; }

 private:
  Range range_;
};

class Histogram {
 public:
  /// Bins of equal width over `extent`, which every value lies in.
  explicit Histogram(const Range& extent);

  void add(std::span<const float> values);
  [[nodiscard]] Range range(RangeMethod method) const;

 private:
  [[nodiscard]] double centre(std::size_t bin) const;
  [[nodiscard]] Range percentile(double share) const;
  [[nodiscard]] Range least_error() const;
  [[nodiscard]] double squared_error(const Range& range) const;

  Range extent_;
  double width_;
  std::vector<std::int64_t> counts_;
};

/// The int8 scale and zero point that cover `range`: scale = (high - low) / 255, the zero point
/// where 0 falls, rounded. For a range of nothing but zeros scale 1 and `zero_of_nothing`.
[[nodiscard]] nn::Quantisation quantisation_of(const Range& range, std::int32_t zero_of_nothing);

}  // namespace kws::compress
