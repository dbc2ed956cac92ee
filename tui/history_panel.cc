// SPDX-License-Identifier: MIT
//
// Posteriors over time, a row a label, under the spectrogram and in step with it: the highest
// posterior of every tenth of a second as a shade, before smoothing.
#include <algorithm>
#include <cstdint>
#include <string>

#include "tui/panels.h"

namespace kws::tui {

void draw_history(Area area, const Scene& scene, Colours colours) {
  const auto& strip = scene.strip();
  const int width = area.width();
  if (width <= 0) return;
  const auto columns = static_cast<std::uint64_t>(width);
  draw_title(area, "posteriors", "each network output, before smoothing");
  const int rows = std::min(area.height() - 1, scene.labels());
  area.fill({0, 1, width, rows}, U' ', quiet_style(colours));
  const std::uint64_t cursor = strip.next();
  for (int label = 0; label < rows; ++label) {
    const int y = label + 1;
    const bool keyword = scene.is_keyword(label);
    for (std::uint64_t back = 1; back < columns && back <= cursor; ++back) {
      const auto number = cursor - back;
      const auto* column = strip.find_posteriors(number);
      if (column == nullptr || static_cast<std::uint32_t>(label) >= column->labels) continue;
      // What is no keyword is nearly always on: it is held back so that words stand out.
      const auto highest = column->highest[static_cast<std::size_t>(label)];
      draw_shade(area, static_cast<int>(number % columns), y,
                 keyword ? highest : static_cast<std::uint8_t>(highest / 3), colours);
    }
    area.put(static_cast<int>(cursor % columns), y, U'│',
             {Ink::kFaint, quiet_style(colours).ground});
    if (colours == Colours::kNone) {
      area.text(1, y, scene.label_name(label), {}, 12);
    } else {
      area.text_over(1, y, scene.label_name(label), Ink::kFaint, 12);
    }
  }
}

}  // namespace kws::tui
