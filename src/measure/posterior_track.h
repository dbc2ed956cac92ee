// SPDX-License-Identifier: MIT
//
// The posteriors of a whole recording, computed once and decided on as often as there are
// thresholds to try.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/units.h"
#include "decide/detector.h"
#include "lane/lane.h"
#include "pack/model_pack.h"

namespace kws::measure {

class PosteriorTrack {
 public:
  explicit PosteriorTrack(const pack::ModelPack& pack);

  /// The next samples of the stream through the lane, with the settings of the pack.
  void feed(std::span<const float> samples);

  [[nodiscard]] SamplePosition position() const { return lane_.position(); }
  [[nodiscard]] const std::vector<std::string>& labels() const { return lane_.labels(); }
  [[nodiscard]] Hertz rate() const;

  /// What the lane itself decided on the way.
  [[nodiscard]] const std::vector<decide::Detection>& detections() const { return detections_; }

  /// What it would have decided with other settings. `look` sees the smoothed posteriors of every
  /// hop (shape [labels]).
  [[nodiscard]] std::vector<decide::Detection> replay(
      const decide::Settings& settings,
      const std::function<void(SamplePosition, std::span<const float>)>& look = {}) const;

  [[nodiscard]] double seconds(SamplePosition position) const {
    return to_seconds(position, rate());
  }

 private:
  lane::Lane lane_;
  std::int64_t context_samples_;
  std::vector<SamplePosition> ends_;  // of each hop with posteriors
  std::vector<float> posteriors_;     // shape [hops, labels]
  std::vector<decide::Detection> detections_;
};

/// The settings with one threshold for every keyword.
[[nodiscard]] decide::Settings with_threshold(decide::Settings settings, double threshold);

/// The settings with every threshold multiplied, at most 1.
[[nodiscard]] decide::Settings with_scaled_thresholds(decide::Settings settings, double factor);

/// 0.00, 0.01 … 1.00.
[[nodiscard]] std::vector<double> threshold_steps();

/// 0.50, 0.55 … 1.50.
[[nodiscard]] std::vector<double> scale_steps();

}  // namespace kws::measure
