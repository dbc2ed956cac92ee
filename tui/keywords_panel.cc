// SPDX-License-Identifier: MIT
//
// The smoothed posterior of every label as a bar, with the threshold that it is compared with as a
// mark; a keyword above its threshold lights up. What is no keyword is faint and has no mark.
#include <algorithm>
#include <cmath>
#include <string>

#include "tui/figures.h"
#include "tui/layout.h"
#include "tui/panels.h"

namespace kws::tui {
namespace {

void draw_entry(Area area, const Scene& scene, int label, int name_width) {
  const auto index = static_cast<std::size_t>(label);
  const float score = scene.state().scores[index];
  const float threshold = scene.state().thresholds[index];
  const bool keyword = scene.is_keyword(label);
  const bool lit = keyword && std::isfinite(score) && score >= threshold;

  Style name{Ink::kPlain};
  if (!keyword) name.ink = Ink::kFaint;
  if (lit) name = {Ink::kKeyword, Ink::kPlain, true, true};
  area.text(1, 0, scene.label_name(label), name, name_width);
  if (area.width() < name_width + 6) return;

  const bool figure = area.width() >= name_width + 14;
  const int left = name_width + 2;
  const int width = area.width() - left - (figure ? 6 : 1);
  if (width <= 0) return;
  Style bar{Ink::kBar};
  if (!keyword) bar.ink = Ink::kFaint;
  if (lit) bar = {Ink::kKeyword, Ink::kPlain, true};
  draw_bar(area, left, 0, width, static_cast<double>(score), bar);
  if (keyword && std::isfinite(threshold)) {
    const auto at = static_cast<int>(std::lround(static_cast<double>(threshold) * width));
    area.put(left + std::clamp(at, 0, width - 1), 0, U'│',
             lit ? Style{Ink::kKeyword, Ink::kPlain, true} : Style{Ink::kWarn});
  }
  if (figure) area.text(left + width + 1, 0, score_text(score), lit ? bar : name);
}

}  // namespace

void draw_keywords(Area area, const Scene& scene) {
  const int labels = scene.labels();
  const int columns = keyword_columns({area.width(), area.height()}, labels);
  const int rows_needed = (std::max(labels, 1) + columns - 1) / columns;
  int top = 0;
  if (area.height() > rows_needed) {
    std::string note;
    // One threshold for all is said in words.
    float lowest = 2.0F;
    float highest = -1.0F;
    for (int label = 0; label < labels; ++label) {
      const float threshold = scene.state().thresholds[static_cast<std::size_t>(label)];
      if (!scene.is_keyword(label) || !std::isfinite(threshold)) continue;
      lowest = std::min(lowest, threshold);
      highest = std::max(highest, threshold);
    }
    if (highest >= 0.0F) {
      note = highest - lowest < 0.005F
                 ? "threshold " + score_text(lowest)
                 : "thresholds " + score_text(lowest) + "–" + score_text(highest);
    }
    draw_title(area, "keywords", note);
    top = 1;
  }
  int name_width = 3;
  for (int label = 0; label < labels; ++label) {
    name_width = std::max(name_width, cells_of(scene.label_name(label)));
  }
  name_width = std::min({name_width, 12, std::max(area.width() - 2, 1)});
  const int rows = std::min(rows_needed, area.height() - top);
  const int width = area.width() / columns;
  for (int label = 0; label < labels; ++label) {
    // Down first, as one reads a list.
    const int row = label % rows_needed;
    const int column = label / rows_needed;
    if (row >= rows) continue;
    draw_entry(area.part({column * width, top + row, width, 1}), scene, label, name_width);
  }
}

}  // namespace kws::tui
