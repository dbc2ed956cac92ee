// SPDX-License-Identifier: MIT
#include "base/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace kws {

std::size_t Histogram::bucket_of(std::uint64_t value) noexcept {
  if (value < kSub) return static_cast<std::size_t>(value);
  const auto exponent = static_cast<std::size_t>(std::bit_width(value)) - 1 - kSubBits;
  const auto sub = static_cast<std::size_t>(value >> exponent) - kSub;
  return std::min((exponent + 1) * kSub + sub, kSub * kOctaves - 1);
}

std::uint64_t Histogram::upper_edge(std::size_t bucket) noexcept {
  if (bucket < kSub) return bucket;
  const auto exponent = bucket / kSub - 1;
  return ((bucket % kSub + kSub + 1) << exponent) - 1;
}

void Histogram::add(std::chrono::nanoseconds duration) noexcept {
  const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(duration.count(), 0));
  ++counts_[bucket_of(value)];
  ++count_;
  max_ = std::max(max_, duration);
}

std::chrono::nanoseconds Histogram::quantile(double q) const noexcept {
  if (count_ == 0) return std::chrono::nanoseconds{0};
  const auto wanted =
      static_cast<std::uint64_t>(std::ceil(std::clamp(q, 0.0, 1.0) * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) {
    seen += counts_[bucket];
    if (seen >= std::max<std::uint64_t>(wanted, 1)) {
      return std::min(std::chrono::nanoseconds(static_cast<std::int64_t>(upper_edge(bucket))),
                      max_);
    }
  }
  return max_;
}

}  // namespace kws
