// SPDX-License-Identifier: MIT
//
// The panels: each draws one part of the scene into the area that it is given, whatever its size,
// and decides nothing. One file a panel. What they look like: docs/dashboard.md.
#pragma once

#include <cstdint>
#include <string_view>

#include "tui/canvas.h"
#include "tui/scene.h"

namespace kws::tui {

/// How many colours there are: none, the eight that every colour terminal has, or 256 and more.
enum class Colours { kNone, kFew, kMany };

void draw_header(Area area, const Scene& scene);
void draw_level(Area area, const Scene& scene);
void draw_sound(Area area, const Scene& scene, Colours colours);
void draw_keywords(Area area, const Scene& scene);
void draw_history(Area area, const Scene& scene, Colours colours);
void draw_detections(Area area, const Scene& scene);
void draw_latency(Area area, const Scene& scene);
void draw_health(Area area, const Scene& scene);
void draw_models(Area area, const Scene& scene);
void draw_keys(Area area, const Scene& scene);
void draw_help(Area screen);

/// "─ title ───── note ─": the first row of a panel.
void draw_title(Area& area, std::string_view title, std::string_view note = {});

/// 0 quiet … 255 loud as the ground of a cell, or as a character where there is no colour.
void draw_shade(Area& area, int x, int y, std::uint8_t energy, Colours colours);

/// What a strip looks like where nothing was heard.
[[nodiscard]] Style quiet_style(Colours colours);

/// The heat of a cell: 0..kHeatLevels - 1.
[[nodiscard]] constexpr int heat_level(std::uint8_t energy) { return energy * kHeatLevels / 256; }

/// A blank of this heat. Its ink is the cursor's: changing inks is what costs bytes.
[[nodiscard]] constexpr Style shade_style(int level) { return {Ink::kFaint, heat(level)}; }

/// A line that is full up to `fraction` (0..1, half cells where the charset has them).
void draw_bar(Area& area, int x, int y, int width, double fraction, Style full);

}  // namespace kws::tui
