// SPDX-License-Identifier: MIT
#include "tui/level_meter.h"

#include <algorithm>
#include <cmath>

#include "base/units.h"

namespace kws::tui {
namespace {

constexpr std::chrono::milliseconds kPeakHold{1500};
constexpr std::chrono::milliseconds kClipHold{3000};
constexpr double kPeakFallsDbPerSecond = 20.0;

double to_db(float amplitude) {
  if (!std::isfinite(amplitude)) return LevelMeter::kFloorDb;
  const double db = Decibels::from_amplitude(std::abs(static_cast<double>(amplitude))).value;
  return std::clamp(db, LevelMeter::kFloorDb, 0.0);
}

}  // namespace

void LevelMeter::hear(float rms, float peak, bool clipped, Time now) {
  const auto passed = std::chrono::duration<double>(now - last_).count();
  last_ = now;
  rms_db_ = to_db(rms);
  if (now - peak_time_ > kPeakHold) {
    peak_db_ = std::max(kFloorDb, peak_db_ - kPeakFallsDbPerSecond * std::max(passed, 0.0));
  }
  if (const double db = to_db(peak); db >= peak_db_) {
    peak_db_ = db;
    peak_time_ = now;
  }
  if (clipped) clip_time_ = now;
  clip_lit_ = clipped || (clip_lit_ && now - clip_time_ <= kClipHold);
}

}  // namespace kws::tui
