// SPDX-License-Identifier: MIT
#include "tui/dashboard.h"

#include "tui/layout.h"

namespace kws::tui {
namespace {

constexpr float kThresholdStep = 0.05F;

}  // namespace

bool Dashboard::press(Key key) {
  const bool had_help = help_;
  help_ = false;  // any key closes it, and those that mean something still do
  switch (key) {
    case Key::kQuit:
      return false;
    case Key::kHelp:
      help_ = !had_help;
      break;
    case Key::kPause:
      scene_.toggle_pause();
      break;
    case Key::kRaise:
      scene_.shift_thresholds(kThresholdStep);
      break;
    case Key::kLower:
      scene_.shift_thresholds(-kThresholdStep);
      break;
    case Key::kNextModel:
      scene_.switch_to_next_model();
      break;
    case Key::kRedraw:
      help_ = had_help;
      break;
    case Key::kOther:
      break;
  }
  return true;
}

void Dashboard::draw(Canvas& canvas, Colours colours) const {
  canvas.clear();
  const Size size = canvas.size();
  const auto layout = lay_out(size, scene_.labels(), static_cast<int>(scene_.models().size()));
  const auto draw = [&](Panel panel, auto&& draw_panel) {
    if (layout.shows(panel)) draw_panel(Area(canvas, layout.of(panel)));
  };
  draw(Panel::kHeader, [&](Area area) { draw_header(area, scene_); });
  draw(Panel::kLevel, [&](Area area) { draw_level(area, scene_); });
  draw(Panel::kSound, [&](Area area) { draw_sound(area, scene_, colours); });
  draw(Panel::kKeywords, [&](Area area) { draw_keywords(area, scene_); });
  draw(Panel::kHistory, [&](Area area) { draw_history(area, scene_, colours); });
  draw(Panel::kDetections, [&](Area area) { draw_detections(area, scene_); });
  draw(Panel::kLatency, [&](Area area) { draw_latency(area, scene_); });
  draw(Panel::kHealth, [&](Area area) { draw_health(area, scene_); });
  draw(Panel::kModels, [&](Area area) { draw_models(area, scene_); });
  draw(Panel::kKeys, [&](Area area) { draw_keys(area, scene_); });
  if (help_) draw_help(Area(canvas));
}

}  // namespace kws::tui
