// SPDX-License-Identifier: MIT
//
// One row: loudness as a line of three zones, the held peak as a mark on it, both as figures, and
// CLIP while something clipped lately.
#include <algorithm>
#include <cmath>
#include <string>

#include "tui/figures.h"
#include "tui/panels.h"

namespace kws::tui {
namespace {

constexpr double kWarnDb = -12.0;
constexpr double kBadDb = -3.0;

Ink zone(double db) { return db >= kBadDb ? Ink::kBad : db >= kWarnDb ? Ink::kWarn : Ink::kGood; }

}  // namespace

void draw_level(Area area, const Scene& scene) {
  const auto& level = scene.level();
  int left = 0;
  int right = area.width();
  if (area.width() >= 30) left = 1 + area.text(1, 0, "level") + 4;
  if (area.width() >= 60) {
    // Figures of fixed width, so that the line does not dance.
    const int x = right - 30;
    area.text(x, 0, decibels_text(level.rms_db()));
    area.text(x + 10, 0, "peak", {Ink::kFaint});
    area.text(x + 15, 0, decibels_text(level.peak_db()));
    if (level.clipped()) {
      area.text(right - 5, 0, "CLIP", {Ink::kBad, Ink::kPlain, true, true});
    }
    right -= 32;
  } else if (area.width() >= 30) {
    area.text(right - 9, 0, decibels_text(level.rms_db()));
    right -= 11;
  }
  const int width = right - left;
  if (width <= 0) return;
  const auto db_at = [&](int i) {
    return LevelMeter::kFloorDb * (1.0 - (static_cast<double>(i) + 0.5) / width);
  };
  for (int i = 0; i < width; ++i) {
    const bool full = db_at(i) <= level.rms_db();
    area.put(left + i, 0, full ? U'━' : U'─', {full ? zone(db_at(i)) : Ink::kFaint});
  }
  if (level.peak_db() > LevelMeter::kFloorDb) {
    const auto peak = static_cast<int>((1.0 - level.peak_db() / LevelMeter::kFloorDb) * width);
    area.put(left + std::clamp(peak, 0, width - 1), 0, U'┃', {zone(level.peak_db())});
  }
  if (level.clipped()) area.put(left + width - 1, 0, U'┃', {Ink::kBad, Ink::kPlain, true});
}

}  // namespace kws::tui
