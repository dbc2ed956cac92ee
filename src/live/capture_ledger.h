// SPDX-License-Identifier: MIT
//
// Keeps the books of a device's stream: how much came, how much of it was lost where, and which
// position at the model's rate that is. Arithmetic only, for MicrophoneSource.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/realtime.h"
#include "base/units.h"

namespace kws::live {

class CaptureLedger {
 public:
  /// `ratio`: samples at the model's rate for one of the device's.
  CaptureLedger(std::size_t ring_capacity, double ratio)
      : ring_capacity_(ring_capacity), ratio_(ratio) {}

  /// Sound that is missing before the samples that were just read.
  struct Gap {
    bool found = false;
    SamplePosition samples = 0;        // at the model's rate
    std::uint64_t device_samples = 0;  // as far as they were counted
  };

  /// A read that emptied the ring gave `count` samples, and the device's counters now stand at
  /// `dropped` samples and `overflows`. When this finds a gap, the resampler must start over before
  /// it gets the samples. Call once a read.
  ///
  /// Where a loss lies: samples are dropped while the ring is full. So either this read gave a
  /// whole ring and the gap is behind it, to be found by the next call, or the counter moved just
  /// after the previous read and the gap is before this one. What the device itself lost is before
  /// it too, as far as anyone can tell.
  [[nodiscard]] Gap read(std::size_t count, std::uint64_t dropped,
                         std::uint64_t overflows) noexcept KWS_REALTIME;

  /// The resampler made `count` samples of those that were read.
  void converted(std::size_t count) noexcept KWS_REALTIME { model_samples_ += count; }

  /// Samples of the device that the resampler still holds.
  [[nodiscard]] double held() const noexcept KWS_REALTIME;

 private:
  std::size_t ring_capacity_;
  double ratio_;

  std::uint64_t dropped_seen_ = 0;
  std::uint64_t overflows_seen_ = 0;
  std::uint64_t dropped_behind_ = 0;  // behind what was read last

  // Since the start, losses included; and where the resampler started over.
  std::uint64_t device_samples_ = 0;
  std::uint64_t model_samples_ = 0;
  std::uint64_t device_origin_ = 0;
  std::uint64_t model_origin_ = 0;
};

}  // namespace kws::live
