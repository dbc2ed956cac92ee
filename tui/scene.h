// SPDX-License-Identifier: MIT
//
// What the dashboard knows: the newest state, and what it kept of the streams. Taken from the
// telemetry once a frame; the panels draw from it and from nothing else. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "base/event_ring.h"
#include "live/commands.h"
#include "live/telemetry.h"
#include "tui/level_meter.h"
#include "tui/strip.h"

namespace kws::tui {

enum class Phase { kWaiting, kWarmingUp, kListening, kPaused, kStalled, kEnded, kLost };

class Scene {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::size_t kLogged = 500;

  struct Found {
    live::DetectionEvent event;
    Time seen{};
  };

  /// `remark` explains the input ("no microphone: demo recording"), "" if there is nothing to say.
  /// Takes every detection from the first one on. Borrows both; one Scene may read a Telemetry.
  Scene(live::Commands& commands, live::Telemetry& telemetry, std::string remark);

  /// Takes all news.
  void refresh(Time now);

  // What the person asked for. It is shown at once, before the recogniser has done it.
  void toggle_pause();
  void shift_thresholds(float delta);
  void switch_to_next_model();

  [[nodiscard]] Time now() const { return now_; }
  [[nodiscard]] const live::State& state() const { return state_; }
  [[nodiscard]] Phase phase() const;

  [[nodiscard]] const std::string& input() const { return input_; }
  [[nodiscard]] const std::string& remark() const { return remark_; }
  [[nodiscard]] const std::vector<live::ModelInfo>& models() const { return models_; }
  /// The model at work; nullptr if the state names one that nobody knows.
  [[nodiscard]] const live::ModelInfo* model() const;
  /// Labels of the state's posteriors.
  [[nodiscard]] int labels() const;
  [[nodiscard]] std::string label_name(int label) const;
  [[nodiscard]] bool is_keyword(int label) const;

  [[nodiscard]] const LevelMeter& level() const { return level_; }
  [[nodiscard]] const Strip& strip() const { return strip_; }
  /// Newest last.
  [[nodiscard]] const std::deque<Found>& found() const { return found_; }
  /// Detections ever taken from the stream.
  [[nodiscard]] std::uint64_t detections_seen() const { return detections_seen_; }
  /// Detections overwritten before this reader came to them.
  [[nodiscard]] std::uint64_t missed_detections() const { return detections_.missed(); }

  /// Clocks, memory and ring fill of the last full second: figures that flicker cannot be read.
  [[nodiscard]] const live::State& steady() const { return steady_; }

  /// What to tell the person now, "" if nothing: an answer to a key, or the recogniser's notice.
  [[nodiscard]] const std::string& message() const { return message_; }
  [[nodiscard]] bool message_is_warning() const { return message_is_warning_; }

 private:
  void answer(std::string message);

  live::Commands& commands_;
  live::Telemetry& telemetry_;
  EventRing<live::RowEvent>::Reader rows_;
  EventRing<live::PosteriorEvent>::Reader posteriors_;
  EventRing<live::DetectionEvent>::Reader detections_;
  std::vector<live::ModelInfo> models_;
  std::string input_;
  std::string remark_;

  Time now_{};
  Time last_news_{};
  Time last_steady_{};
  bool any_news_ = false;
  live::State state_;
  live::State steady_;
  LevelMeter level_;
  Strip strip_;
  std::deque<Found> found_;
  std::uint64_t detections_seen_ = 0;

  std::optional<bool> pause_asked_;         // until the state agrees
  std::optional<std::size_t> model_asked_;  // likewise
  std::string answer_;
  Time answer_until_{};
  std::string message_;
  bool message_is_warning_ = false;
};

}  // namespace kws::tui
