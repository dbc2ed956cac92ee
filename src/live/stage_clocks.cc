// SPDX-License-Identifier: MIT
#include "live/stage_clocks.h"

namespace kws::live {
namespace {

double microseconds(std::chrono::nanoseconds duration) noexcept {
  return std::chrono::duration<double, std::micro>(duration).count();
}

void refresh_percentiles(const Histogram& histogram, StageClock& figures) noexcept {
  figures.p50_us = microseconds(histogram.quantile(0.50));
  figures.p95_us = microseconds(histogram.quantile(0.95));
  figures.p99_us = microseconds(histogram.quantile(0.99));
}

}  // namespace

void StageClocks::refresh_next(std::array<StageClock, kStages>& figures) noexcept {
  for (std::size_t stage = 0; stage < kStages; ++stage) {
    figures[stage].count = histograms_[stage].count();
    figures[stage].max_us = microseconds(histograms_[stage].max());
  }
  refresh_percentiles(histograms_[next_], figures[next_]);
  next_ = (next_ + 1) % kStages;
}

void StageClocks::refresh_all(std::array<StageClock, kStages>& figures) noexcept {
  for (std::size_t stage = 0; stage < kStages; ++stage) refresh_next(figures);
}

}  // namespace kws::live
