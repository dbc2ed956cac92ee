// SPDX-License-Identifier: MIT
#include "measure/posterior_track.h"

#include <algorithm>
#include <optional>

namespace kws::measure {

PosteriorTrack::PosteriorTrack(const pack::ModelPack& pack)
    : lane_(pack), context_samples_(pack.features.samples_of(pack.model.graph.input_shape().time)) {
  lane_.start_at(0);
}

Hertz PosteriorTrack::rate() const {
  return Hertz{static_cast<double>(lane_.feature_spec().sample_rate_hz)};
}

void PosteriorTrack::feed(std::span<const float> samples) {
  std::optional<lane::Hop> hop;
  while (!samples.empty()) {
    samples = samples.subspan(lane_.feed(samples, hop));
    if (!hop || hop->posteriors.empty()) continue;
    ends_.push_back(hop->end);
    posteriors_.insert(posteriors_.end(), hop->posteriors.begin(), hop->posteriors.end());
    if (hop->detection) detections_.push_back(*hop->detection);
  }
}

std::vector<decide::Detection> PosteriorTrack::replay(
    const decide::Settings& settings,
    const std::function<void(SamplePosition, std::span<const float>)>& look) const {
  decide::Detector detector(settings, lane_.labels(), lane_.feature_spec().sample_rate_hz,
                            lane_.feature_spec().hop_samples(), context_samples_);
  detector.reset(0);
  std::vector<decide::Detection> detections;
  const auto labels = lane_.labels().size();
  for (std::size_t i = 0; i < ends_.size(); ++i) {
    const auto detection =
        detector.push(std::span(posteriors_).subspan(i * labels, labels), ends_[i]);
    if (look) look(ends_[i], detector.scores());
    if (detection) detections.push_back(*detection);
  }
  return detections;
}

decide::Settings with_threshold(decide::Settings settings, double threshold) {
  settings.threshold = threshold;
  settings.thresholds.clear();
  return settings;
}

decide::Settings with_scaled_thresholds(decide::Settings settings, double factor) {
  settings.threshold = std::min(1.0, factor * settings.threshold);
  for (auto& [word, threshold] : settings.thresholds) {
    threshold = std::min(1.0, factor * threshold);
  }
  return settings;
}

std::vector<double> scale_steps() {
  std::vector<double> steps;
  for (int percent = 50; percent <= 150; percent += 5) steps.push_back(percent / 100.0);
  return steps;
}

std::vector<double> threshold_steps() {
  std::vector<double> steps;
  for (int percent = 0; percent <= 100; ++percent) steps.push_back(percent / 100.0);
  return steps;
}

}  // namespace kws::measure
