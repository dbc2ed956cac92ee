// SPDX-License-Identifier: MIT
#include "lane/lane.h"

#include <algorithm>
#include <cassert>

#include "base/error.h"
#include "base/text.h"

namespace kws::lane {
namespace {

using Clock = std::chrono::steady_clock;

/// The plan of `pack`, once it is known to take the pack's rows and to give its labels.
engine::Plan make_plan(const pack::ModelPack& pack) {
  engine::Plan plan(pack.model);
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

Lane::Lane(const pack::ModelPack& pack, const decide::Settings& settings)
    : name_(pack.name),
      labels_(pack.labels),
      stream_(pack.features),
      plan_(make_plan(pack)),
      detector_(settings, pack.labels, pack.features.sample_rate_hz, pack.features.hop_samples(),
                context_samples(pack, plan_)),
      history_samples_(static_cast<std::size_t>(
          context_samples(pack, plan_) +
          to_samples(std::chrono::duration<double, std::milli>(settings.smoothing_ms),
                     Hertz{static_cast<double>(pack.features.sample_rate_hz)}))),
      ring_(2 * plan_.frames() * plan_.bins()),
      row_(plan_.bins()),
      posteriors_(plan_.labels()) {}

void Lane::start_at(SamplePosition position) noexcept {
  position_ = position;
  stream_.reset();
  detector_.reset(position);
  next_row_ = rows_known_ = 0;
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
  remember_row();
  if (rows_known_ < plan_.frames()) return taken;

  plan_.run_window(context(), posteriors_);
  const auto inference_done = Clock::now();
  hop->detection = detector_.push(posteriors_, position_);
  hop->posteriors = posteriors_;
  hop->scores = detector_.scores();
  hop->inference_time = inference_done - features_done;
  hop->decision_time = Clock::now() - inference_done;
  return taken;
}

void Lane::remember_row() noexcept {
  const std::size_t frames = plan_.frames();
  const std::size_t bins = plan_.bins();
  for (const std::size_t place : {next_row_, next_row_ + frames}) {
    std::copy(row_.begin(), row_.end(), ring_.begin() + static_cast<std::ptrdiff_t>(place * bins));
  }
  next_row_ = (next_row_ + 1) % frames;
  rows_known_ = std::min(rows_known_ + 1, frames);
}

std::span<const float> Lane::context() const noexcept {
  return std::span(ring_).subspan(next_row_ * plan_.bins(), plan_.frames() * plan_.bins());
}

SamplePosition Lane::position() const noexcept { return position_; }
const std::string& Lane::name() const noexcept { return name_; }
const std::vector<std::string>& Lane::labels() const noexcept { return labels_; }
const features::FeatureSpec& Lane::feature_spec() const noexcept { return stream_.spec(); }
decide::Detector& Lane::detector() noexcept { return detector_; }
std::size_t Lane::history_samples() const noexcept { return history_samples_; }
std::size_t Lane::arena_bytes() const noexcept {
  return plan_.arena_bytes() + ring_.size() * sizeof(float);
}

}  // namespace kws::lane
