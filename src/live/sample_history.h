// SPDX-License-Identifier: MIT
//
// The last seconds of sound by position, written by the recogniser and read by whoever warms a new
// lane. It is sound and not features that is remembered, so lanes of any front end can be warmed.
#pragma once

#include <atomic>
#include <cstddef>
#include <span>
#include <vector>

#include "base/realtime.h"
#include "base/units.h"

namespace kws::live {

/// One writer, any number of readers, nobody waits: a reader copies and then learns whether what it
/// copied was still whole.
class SampleHistory {
 public:
  /// Most samples that append() takes at once: what a reader must stay clear of at the old end.
  static constexpr std::size_t kMaxAppend = 1024;

  /// Remembers at least the last `min_samples`.
  explicit SampleHistory(std::size_t min_samples);

  /// Writer only. Forgets everything; the next sample is at `position` (a start, or a gap).
  void start_at(SamplePosition position) noexcept KWS_REALTIME;

  /// Writer only. Requires at most kMaxAppend samples.
  void append(std::span<const float> samples) noexcept KWS_REALTIME;

  /// Writer only. `position` is the end of the latest hop that was published. A new lane is warmed
  /// up to here and no further, so that every later hop is left for it to publish.
  void set_boundary(SamplePosition position) noexcept KWS_REALTIME;

  /// Position of the first sample after the latest start or gap.
  [[nodiscard]] SamplePosition origin() const noexcept KWS_REALTIME {
    return origin_.load(std::memory_order_acquire);
  }
  [[nodiscard]] SamplePosition boundary() const noexcept KWS_REALTIME {
    return boundary_.load(std::memory_order_acquire);
  }
  /// Position behind the newest sample.
  [[nodiscard]] SamplePosition end() const noexcept KWS_REALTIME {
    return end_.load(std::memory_order_acquire);
  }
  /// Position of the oldest sample that copy() will still give while nothing is appended.
  [[nodiscard]] SamplePosition oldest() const noexcept KWS_REALTIME;

  /// Samples that can be counted on to be there in an unbroken stream.
  [[nodiscard]] std::size_t reach() const noexcept KWS_REALTIME {
    return samples_.size() - kMaxAppend;
  }

  /// Copies the samples from position `from` on. False, and `into` is worthless, when some of them
  /// have not come yet, are no longer there, or lie before the latest gap.
  [[nodiscard]] bool copy(SamplePosition from, std::span<float> into) const noexcept KWS_REALTIME;

 private:
  // A sequence lock by position: `claimed_` moves before samples are overwritten, `end_` after.
  // Samples are atomics, so that a torn read is a wrong value that copy() throws away, never a
  // data race.
  std::vector<std::atomic<float>> samples_;  // size is a power of two
  std::atomic<SamplePosition> origin_{0};
  std::atomic<SamplePosition> claimed_{0};  // all below claimed_ - size may be overwritten
  std::atomic<SamplePosition> end_{0};
  std::atomic<SamplePosition> boundary_{0};
};

}  // namespace kws::live
