// SPDX-License-Identifier: MIT
#include "audio/capture_ring.h"

#include <algorithm>
#include <cmath>

namespace kws::audio {

CaptureRing::CaptureRing(std::size_t min_samples, int channels, Hertz rate)
    : ring_(min_samples),
      channels_(static_cast<std::size_t>(channels)),
      ns_per_sample_(1e9 / rate.value) {}

void CaptureRing::put(std::span<const std::int16_t> interleaved,
                      TimePoint newest) noexcept KWS_REALTIME {
  const std::size_t frames = interleaved.size() / channels_;
  const float scale = 1.0F / (32768.0F * static_cast<float>(channels_));
  std::size_t kept = 0;
  for (std::size_t start = 0; start < frames; start += mono_.size()) {
    const std::size_t count = std::min(mono_.size(), frames - start);
    const std::int16_t* values = interleaved.data() + start * channels_;
    for (std::size_t i = 0; i < count; ++i) {
      std::int32_t sum = 0;
      for (std::size_t channel = 0; channel < channels_; ++channel) sum += *values++;
      mono_[i] = static_cast<float>(sum) * scale;
    }
    const auto stored = ring_.write(std::span(mono_).first(count));
    kept += stored;
    if (stored < count) break;  // or a reader that frees some would get sound with a hole in it
  }
  // Only this thread writes the counters; readers want them roughly, so relaxed does.
  const auto total = stored_.load(std::memory_order_relaxed) + kept;
  stored_.store(total, std::memory_order_relaxed);
  if (kept < frames) lose(frames - kept);
  if (kept == 0) return;
  const auto newest_ns =
      std::chrono::duration_cast<std::chrono::nanoseconds>(newest.time_since_epoch()).count();
  const double age_ns = ns_per_sample_ * static_cast<double>(frames - kept + total);
  origin_ns_.store(newest_ns - std::llround(age_ns), std::memory_order_relaxed);
}

void CaptureRing::lose(std::size_t samples) noexcept KWS_REALTIME {
  dropped_.store(dropped_.load(std::memory_order_relaxed) + samples, std::memory_order_relaxed);
}

std::size_t CaptureRing::read(std::span<float> into) noexcept KWS_REALTIME {
  const auto count = ring_.read(into);
  read_ += count;
  return count;
}

std::optional<CaptureRing::TimePoint> CaptureRing::time_of(std::uint64_t samples) const noexcept
    KWS_REALTIME {
  const auto origin_ns = origin_ns_.load(std::memory_order_relaxed);
  if (samples == 0 || origin_ns == kNever) return std::nullopt;
  const auto age_ns = std::llround(ns_per_sample_ * static_cast<double>(samples));
  return TimePoint(std::chrono::duration_cast<TimePoint::duration>(
      std::chrono::nanoseconds(origin_ns + age_ns)));
}

std::optional<CaptureRing::TimePoint> CaptureRing::last_read_capture() const noexcept KWS_REALTIME {
  return time_of(read_);
}

std::optional<CaptureRing::TimePoint> CaptureRing::newest_capture() const noexcept KWS_REALTIME {
  return time_of(stored_.load(std::memory_order_relaxed));
}

}  // namespace kws::audio
