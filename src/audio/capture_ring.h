// SPDX-License-Identifier: MIT
//
// Between the device's callback and the reader: mixes 16-bit blocks to mono, keeps them until they
// are read, counts what did not fit, and knows when each sample was captured.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>

#include "base/realtime.h"
#include "base/spsc_ring.h"
#include "base/units.h"

namespace kws::audio {

class CaptureRing {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  /// The memory is written once here, so that no page is missing later.
  CaptureRing(std::size_t min_samples, int channels, Hertz rate);

  /// Callback thread only. `interleaved`: shape [frames, channels]. `newest`: when the last of them
  /// was captured.
  void put(std::span<const std::int16_t> interleaved, TimePoint newest) noexcept KWS_REALTIME;

  /// Callback thread only. The device delivered a block without data.
  void lose(std::size_t samples) noexcept KWS_REALTIME;

  /// Reader only. value / 32768, the mean of the channels.
  [[nodiscard]] std::size_t read(std::span<float> into) noexcept KWS_REALTIME;

  /// Reader only. When the last sample that read() gave was captured.
  [[nodiscard]] std::optional<TimePoint> last_read_capture() const noexcept KWS_REALTIME;

  [[nodiscard]] std::optional<TimePoint> newest_capture() const noexcept KWS_REALTIME;
  [[nodiscard]] std::size_t size() const noexcept KWS_REALTIME { return ring_.size(); }
  [[nodiscard]] std::size_t capacity() const noexcept KWS_REALTIME { return ring_.capacity(); }
  [[nodiscard]] std::uint64_t dropped() const noexcept KWS_REALTIME {
    return dropped_.load(std::memory_order_relaxed);
  }
  /// All that was delivered, dropped or not.
  [[nodiscard]] std::uint64_t delivered() const noexcept KWS_REALTIME {
    return stored_.load(std::memory_order_relaxed) + dropped();
  }

 private:
  [[nodiscard]] std::optional<TimePoint> time_of(std::uint64_t samples) const noexcept KWS_REALTIME;

  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::min();

  SpscRing<float> ring_;
  std::array<float, 512> mono_{};  // callback thread's
  std::size_t channels_;
  double ns_per_sample_;
  std::uint64_t read_ = 0;  // reader's: samples ever read
  std::atomic<std::uint64_t> stored_{0};
  std::atomic<std::uint64_t> dropped_{0};
  // When the stream's sample 0 was captured, by the newest block: sample n was captured n samples
  // later. One number that hardly moves, so it needs no consistency with the counters.
  std::atomic<std::int64_t> origin_ns_{kNever};
};

}  // namespace kws::audio
