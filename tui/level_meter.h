// SPDX-License-Identifier: MIT
//
// What the level meter shows: the loudness of now, the highest peak of the last moments, and
// whether something clipped lately.
#pragma once

#include <chrono>

namespace kws::tui {

class LevelMeter {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr double kFloorDb = -60.0;

  /// Amplitudes of the newest hop, 0..1; what is not finite counts as silence.
  void hear(float rms, float peak, bool clipped, Time now);

  /// Silence: paused, or no sound comes.
  void fall_silent(Time now) { hear(0.0F, 0.0F, false, now); }

  [[nodiscard]] double rms_db() const { return rms_db_; }    // kFloorDb..0
  [[nodiscard]] double peak_db() const { return peak_db_; }  // held for 1.5 s, then falling
  [[nodiscard]] bool clipped() const { return clip_lit_; }   // for 3 s

 private:
  double rms_db_ = kFloorDb;
  double peak_db_ = kFloorDb;
  bool clip_lit_ = false;
  Time peak_time_{};
  Time clip_time_{};
  Time last_{};
};

}  // namespace kws::tui
