// SPDX-License-Identifier: MIT
//
// What several panels draw alike: titles, shades and bars.
#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "tui/panels.h"

namespace kws::tui {
namespace {

constexpr std::array<char32_t, 5> kShades{U' ', U'░', U'▒', U'▓', U'█'};
constexpr std::array<char32_t, 8> kAsciiShades{U' ', U'.', U':', U'-', U'=', U'+', U'*', U'#'};

}  // namespace

void draw_title(Area& area, std::string_view title, std::string_view note) {
  const Style rule{Ink::kFaint};
  area.fill({0, 0, area.width(), 1}, U'─', rule);
  int x = 1;
  x += area.text(x, 0, " ", rule);
  x += area.text(x, 0, title, {Ink::kTitle, Ink::kPlain, true});
  x += area.text(x, 0, " ", rule);
  if (!note.empty()) {
    const std::string text = " " + std::string(note) + " ";
    area.text_right(area.width() - 1, 0, text, rule, x + 1);
  }
}

void draw_shade(Area& area, int x, int y, std::uint8_t energy, Colours colours) {
  if (colours != Colours::kNone) {
    area.put(x, y, U' ', shade_style(heat_level(energy)));
  } else if (area.charset() == Charset::kUtf8) {
    area.put(x, y, kShades[energy * kShades.size() / 256]);
  } else {
    area.put(x, y, kAsciiShades[energy * kAsciiShades.size() / 256]);
  }
}

Style quiet_style(Colours colours) { return colours == Colours::kNone ? Style{} : shade_style(0); }

void draw_bar(Area& area, int x, int y, int width, double fraction, Style full) {
  fraction = std::isfinite(fraction) ? std::clamp(fraction, 0.0, 1.0) : 0.0;
  const auto halves = static_cast<int>(std::lround(fraction * width * 2));
  for (int i = 0; i < width; ++i) {
    if (2 * i + 1 < halves) {
      area.put(x + i, y, U'━', full);
    } else if (2 * i < halves) {
      area.put(x + i, y, U'╸', full);
    } else {
      area.put(x + i, y, U'─', {Ink::kFaint});
    }
  }
}

}  // namespace kws::tui
