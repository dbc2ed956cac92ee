// SPDX-License-Identifier: MIT
#include "tui/scene.h"

#include <algorithm>
#include <utility>

namespace kws::tui {
namespace {

constexpr std::chrono::seconds kSteady{1};
constexpr std::chrono::seconds kStalledAfter{2};
constexpr std::chrono::seconds kAnswerStays{3};

}  // namespace

Scene::Scene(live::Commands& commands, live::Telemetry& telemetry, std::string remark)
    : commands_(commands),
      telemetry_(telemetry),
      rows_(telemetry.rows),
      posteriors_(telemetry.posteriors),
      detections_(telemetry.detections, 0),
      models_(commands.models()),
      input_(commands.input_name()),
      remark_(std::move(remark)) {
  state_.thresholds.fill(2.0F);  // nothing is known to be a keyword yet
}

void Scene::refresh(Time now) {
  now_ = now;
  if (telemetry_.state.refresh()) {
    state_ = telemetry_.state.front();
    strip_.set_sample_rate(state_.sample_rate_hz);
    last_news_ = now;
    if (!any_news_ || now - last_steady_ >= kSteady) {
      steady_ = state_;
      last_steady_ = now;
    }
    any_news_ = true;
  }
  live::RowEvent row;
  while (rows_.next(row)) strip_.add(row);
  live::PosteriorEvent posteriors;
  while (posteriors_.next(posteriors)) strip_.add(posteriors);
  live::DetectionEvent detection;
  while (detections_.next(detection)) {
    ++detections_seen_;
    strip_.add_mark(detection.end_s, std::string(detection.keyword.view()));
    found_.push_back({detection, now});
    if (found_.size() > kLogged) found_.pop_front();
  }

  if (pause_asked_ == state_.paused) pause_asked_.reset();
  if (!commands_.switching()) model_asked_.reset();
  const Phase current = phase();
  if (current == Phase::kListening || current == Phase::kWarmingUp) {
    level_.hear(state_.rms, state_.peak, state_.clipped, now);
  } else {
    level_.fall_silent(now);
  }

  const std::string notice = commands_.notice();
  const bool answering = now < answer_until_;
  message_ = answering ? answer_ : notice;
  message_is_warning_ = !answering && !notice.empty();
}

Phase Scene::phase() const {
  if (state_.source_lost) return Phase::kLost;
  if (pause_asked_.value_or(state_.paused)) return Phase::kPaused;
  if (state_.source_ended) return Phase::kEnded;
  if (!any_news_) return Phase::kWaiting;
  if (now_ - last_news_ > kStalledAfter) return Phase::kStalled;
  return state_.warming_up ? Phase::kWarmingUp : Phase::kListening;
}

const live::ModelInfo* Scene::model() const {
  return state_.lane < models_.size() ? &models_[state_.lane] : nullptr;
}

int Scene::labels() const {
  if (any_news_) return static_cast<int>(std::min<std::size_t>(state_.labels, live::kMaxLabels));
  return model() == nullptr ? 0
                            : static_cast<int>(std::min(model()->labels.size(), live::kMaxLabels));
}

std::string Scene::label_name(int label) const {
  const auto index = static_cast<std::size_t>(label);
  if (model() != nullptr && index < model()->labels.size()) return model()->labels[index];
  return "#" + std::to_string(label);
}

bool Scene::is_keyword(int label) const {
  return state_.thresholds[static_cast<std::size_t>(label)] <= 1.0F;
}

void Scene::toggle_pause() {
  const bool paused = !pause_asked_.value_or(state_.paused);
  pause_asked_ = paused;
  commands_.set_paused(paused);
  last_news_ = now_;  // sound that was held back on purpose has not stalled
}

void Scene::shift_thresholds(float delta) {
  commands_.shift_thresholds(delta);
  answer(delta > 0.0F ? "thresholds raised: fewer false alarms, more words missed"
                      : "thresholds lowered: fewer words missed, more false alarms");
}

void Scene::switch_to_next_model() {
  if (models_.size() < 2) {
    answer("one model is loaded; give --model twice to switch");
    return;
  }
  const auto next = (model_asked_.value_or(state_.lane) + 1) % models_.size();
  model_asked_ = next;
  commands_.switch_to(next);
  answer("switching to " + models_[next].name);
}

void Scene::answer(std::string message) {
  answer_ = std::move(message);
  answer_until_ = now_ + kAnswerStays;
}

}  // namespace kws::tui
