// SPDX-License-Identifier: MIT
//
// The log of detections, newest first: when, what, how sure, how long after the sound, by which
// model. The newest lights up for a moment.
#include <chrono>
#include <string>

#include "tui/figures.h"
#include "tui/panels.h"

namespace kws::tui {
namespace {

constexpr std::chrono::milliseconds kFresh{2000};

}  // namespace

void draw_detections(Area area, const Scene& scene) {
  int top = 0;
  if (area.height() >= 2) {
    const auto count = scene.detections_seen();
    draw_title(area, "detections", count == 0 ? "" : count_text(count));
    top = 1;
  }
  const auto& found = scene.found();
  if (found.empty()) {
    if (area.height() >= 2 || area.width() >= 18) {
      area.text(1, top, "no word found yet", {Ink::kFaint});
    }
    return;
  }
  const int width = area.width();
  int y = top;
  for (auto entry = found.rbegin(); entry != found.rend() && y < area.height(); ++entry, ++y) {
    const auto& event = entry->event;
    const bool fresh = entry == found.rbegin() && scene.now() - entry->seen < kFresh;
    const Style word = fresh ? Style{Ink::kKeyword, Ink::kPlain, true, true}
                             : Style{Ink::kKeyword, Ink::kPlain, true};
    if (width < 22) {
      // The word alone, and its score if it fits.
      const int used = area.text(0, y, event.keyword.view(), word);
      if (width - used >= 5) area.text(used + 1, y, score_text(event.score));
      continue;
    }
    int x = 1;
    area.text(x, y, log_time_text(event.time_s), {Ink::kFaint}, 8);
    x += 9;
    const int word_width = width >= 44 ? 12 : 9;
    area.text(x, y, event.keyword.view(), word, word_width - 1);
    x += word_width;
    if (x + 4 <= width) area.text(x, y, score_text(event.score));
    x += 6;
    if (x + 9 <= width) {
      area.text_right(x + 9, y, delay_text(event.latency_ms), {}, x);
    }
    x += 11;
    if (width - x >= 6) area.text(x, y, event.model.view(), {Ink::kFaint});
  }
}

}  // namespace kws::tui
