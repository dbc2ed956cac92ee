// SPDX-License-Identifier: MIT
//
// What each stage of a hop costs, as the figures that people read.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>

#include "base/histogram.h"
#include "base/realtime.h"
#include "live/telemetry.h"

namespace kws::live {

class StageClocks {
 public:
  void add(Stage stage, std::chrono::nanoseconds duration) noexcept KWS_REALTIME {
    histograms_[static_cast<std::size_t>(stage)].add(duration);
  }

  /// Brings counts and maxima of all stages up to date, and the percentiles of one: those take a
  /// walk over a histogram, so each call serves the next stage in turn.
  void refresh_next(std::array<StageClock, kStages>& figures) noexcept KWS_REALTIME;

  /// All of it, for the last word.
  void refresh_all(std::array<StageClock, kStages>& figures) noexcept KWS_REALTIME;

 private:
  std::array<Histogram, kStages> histograms_;
  std::size_t next_ = 0;
};

}  // namespace kws::live
