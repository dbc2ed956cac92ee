// SPDX-License-Identifier: MIT
#include "tui/plain_log.h"

#include <algorithm>

#include "base/text.h"
#include "tui/figures.h"

namespace kws::tui {
namespace {

std::string_view word_of(Phase phase) {
  switch (phase) {
    case Phase::kWaiting:
      return "waiting for sound";
    case Phase::kWarmingUp:
      return "warming up";
    case Phase::kListening:
      return "listening";
    case Phase::kPaused:
      return "paused";
    case Phase::kStalled:
      return "no sound comes";
    case Phase::kEnded:
      return "ended";
    case Phase::kLost:
      return "input lost";
  }
  return "";
}

std::string status_line(const Scene& scene) {
  const auto& state = scene.state();
  std::string line = clock_text(state.audio_s) + "  " + std::string(word_of(scene.phase()));
  if (scene.model() != nullptr) line += "  " + printable(scene.model()->name);
  line += "  level " + decibels_text(scene.level().rms_db());
  int best = -1;
  for (int label = 0; label < scene.labels(); ++label) {
    const auto score = [&](int i) { return state.scores[static_cast<std::size_t>(i)]; };
    if (scene.is_keyword(label) && (best < 0 || score(label) > score(best))) best = label;
  }
  if (best >= 0) {
    line += "  best " + printable(scene.label_name(best)) + " " +
            score_text(state.scores[static_cast<std::size_t>(best)]);
  }
  line += "  overruns " + std::to_string(state.overruns) + "  dropped hops " +
          std::to_string(state.dropped_hops) + "  missed " +
          std::to_string(scene.missed_detections());
  return line + "\n";
}

}  // namespace

std::string PlainLog::lines(const Scene& scene) {
  std::string text;
  if (!introduced_) {
    introduced_ = true;
    text += "input " + printable(scene.input());
    if (!scene.remark().empty()) text += " (" + printable(scene.remark()) + ")";
    text += "\n";
    for (const auto& model : scene.models()) text += "model " + printable(model.name) + "\n";
    last_status_ = scene.now();
  }
  const auto& found = scene.found();
  const auto fresh = std::min<std::uint64_t>(scene.detections_seen() - printed_, found.size());
  for (auto i = found.size() - static_cast<std::size_t>(fresh); i < found.size(); ++i) {
    const auto& event = found[i].event;
    text += log_time_text(event.time_s) + "  " + printable(event.keyword.view()) + "  " +
            score_text(event.score) + "  after " + delay_text(event.latency_ms) + "  " +
            printable(event.model.view()) + "\n";
  }
  printed_ = scene.detections_seen();
  if (scene.message_is_warning() && scene.message() != last_notice_) {
    last_notice_ = scene.message();
    text += "notice: " + printable(last_notice_) + "\n";
  }
  if (scene.now() - last_status_ >= status_every_) {
    last_status_ = scene.now();
    text += status_line(scene);
  }
  return text;
}

}  // namespace kws::tui
