// SPDX-License-Identifier: MIT
//
// One row: the program, the models with the one at work marked, the input, what is going on and
// for how long. The narrower the screen, the less; one cell still shows what is going on.
#include <algorithm>
#include <string>

#include "tui/figures.h"
#include "tui/panels.h"

namespace kws::tui {
namespace {

struct PhaseLook {
  char32_t sign;
  std::string_view word;
  Ink ink;
};

PhaseLook look_of(Phase phase) {
  switch (phase) {
    case Phase::kWaiting:
      return {U'○', "waiting for sound", Ink::kWarn};
    case Phase::kWarmingUp:
      return {U'○', "warming up", Ink::kWarn};
    case Phase::kListening:
      return {U'●', "listening", Ink::kGood};
    case Phase::kPaused:
      return {U'‖', "paused", Ink::kWarn};
    case Phase::kStalled:
      return {U'○', "no sound comes", Ink::kBad};
    case Phase::kEnded:
      return {U'·', "ended", Ink::kFaint};
    case Phase::kLost:
      return {U'×', "input lost", Ink::kBad};
  }
  return {U'?', "", Ink::kPlain};
}

std::string lane_letter(std::size_t lane) {
  return std::string(1, static_cast<char>('A' + static_cast<int>(lane % 26)));
}

/// "file /long/way/to/demo.flac" → "file demo.flac" when it does not fit.
std::string shortened(const std::string& input, int room) {
  const auto path = input.find('/');
  const auto name = input.rfind('/');
  if (cells_of(input) <= room || path == std::string::npos) return input;
  const auto kind = input.rfind(' ', path);
  return (kind == std::string::npos ? "" : input.substr(0, kind + 1)) + input.substr(name + 1);
}

}  // namespace

void draw_header(Area area, const Scene& scene) {
  const auto on_band = [](Ink ink, bool bold = false) { return Style{ink, Ink::kBand, bold}; };
  area.fill({0, 0, area.width(), 1}, U' ', on_band(Ink::kPlain));
  const auto look = look_of(scene.phase());

  // From the right: the time, what is going on.
  int right = area.width() - 1;
  if (area.width() >= 24) {
    const std::string time = clock_text(scene.state().audio_s);
    right -= area.text_right(right, 0, time, on_band(Ink::kPlain));
    right -= 2;
  }
  if (area.width() >= 40) {
    right -= area.text_right(right, 0, look.word, on_band(look.ink, true));
    area.put(right - 2, 0, look.sign, on_band(look.ink, true));
    right -= 4;
  } else {
    const int x = area.width() >= 24 ? right - 1 : std::max(right, 0);
    area.put(x, 0, look.sign, on_band(look.ink, true));
    right = x - 1;
  }

  // From the left: the program, the models, the input.
  const auto text = [&](int x, std::string_view words, Style style) {
    return x < right ? area.text(x, 0, words, style, right - x) : 0;
  };
  int x = 0;
  if (area.width() >= 40) x += text(1, "kws", on_band(Ink::kBrand, true)) + 3;
  const auto& models = scene.models();
  const auto at_work = scene.state().lane;
  if (models.size() > 1 && area.width() >= 60) {
    // All of them when there is room for their names, else letters for those that wait.
    int room = right - x - 16;
    for (const auto& model : models) room -= cells_of(model.name) + 4;
    for (std::size_t lane = 0; lane < models.size(); ++lane) {
      const bool working = lane == at_work;
      const Style style = on_band(working ? Ink::kPlain : Ink::kFaint, working);
      x += text(x, lane_letter(lane), on_band(working ? Ink::kBrand : Ink::kFaint, working));
      if (working || room >= 0) x += 1 + text(x + 1, models[lane].name, style);
      x += working || room >= 0 ? 2 : 1;
    }
  } else if (scene.model() != nullptr) {
    if (area.width() < 40) ++x;
    if (models.size() > 1) {
      x += text(x, lane_letter(at_work), on_band(Ink::kBrand, true)) + 1;
    }
    x += text(x, scene.model()->name, on_band(Ink::kPlain, true)) + 2;
  } else {
    x += text(x, "unknown model", on_band(Ink::kWarn)) + 2;
  }
  if (area.width() >= 50) {
    if (!scene.remark().empty() && right - x > 12) {
      x += text(x, scene.remark(), on_band(Ink::kWarn)) + 2;
    }
    if (right - x > 12) text(x, shortened(scene.input(), right - x), on_band(Ink::kPlain));
  }
}

}  // namespace kws::tui
