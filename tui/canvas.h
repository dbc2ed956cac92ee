// SPDX-License-Identifier: MIT
//
// A screen as plain data: panels draw characters and inks into it, the terminal prints it, and
// tests read it as text. Whatever is drawn outside is cut off.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "tui/geometry.h"
#include "tui/glyphs.h"

namespace kws::tui {

inline constexpr int kHeatLevels = 12;  // of the spectrogram, 0 is quiet

/// What a cell means, not how it looks: theme.h says that for each kind of terminal.
enum class Ink : std::uint8_t {
  kPlain,    // the terminal's own
  kFaint,    // rules, units, what may be overlooked
  kTitle,    // of a panel
  kBrand,    // the program's name
  kBand,     // the header's ground
  kKeyword,  // a word above its threshold, a detection
  kBar,      // of a score
  kGood,
  kWarn,
  kBad,
  kHeat,  // the first of kHeatLevels
};

[[nodiscard]] constexpr Ink heat(int level) {
  return static_cast<Ink>(static_cast<int>(Ink::kHeat) + level);
}

struct Style {
  Ink ink = Ink::kPlain;
  Ink ground = Ink::kPlain;
  bool bold = false;
  bool reverse = false;
  bool operator==(const Style&) const = default;
};

struct Cell {
  char32_t glyph = U' ';  // 0: the right half of the wide character before it
  Style style;
  bool operator==(const Cell&) const = default;
};

class Canvas {
 public:
  explicit Canvas(Size size, Charset charset = Charset::kUtf8);

  [[nodiscard]] Size size() const { return size_; }
  [[nodiscard]] Charset charset() const { return charset_; }
  [[nodiscard]] const Cell& at(int x, int y) const { return cells_[index(x, y)]; }

  /// Draws a character of one or two cells; one that does not fit into `clip` becomes a blank.
  void put(int x, int y, char32_t glyph, Style style, const Rect& clip);

  void clear();

  /// The characters alone, a line each, without blanks at the end of lines.
  [[nodiscard]] std::string text() const;

 private:
  [[nodiscard]] std::size_t index(int x, int y) const {
    return static_cast<std::size_t>(y) * static_cast<std::size_t>(size_.width) +
           static_cast<std::size_t>(x);
  }
  void set(int x, int y, Cell cell);

  Size size_;
  Charset charset_;
  std::vector<Cell> cells_;  // shape [height, width]
};

/// A part of a canvas with its own origin: what a panel is given to draw into.
class Area {
 public:
  explicit Area(Canvas& canvas) : Area(canvas, {0, 0, canvas.size().width, canvas.size().height}) {}
  Area(Canvas& canvas, const Rect& rect);

  [[nodiscard]] int width() const { return rect_.width; }
  [[nodiscard]] int height() const { return rect_.height; }
  [[nodiscard]] Charset charset() const { return canvas_->charset(); }

  /// A smaller area, in this one's coordinates.
  [[nodiscard]] Area part(const Rect& rect) const;

  void put(int x, int y, char32_t glyph, Style style = {});

  /// Draws untrusted UTF-8 into at most `room` cells, ending in "…" when it is longer. Returns the
  /// cells used.
  int text(int x, int y, std::string_view utf8, Style style = {},
           int room = std::numeric_limits<int>::max());

  /// Ends before column `right`. Draws nothing and returns 0 when it does not fit behind `left`.
  int text_right(int right, int y, std::string_view utf8, Style style = {}, int left = 0);

  /// Like text(), but leaves the ground of the cells as it is, writes into blank cells only, and
  /// darkly where the ground is bright.
  void text_over(int x, int y, std::string_view utf8, Ink ink, int room);

  void fill(const Rect& rect, char32_t glyph, Style style = {});

 private:
  Canvas* canvas_;
  Rect rect_;  // on the canvas
};

}  // namespace kws::tui
