// SPDX-License-Identifier: MIT
//
// The help that `?` lays over the middle of the screen.
#include <algorithm>
#include <array>
#include <string_view>

#include "tui/panels.h"

namespace kws::tui {
namespace {

struct Line {
  std::string_view left;
  std::string_view right;
};

constexpr std::array<Line, 19> kLines{{
    {"keys", ""},
    {"q  Ctrl-C", "quit"},
    {"space", "pause and go on"},
    {"+  -", "thresholds up or down by 0.05"},
    {"b", "switch to the next model"},
    {"Ctrl-L", "draw the screen anew"},
    {"?  Esc", "this help"},
    {"", ""},
    {"what is shown", ""},
    {"level", "loudness of the last hop, 0 dB is full scale"},
    {"sound", "spectrogram: a column is 0.1 s, low tones below"},
    {"keywords", "smoothed posterior, │ is the threshold"},
    {"detections", "when, what, score, delay after the sound"},
    {"capture", "from the microphone to the recogniser"},
    {"end to end", "from the last sample of a hop to its decision"},
    {"ring", "sound that waits for the recogniser"},
    {"overruns", "times that sound was lost on its way in"},
    {"hops lost", "steps never computed because of that"},
    {"missed", "detections that this screen was too slow to show"},
}};
constexpr int kNameWidth = 12;
constexpr int kWidth = 64;

}  // namespace

void draw_help(Area screen) {
  const int width = std::min(kWidth, screen.width());
  const int height = std::min(static_cast<int>(kLines.size()) + 2, screen.height());
  Area box =
      screen.part({(screen.width() - width) / 2, (screen.height() - height) / 2, width, height});
  box.fill({0, 0, width, height}, U' ');
  const bool framed = width >= 20 && height >= 5;
  if (framed) {
    const Style frame{Ink::kFaint};
    box.fill({0, 0, width, 1}, U'─', frame);
    box.fill({0, height - 1, width, 1}, U'─', frame);
    box.fill({0, 0, 1, height}, U'│', frame);
    box.fill({width - 1, 0, 1, height}, U'│', frame);
    box.put(0, 0, U'╭', frame);
    box.put(width - 1, 0, U'╮', frame);
    box.put(0, height - 1, U'╰', frame);
    box.put(width - 1, height - 1, U'╯', frame);
    box.text(2, 0, " help ", {Ink::kTitle, Ink::kPlain, true});
    box.text_right(width - 2, height - 1, " any key goes back ", frame, 2);
  }
  Area inside = framed ? box.part({2, 1, width - 4, height - 2}) : box;
  int y = 0;
  for (const auto& line : kLines) {
    if (y >= inside.height()) break;
    const bool heading = line.right.empty();
    inside.text(0, y, line.left, {heading ? Ink::kTitle : Ink::kKeyword, Ink::kPlain, heading},
                heading ? inside.width() : kNameWidth);
    inside.text(kNameWidth, y, line.right);
    ++y;
  }
}

}  // namespace kws::tui
