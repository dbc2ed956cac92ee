// SPDX-License-Identifier: MIT
//
// When to wake for the next hop. Sound comes in blocks, so a hop is due when the block that
// completes it is; this reckons that time from when the newest sample was captured and from how the
// blocks came so far. Pure arithmetic on given times.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

#include "base/realtime.h"
#include "base/units.h"
#include "live/source.h"

namespace kws::live {

class HopTimer {
 public:
  static constexpr std::chrono::milliseconds kLongestSleep{50};

  /// `rate` is the one that samples are counted at here: the device's.
  explicit HopTimer(Hertz rate) : rate_(rate) {}

  /// A read gave `samples`, all that there were, the newest of them captured at `newest`.
  void heard(std::size_t samples, TimePoint newest) noexcept KWS_REALTIME;

  /// When to look again, if `wanted` samples are still missing at `now`. Never before `now`, nor
  /// later than kLongestSleep after it.
  [[nodiscard]] TimePoint due(std::size_t wanted, TimePoint now) noexcept KWS_REALTIME;

 private:
  [[nodiscard]] std::chrono::nanoseconds duration_of(std::size_t samples) const noexcept;

  Hertz rate_;
  std::optional<TimePoint> newest_;
  // Samples in a block: the smallest read among the last kReads.
  static constexpr int kReads = 16;
  std::size_t block_ = 0;
  std::size_t smallest_ = 0;
  int reads_ = 0;
  // From the capture of a block's last sample until it can be read. Grows when a block was not
  // there yet at its time, and shrinks slowly.
  std::chrono::nanoseconds delivery_{0};
};

/// Sleeps until `time` on the steady clock: one system call.
void sleep_until(TimePoint time) noexcept;

}  // namespace kws::live
