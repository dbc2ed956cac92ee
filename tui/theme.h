// SPDX-License-Identifier: MIT
//
// How inks look: colours of the 256-colour palette, of the eight that every colour terminal has, or
// none at all, where weight and reversal must do.
#pragma once

#include "tui/canvas.h"
#include "tui/panels.h"

namespace kws::tui {

struct Look {
  int ink = -1;     // palette index, -1 for the terminal's own
  int ground = -1;  // likewise
  bool bold = false;
  bool dim = false;
  bool reverse = false;
  bool operator==(const Look&) const = default;
};

[[nodiscard]] Look look_of(const Style& style, Colours colours);

/// Red, green and blue (0xRRGGBB) of an index of the 256-colour palette, for terminals that want
/// colours themselves.
[[nodiscard]] int rgb_of(int palette_index);

}  // namespace kws::tui
