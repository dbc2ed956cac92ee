// SPDX-License-Identifier: MIT
//
// What each stage costs: median, 95th and 99th percentile, worst. As many columns as fit.
#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "tui/figures.h"
#include "tui/panels.h"

namespace kws::tui {
namespace {

struct Quantile {
  std::string_view name;
  double live::StageClock::*value;
};
constexpr std::array<Quantile, 4> kQuantiles{{{"p50", &live::StageClock::p50_us},
                                              {"p95", &live::StageClock::p95_us},
                                              {"p99", &live::StageClock::p99_us},
                                              {"max", &live::StageClock::max_us}}};
constexpr double kTooBusy = 0.8;  // of a hop: what is left is too little for what else happens
constexpr int kColumn = 7;
constexpr int kName = 12;

/// Columns to show, by what matters most: the median, the worst, then those between.
std::array<bool, 4> shown(int width) {
  const int room = (width - kName) / kColumn;
  return {room >= 1, room >= 3, room >= 4, room >= 2};
}

}  // namespace

void draw_latency(Area area, const Scene& scene) {
  const auto& state = scene.steady();
  const auto columns = shown(area.width());
  const auto count = std::count(columns.begin(), columns.end(), true);
  const int left = area.width() - static_cast<int>(count) * kColumn;
  draw_title(area, "latency, ms");
  int x = left;
  for (std::size_t q = 0; q < kQuantiles.size(); ++q) {
    if (!columns[q]) continue;
    x += kColumn;
    area.fill({x - kColumn, 0, kColumn, 1}, U' ');
    area.text_right(x - 1, 0, kQuantiles[q].name, {Ink::kFaint});
  }
  for (std::size_t stage = 0; stage < live::kStages; ++stage) {
    const int y = static_cast<int>(stage) + 1;
    const auto& clock = state.clocks[stage];
    const bool whole = static_cast<live::Stage>(stage) == live::Stage::kEndToEnd;
    area.text(1, y, live::to_string(static_cast<live::Stage>(stage)),
              {Ink::kPlain, Ink::kPlain, whole});
    x = left;
    for (std::size_t q = 0; q < kQuantiles.size(); ++q) {
      if (!columns[q]) continue;
      x += kColumn;
      const std::string value =
          clock.count == 0 ? "--" : milliseconds_text(clock.*kQuantiles[q].value / 1e3);
      area.text_right(x - 1, y, value, {Ink::kPlain, Ink::kPlain, whole});
    }
  }
  // How much of the time between hops is spent working.
  if (area.height() > static_cast<int>(live::kStages) + 1 && state.hop_ms > 0.0) {
    double busy_us = 0.0;
    for (const auto stage :
         {live::Stage::kFeatures, live::Stage::kInference, live::Stage::kDecision}) {
      busy_us += state.clocks[static_cast<std::size_t>(stage)].p50_us;
    }
    const double busy = busy_us / 1e3 / state.hop_ms;
    area.text(1, static_cast<int>(live::kStages) + 1,
              "busy for " + percent_text(busy) + " of every " + milliseconds_text(state.hop_ms) +
                  " ms hop",
              {busy > kTooBusy ? Ink::kBad : Ink::kFaint});
  }
}

}  // namespace kws::tui
