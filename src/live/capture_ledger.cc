// SPDX-License-Identifier: MIT
#include "live/capture_ledger.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace kws::live {

CaptureLedger::Gap CaptureLedger::read(std::size_t count, std::uint64_t dropped,
                                       std::uint64_t overflows) noexcept KWS_REALTIME {
  Gap gap;
  gap.device_samples = std::exchange(dropped_behind_, 0);
  const auto newly_dropped = dropped - std::exchange(dropped_seen_, dropped);
  (count == ring_capacity_ ? dropped_behind_ : gap.device_samples) += newly_dropped;
  const bool overflowed = overflows != std::exchange(overflows_seen_, overflows);
  gap.found = gap.device_samples > 0 || overflowed;

  if (gap.found) {
    device_samples_ += gap.device_samples;
    // Positions stay true to the device's clock. What the resampler still held is lost as well.
    const auto resume = std::max(
        model_samples_,
        static_cast<std::uint64_t>(std::llround(static_cast<double>(device_samples_) * ratio_)));
    gap.samples = resume - model_samples_;
    model_samples_ = resume;
    device_origin_ = device_samples_;
    model_origin_ = model_samples_;
  }
  device_samples_ += count;
  return gap;
}

double CaptureLedger::held() const noexcept KWS_REALTIME {
  const auto into = static_cast<double>(device_samples_ - device_origin_);
  const auto out = static_cast<double>(model_samples_ - model_origin_) / ratio_;
  return std::max(into - out, 0.0);
}

}  // namespace kws::live
