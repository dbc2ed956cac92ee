// SPDX-License-Identifier: MIT
//
// Memory, and everything that was ever lost: in one row the essentials, in a panel each figure with
// its own. Losses are faint while they are none and stand out once they are some.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "tui/figures.h"
#include "tui/panels.h"

namespace kws::tui {
namespace {

struct Figure {
  std::string_view name;        // in the panel
  std::string_view short_name;  // in the row
  std::string value;
  bool loss = false;   // not zero: something is gone for good
  bool tight = false;  // not lost yet, but near it
};

constexpr double kTightRing = 0.5;

std::vector<Figure> figures_of(const Scene& scene) {
  const auto& now = scene.state();
  const auto& steady = scene.steady();
  const auto loss = [](std::string_view name, std::string_view short_name, std::uint64_t count) {
    return Figure{name, short_name, count_text(count), count > 0};
  };
  const auto memory = [](std::uint64_t bytes) {
    return bytes == 0 ? std::string("--") : bytes_text(bytes);  // 0: not measured yet
  };
  return {
      {"resident memory", "memory", memory(steady.resident_bytes)},
      {"arena of the model", "arena", memory(steady.arena_bytes)},
      {"capture ring", "ring", percent_text(steady.ring_fill), false,
       steady.ring_fill > kTightRing},
      loss("overruns", "overruns", now.overruns),
      loss("hops dropped", "hops lost", now.dropped_hops),
      loss("detections missed here", "missed", scene.missed_detections()),
      loss("samples dropped", "samples", now.dropped_samples),
      loss("samples not finite", "bad samples", now.non_finite_samples),
  };
}

}  // namespace

void draw_health(Area area, const Scene& scene) {
  auto figures = figures_of(scene);
  const auto value_style = [](const Figure& figure) {
    return figure.loss    ? Style{Ink::kBad, Ink::kPlain, true}
           : figure.tight ? Style{Ink::kWarn, Ink::kPlain, true}
                          : Style{};
  };
  if (area.height() == 1) {
    // Losses push everything else aside.
    std::stable_partition(figures.begin(), figures.end(),
                          [](const Figure& figure) { return figure.loss; });
    const auto cells = [](const Figure& figure) {
      return cells_of(figure.short_name) + 1 + cells_of(figure.value);
    };
    // The first six are for every screen that has room; the air between them is what is left over.
    int wanted = 1;
    for (std::size_t i = 0; i < 6; ++i) wanted += cells(figures[i]);
    const int gap = std::clamp((area.width() - wanted) / 5, 2, 3);
    int x = 1;
    for (const auto& figure : figures) {
      if (x + cells(figure) > area.width()) break;
      x += area.text(x, 0, figure.short_name, {Ink::kFaint}) + 1;
      x += area.text(x, 0, figure.value, value_style(figure)) + gap;
    }
    return;
  }
  draw_title(area, "memory and losses");
  int y = 1;
  for (const auto& figure : figures) {
    area.text(1, y, figure.name, {Ink::kFaint}, area.width() - 11);
    area.text_right(std::min(area.width() - 1, 40), y, figure.value, value_style(figure));
    ++y;
  }
}

}  // namespace kws::tui
