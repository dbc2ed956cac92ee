// SPDX-License-Identifier: MIT
//
// One model at work: samples → feature rows → context → posteriors → detections, on one thread,
// without a clock. The live recogniser swaps lanes; the offline measures run the very same one.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/realtime.h"
#include "base/units.h"
#include "decide/detector.h"
#include "engine/plan.h"
#include "features/extractor.h"
#include "pack/model_pack.h"

namespace kws::lane {

/// What one hop gave. The spans live in the lane and are valid until its next call.
struct Hop {
  SamplePosition end = 0;             // position just behind the newest sample of the row
  std::span<const float> row;         // [bins], not normalised; not finite where the sound was not
  std::span<const float> posteriors;  // [labels]; empty until the first whole context
  std::span<const float> scores;      // [labels], smoothed; empty likewise
  std::optional<decide::Detection> detection;
  std::chrono::nanoseconds features_time{0};
  std::chrono::nanoseconds inference_time{0};
  std::chrono::nanoseconds decision_time{0};
};

class Lane {
 public:
  /// Builds features, plan and detector for `pack`. Throws ModelError when the parts of the pack do
  /// not fit together, and what they throw themselves. Not real-time.
  explicit Lane(const pack::ModelPack& pack);
  /// Both ways of execution give the same bits; the whole window is for comparing.
  Lane(const pack::ModelPack& pack, const decide::Settings& settings,
       engine::Execution execution = engine::Execution::kIncremental);

  /// The next sample that feed() gets is at this position; everything heard before is forgotten
  /// (a start, or a gap in the sound).
  void start_at(SamplePosition position) noexcept KWS_REALTIME;

  /// Position of the next sample that feed() wants.
  [[nodiscard]] SamplePosition position() const noexcept KWS_REALTIME;

  /// Takes samples from the front of `samples` up to the end of the next hop, and no further;
  /// returns how many it took, always > 0 unless `samples` is empty. Then, if a hop is complete,
  /// `hop` has it. Call until all are taken.
  std::size_t feed(std::span<const float> samples, std::optional<Hop>& hop) noexcept KWS_REALTIME;

  [[nodiscard]] const std::string& name() const noexcept;
  [[nodiscard]] const std::vector<std::string>& labels() const noexcept;
  [[nodiscard]] const features::FeatureSpec& feature_spec() const noexcept;
  [[nodiscard]] decide::Detector& detector() noexcept KWS_REALTIME;
  [[nodiscard]] std::size_t arena_bytes() const noexcept KWS_REALTIME;
  /// Samples that warm a fresh lane completely: a context and the smoothing window before it. A
  /// lane that has heard so many has the same scores as one that has always listened.
  [[nodiscard]] std::size_t history_samples() const noexcept KWS_REALTIME;

 private:
  std::string name_;
  std::vector<std::string> labels_;
  features::FeatureStream stream_;
  engine::Plan plan_;
  decide::Detector detector_;
  std::size_t history_samples_;
  SamplePosition position_ = 0;

  std::vector<float> row_;
  std::vector<float> posteriors_;
};

}  // namespace kws::lane
