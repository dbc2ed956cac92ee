// SPDX-License-Identifier: MIT
//
// How loud the sound of a hop was: what the level meter shows.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>

#include "base/realtime.h"

namespace kws::live {

class LevelMeter {
 public:
  /// Amplitude at which a converter is taken to be at its end: two steps of 16 bits below 1.
  static constexpr float kClip = 32766.0F / 32768.0F;

  void add(std::span<const float> samples) noexcept KWS_REALTIME {
    for (const float sample : samples) {
      peak_ = std::max(peak_, std::abs(sample));
      energy_ += static_cast<double>(sample) * static_cast<double>(sample);
    }
    count_ += samples.size();
  }

  void clear() noexcept KWS_REALTIME { *this = LevelMeter(); }

  [[nodiscard]] float peak() const noexcept KWS_REALTIME { return peak_; }
  [[nodiscard]] float rms() const noexcept KWS_REALTIME {
    return count_ == 0 ? 0.0F
                       : static_cast<float>(std::sqrt(energy_ / static_cast<double>(count_)));
  }
  [[nodiscard]] bool clipped() const noexcept KWS_REALTIME { return peak_ >= kClip; }

 private:
  float peak_ = 0.0F;
  double energy_ = 0.0;
  std::size_t count_ = 0;
};

}  // namespace kws::live
