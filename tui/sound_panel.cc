// SPDX-License-Identifier: MIT
//
// The spectrogram: time to the right, low bands at the bottom. The newest column overwrites the
// oldest one; a cursor stands where the next will be. Above it, on the title's rule, the words that
// were found, ending where their sound ended.
#include <algorithm>
#include <cstdint>
#include <string>

#include "tui/panels.h"

namespace kws::tui {
namespace {

constexpr int kTitleWidth = 8;

/// The loudest of the bands that fall into band `band` of `bands` on the screen.
std::uint8_t loudest(const Strip::Column& column, int band, int bands) {
  const auto bins = static_cast<int>(column.bins);
  const int first = band * bins / bands;
  const int last = std::max(first + 1, (band + 1) * bins / bands);
  std::uint8_t value = 0;
  for (int bin = first; bin < std::min(last, bins); ++bin) {
    value = std::max(value, column.energy[static_cast<std::size_t>(bin)]);
  }
  return value;
}

}  // namespace

void draw_sound(Area area, const Scene& scene, Colours colours) {
  const auto& strip = scene.strip();
  const int width = area.width();
  if (width <= 0) return;
  const auto columns = static_cast<std::uint64_t>(width);
  draw_title(area, "sound");
  const int rows = area.height() - 1;
  // Two bands to a cell need a ground and an ink of their own, and the half block.
  const bool halves = colours != Colours::kNone && area.charset() == Charset::kUtf8;
  const Style quiet = quiet_style(colours);

  const std::uint64_t cursor = strip.next();
  for (std::uint64_t back = 0; back < columns; ++back) {
    if (back > cursor) break;
    const auto number = cursor - back;
    const int x = static_cast<int>(number % columns);
    const auto* column = back == 0 ? nullptr : strip.find(number);
    for (int row = 0; row < rows; ++row) {
      const int y = row + 1;
      const int from_bottom = rows - 1 - row;
      if (back == 0) {
        area.put(x, y, U'│', {Ink::kFaint, quiet.ground});
      } else if (column == nullptr) {
        area.put(x, y, U' ', quiet);
      } else if (halves) {
        const int low = heat_level(loudest(*column, 2 * from_bottom, 2 * rows));
        const int high = heat_level(loudest(*column, 2 * from_bottom + 1, 2 * rows));
        if (low == high) {
          area.put(x, y, U' ', shade_style(low));
        } else {
          area.put(x, y, U'▀', {heat(high), heat(low)});
        }
      } else {
        draw_shade(area, x, y, loudest(*column, from_bottom, rows), colours);
      }
    }
  }
  if (cursor + 1 < columns) {
    area.fill({static_cast<int>(cursor) + 1, 1, width - static_cast<int>(cursor) - 1, rows}, U' ',
              quiet);
  }

  for (const auto& mark : strip.marks()) {
    if (mark.column > cursor || cursor - mark.column >= columns) continue;
    const int x = static_cast<int>(mark.column % columns);
    // A word on the panel's title hides the rest of it.
    if (x - cells_of(mark.text) < kTitleWidth) {
      area.fill({0, 0, kTitleWidth, 1}, U'─', {Ink::kFaint});
    }
  }
  for (const auto& mark : strip.marks()) {
    if (mark.column > cursor || cursor - mark.column >= columns) continue;
    const int x = static_cast<int>(mark.column % columns);
    area.put(x, 0, U'▾', {Ink::kKeyword, Ink::kPlain, true});
    area.text_right(x, 0, mark.text, {Ink::kKeyword, Ink::kPlain, true});
  }
}

}  // namespace kws::tui
