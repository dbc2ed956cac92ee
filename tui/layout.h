// SPDX-License-Identifier: MIT
//
// Which panel goes where: rectangles from the size of the screen and from how much there is to
// show, and nothing else. Rules and pictures: docs/dashboard.md.
#pragma once

#include <array>
#include <cstddef>

#include "tui/geometry.h"

namespace kws::tui {

enum class Panel {
  kHeader,
  kLevel,
  kSound,
  kKeywords,
  kHistory,
  kDetections,
  kLatency,
  kHealth,
  kModels,
  kKeys
};
inline constexpr std::size_t kPanels = 10;

struct Layout {
  std::array<Rect, kPanels> rects{};  // empty: not shown

  [[nodiscard]] const Rect& of(Panel panel) const { return rects[static_cast<std::size_t>(panel)]; }
  [[nodiscard]] Rect& of(Panel panel) { return rects[static_cast<std::size_t>(panel)]; }
  [[nodiscard]] bool shows(Panel panel) const { return !of(panel).empty(); }
};

/// Every rectangle lies on the screen and no two overlap, at any size. A 1×1 screen has a header.
/// `labels` and `models` are how many there are.
[[nodiscard]] Layout lay_out(Size screen, int labels, int models);

/// Columns in which a keyword panel of this size lists its labels: as few as fit, for long bars.
[[nodiscard]] int keyword_columns(Size panel, int labels);

}  // namespace kws::tui
