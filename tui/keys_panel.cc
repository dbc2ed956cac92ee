// SPDX-License-Identifier: MIT
//
// The last row: what the recogniser has to say, or which keys there are.
#include <array>
#include <string_view>

#include "tui/panels.h"

namespace kws::tui {

void draw_keys(Area area, const Scene& scene) {
  if (!scene.message().empty()) {
    area.text(1, 0, scene.message(),
              {scene.message_is_warning() ? Ink::kBad : Ink::kPlain, Ink::kPlain,
               scene.message_is_warning()});
    return;
  }
  struct Hint {
    std::string_view key;
    std::string_view meaning;
  };
  const bool paused = scene.phase() == Phase::kPaused;
  const std::array<Hint, 5> hints{{{"q", "quit"},
                                   {"?", "help"},
                                   {"space", paused ? "go on" : "pause"},
                                   {"+/-", "threshold"},
                                   {"b", "other model"}}};
  const std::size_t count = scene.models().size() > 1 ? 5 : 4;
  int x = 1;
  for (std::size_t i = 0; i < count; ++i) {
    const auto& hint = hints[i];
    const int wanted = cells_of(hint.key) + 1 + cells_of(hint.meaning);
    if (x + wanted > area.width()) break;
    x += area.text(x, 0, hint.key, {Ink::kTitle, Ink::kPlain, true}) + 1;
    x += area.text(x, 0, hint.meaning, {Ink::kFaint}) + 3;
  }
}

}  // namespace kws::tui
