// SPDX-License-Identifier: MIT
//
// The dashboard without a terminal: keys go in, a canvas comes out.
#pragma once

#include "tui/canvas.h"
#include "tui/keys.h"
#include "tui/panels.h"
#include "tui/scene.h"

namespace kws::tui {

class Dashboard {
 public:
  explicit Dashboard(Scene& scene) : scene_(scene) {}

  /// Does what the key asks for; false when the person wants to leave.
  [[nodiscard]] bool press(Key key);

  /// Draws the whole screen as it now is.
  void draw(Canvas& canvas, Colours colours) const;

 private:
  Scene& scene_;
  bool help_ = false;
};

}  // namespace kws::tui
