// SPDX-License-Identifier: MIT
//
// Durations by high dynamic range: buckets that grow with the value, so that a percentile is
// within 1/32 (3 %) of the truth from nanoseconds to minutes, in 8 KiB and without allocation.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/realtime.h"

namespace kws {

class Histogram {
 public:
  void add(std::chrono::nanoseconds duration) noexcept KWS_REALTIME;
  void clear() noexcept KWS_REALTIME { *this = Histogram(); }

  [[nodiscard]] std::uint64_t count() const noexcept KWS_REALTIME { return count_; }
  [[nodiscard]] std::chrono::nanoseconds max() const noexcept KWS_REALTIME { return max_; }

  /// Upper edge of the bucket that holds the quantile `q` (0..1), never above max(). 0 if empty.
  [[nodiscard]] std::chrono::nanoseconds quantile(double q) const noexcept KWS_REALTIME;

 private:
  static constexpr std::size_t kSubBits = 5;  // 32 buckets to an octave
  static constexpr std::size_t kSub = std::size_t{1} << kSubBits;
  static constexpr std::size_t kOctaves = 38;  // 2^42 ns is over an hour

  static std::size_t bucket_of(std::uint64_t value) noexcept;
  static std::uint64_t upper_edge(std::size_t bucket) noexcept;

  std::array<std::uint32_t, kSub * kOctaves> counts_{};
  std::uint64_t count_ = 0;
  std::chrono::nanoseconds max_{0};
};

}  // namespace kws
