// SPDX-License-Identifier: MIT
#include "tui/canvas.h"

#include <algorithm>

namespace kws::tui {
namespace {

void append_utf8(std::string& text, char32_t character) {
  const auto tail = [&](unsigned shift) {
    text += static_cast<char>(0x80U | ((character >> shift) & 0x3FU));
  };
  if (character < 0x80) {
    text += static_cast<char>(character);
  } else if (character < 0x800) {
    text += static_cast<char>(0xC0U | (character >> 6U));
    tail(0);
  } else if (character < 0x10000) {
    text += static_cast<char>(0xE0U | (character >> 12U));
    tail(6);
    tail(0);
  } else {
    text += static_cast<char>(0xF0U | (character >> 18U));
    tail(12);
    tail(6);
    tail(0);
  }
}

}  // namespace

Canvas::Canvas(Size size, Charset charset)
    : size_{std::max(size.width, 0), std::max(size.height, 0)},
      charset_(charset),
      cells_(static_cast<std::size_t>(size_.width) * static_cast<std::size_t>(size_.height)) {}

void Canvas::clear() { std::fill(cells_.begin(), cells_.end(), Cell{}); }

void Canvas::set(int x, int y, Cell cell) {
  Cell& old = cells_[index(x, y)];
  // Half of a wide character does not survive the loss of the other.
  if (old.glyph == 0 && x > 0) cells_[index(x - 1, y)].glyph = U' ';
  if (x + 1 < size_.width && cells_[index(x + 1, y)].glyph == 0) {
    cells_[index(x + 1, y)].glyph = U' ';
  }
  old = cell;
}

void Canvas::put(int x, int y, char32_t glyph, Style style, const Rect& clip) {
  const Rect room = clip.within({0, 0, size_.width, size_.height});
  if (x < room.x || x >= room.right() || y < room.y || y >= room.bottom()) return;
  if (charset_ == Charset::kAscii) glyph = ascii_for(glyph);
  const bool wide = cells_of(glyph) == 2;
  if (wide && x + 1 >= room.right()) glyph = U' ';
  set(x, y, {glyph, style});
  if (wide && glyph != U' ') {
    set(x + 1, y, {U' ', style});  // first as a blank: it may itself have been half of another
    cells_[index(x + 1, y)].glyph = 0;
    cells_[index(x, y)].glyph = glyph;
  }
}

std::string Canvas::text() const {
  std::string text;
  for (int y = 0; y < size_.height; ++y) {
    std::string line;
    for (int x = 0; x < size_.width; ++x) {
      if (at(x, y).glyph != 0) append_utf8(line, at(x, y).glyph);
    }
    const auto end = line.find_last_not_of(' ');
    text += line.substr(0, end == std::string::npos ? 0 : end + 1) + '\n';
  }
  return text;
}

Area::Area(Canvas& canvas, const Rect& rect)
    : canvas_(&canvas), rect_(rect.within({0, 0, canvas.size().width, canvas.size().height})) {}

Area Area::part(const Rect& rect) const {
  const Rect on_canvas{rect_.x + rect.x, rect_.y + rect.y, rect.width, rect.height};
  return {*canvas_, on_canvas.within(rect_)};
}

void Area::put(int x, int y, char32_t glyph, Style style) {
  canvas_->put(rect_.x + x, rect_.y + y, glyph, style, rect_);
}

int Area::text(int x, int y, std::string_view utf8, Style style, int room) {
  room = std::min(room, rect_.width - x);
  const bool cut = cells_of(utf8) > room;
  if (cut) --room;
  int used = 0;
  while (!utf8.empty()) {
    const char32_t character = take_character(utf8);
    const int cells = cells_of(character);
    if (used + cells > room) break;
    if (cells == 0) continue;
    put(x + used, y, character, style);
    used += cells;
  }
  if (cut && room >= 0) put(x + used++, y, U'…', style);
  return used;
}

int Area::text_right(int right, int y, std::string_view utf8, Style style, int left) {
  const int cells = cells_of(utf8);
  if (right - cells < left) return 0;
  return text(right - cells, y, utf8, style);
}

void Area::text_over(int x, int y, std::string_view utf8, Ink ink, int room) {
  for (int used = 0; !utf8.empty();) {
    const char32_t character = take_character(utf8);
    const int cells = cells_of(character);
    if (used + cells > room || x + used + cells > rect_.width || x < 0 || y < 0 ||
        y >= rect_.height) {
      return;
    }
    if (cells == 0) continue;
    const Cell& under = canvas_->at(rect_.x + x + used, rect_.y + y);
    const bool bright = under.style.ground >= heat(kHeatLevels / 2);
    if (under.glyph == U' ') {
      put(x + used, y, character, {bright ? heat(0) : ink, under.style.ground});
    }
    used += cells;
  }
}

void Area::fill(const Rect& rect, char32_t glyph, Style style) {
  for (int y = rect.y; y < rect.bottom(); ++y) {
    for (int x = rect.x; x < rect.right(); ++x) put(x, y, glyph, style);
  }
}

}  // namespace kws::tui
