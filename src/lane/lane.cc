// SPDX-License-Identifier: MIT
#include "lane/lane.h"

#include <cassert>

#include "base/error.h"
#include "base/text.h"

namespace kws::lane {
namespace {

using Clock = std::chrono::steady_clock;

/// The plan of `pack`, once it is known to take the pack's rows and to give its labels.
engine::Plan make_plan(const pack::ModelPack& pack, engine::Execution execution) {
  engine::Plan plan(pack.model, {.execution = execution});
  const auto fail = [&](const std::string& what) {
    throw ModelError("model '" + printable(pack.name) + "': " + what);
  };
  const auto bins = static_cast<std::size_t>(pack.features.bins());
  if (plan.bins() != bins) {
    fail("its features have " + std::to_string(bins) + " bins, its network wants " +
         std::to_string(plan.bins()));
  }
  if (plan.labels() != pack.labels.size()) {
    fail("it has " + std::to_string(pack.labels.size()) + " labels, its network gives " +
         std::to_string(plan.labels()) + " posteriors");
  }
  return plan;
}

std::int64_t context_samples(const pack::ModelPack& pack, const engine::Plan& plan) {
  return pack.features.samples_of(static_cast<std::int64_t>(plan.frames()));
}

}  // namespace

Lane::Lane(const pack::ModelPack& pack) : Lane(pack, pack.decide) {}

Lane::Lane(const pack::ModelPack& pack, const decide::Settings& settings,
           engine::Execution execution)
    : name_(pack.name),
      labels_(pack.labels),
      stream_(pack.features),
      plan_(make_plan(pack, execution)),
      detector_(settings, pack.labels, pack.features.sample_rate_hz, pack.features.hop_samples(),
                context_samples(pack, plan_)),
      history_samples_(static_cast<std::size_t>(
          context_samples(pack, plan_) +
          to_samples(std::chrono::duration<double, std::milli>(settings.smoothing_ms),
                     Hertz{static_cast<double>(pack.features.sample_rate_hz)}))),
      row_(plan_.bins()),
      posteriors_(plan_.labels()) {}

void Lane::start_at(SamplePosition position) noexcept {
  position_ = position;
  stream_.reset();
  detector_.reset(position);
  plan_.reset();
}

std::size_t Lane::feed(std::span<const float> samples, std::optional<Hop>& hop) noexcept {
  hop.reset();
  const std::size_t taken = stream_.feed(samples);
  position_ += taken;
  const auto began = Clock::now();
  if (!stream_.next(row_)) return taken;
  const auto features_done = Clock::now();

  hop.emplace();
  hop->end = position_;
  hop->row = row_;
  hop->features_time = features_done - began;
  if (!plan_.push(row_, posteriors_)) return taken;
  const auto inference_done = Clock::now();
  hop->detection = detector_.push(posteriors_, position_);
  hop->posteriors = posteriors_;
  hop->scores = detector_.scores();
  hop->inference_time = inference_done - features_done;
  hop->decision_time = Clock::now() - inference_done;
  return taken;
}

SamplePosition Lane::position() const noexcept { return position_; }
const std::string& Lane::name() const noexcept { return name_; }
const std::vector<std::string>& Lane::labels() const noexcept { return labels_; }
const features::FeatureSpec& Lane::feature_spec() const noexcept { return stream_.spec(); }
decide::Detector& Lane::detector() noexcept { return detector_; }
std::size_t Lane::history_samples() const noexcept { return history_samples_; }
std::size_t Lane::arena_bytes() const noexcept { return plan_.arena_bytes(); }

}  // namespace kws::lane
