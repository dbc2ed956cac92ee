// SPDX-License-Identifier: MIT
//
// Places on the screen, counted in character cells from the upper left corner.
#pragma once

#include <algorithm>

namespace kws::tui {

struct Size {
  int width = 0;
  int height = 0;
  bool operator==(const Size&) const = default;
};

struct Rect {
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;
  bool operator==(const Rect&) const = default;

  [[nodiscard]] bool empty() const { return width <= 0 || height <= 0; }
  [[nodiscard]] int right() const { return x + width; }    // first column behind it
  [[nodiscard]] int bottom() const { return y + height; }  // first row below it

  /// What lies in both; empty (zero width or height) when nothing does.
  [[nodiscard]] Rect within(const Rect& other) const {
    const int left = std::max(x, other.x);
    const int top = std::max(y, other.y);
    return {left, top, std::max(0, std::min(right(), other.right()) - left),
            std::max(0, std::min(bottom(), other.bottom()) - top)};
  }
};

}  // namespace kws::tui
