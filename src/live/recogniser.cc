// SPDX-License-Identifier: MIT
#include "live/recogniser.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace kws::live {
namespace {

using Clock = std::chrono::steady_clock;

/// A new lane may be so far behind and still be taken: the recogniser catches up with this much
/// sound at one go, which the ring in front of it absorbs.
constexpr double kMostCatchUpSeconds = 0.5;

/// What the spectrogram strip shows, whatever the model looks at.
features::FeatureSpec strip_spec(Hertz rate) {
  features::FeatureSpec spec;
  spec.kind = features::Kind::kLogMel;
  spec.sample_rate_hz = static_cast<int>(rate.value);
  spec.frame_ms = 40.0;
  spec.hop_ms = 20.0;
  spec.mels = 40;
  spec.f_lo_hz = 20.0;
  spec.f_hi_hz = std::min(7600.0, 0.475 * rate.value);
  return spec;
}
static_assert(kMaxBins >= 40);

void copy_values(std::span<const float> from, std::array<float, kMaxLabels>& into) noexcept {
  const auto count = std::min(from.size(), into.size());
  std::copy_n(from.begin(), count, into.begin());
  std::fill(into.begin() + static_cast<std::ptrdiff_t>(count), into.end(), 0.0F);
}

}  // namespace

Recogniser::Recogniser(std::unique_ptr<LiveLane> first, const Options& options,
                       Telemetry& telemetry)
    : telemetry_(telemetry),
      rate_(first->rate),
      at_work_(std::move(first)),
      history_(std::max<std::size_t>(options.history_samples, 2 * at_work_->warm_up_samples())),
      rows_wanted_(options.rows),
      rows_(strip_spec(rate_)) {
  state_.sample_rate_hz = rate_.value;
  restart(0);
  publish();
}

Recogniser::~Recogniser() = default;

std::size_t Recogniser::samples_to_next_hop() const noexcept {
  const auto position = at_work_->lane.position();
  const auto first_end = history_.origin() + at_work_->frame_samples;
  if (position < first_end) return first_end - position;
  return at_work_->hop_samples - (position - first_end) % at_work_->hop_samples;
}

std::optional<TimePoint> Recogniser::captured_at(SamplePosition position) const noexcept {
  if (!block_captured_) return std::nullopt;
  const auto before_end =
      static_cast<double>(block_end_) - static_cast<double>(position);  // may be negative
  return *block_captured_ - std::chrono::duration_cast<Clock::duration>(
                                std::chrono::duration<double>(before_end / rate_.value));
}

void Recogniser::push(std::span<const float> samples, std::optional<TimePoint> captured) noexcept {
  block_end_ = position() + samples.size();
  block_captured_ = captured;
  take_lane();
  while (!samples.empty()) {
    const auto count = std::min(samples.size(), scratch_.size());
    for (std::size_t i = 0; i < count; ++i) {
      const bool finite = std::isfinite(samples[i]);
      scratch_[i] = finite ? samples[i] : 0.0F;
      if (!finite) ++non_finite_;
    }
    samples = samples.subspan(count);
    feed(std::span<const float>(scratch_).first(count));
  }
}

void Recogniser::feed(std::span<const float> samples) noexcept {
  while (!samples.empty()) {
    const auto begun = Clock::now();
    std::optional<lane::Hop> hop;
    const auto taken = samples.first(at_work_->lane.feed(samples, hop));
    samples = samples.subspan(taken.size());
    levels_.add(taken);
    history_.append(taken);
    if (hop) {
      finish_hop(*hop, begun);
      take_lane();
    }
    if (rows_wanted_) show_row(taken);
  }
}

void Recogniser::show_row(std::span<const float> samples) noexcept {
  while (!samples.empty()) {
    samples = samples.subspan(rows_.feed(samples));
    RowEvent row;
    row.bins = static_cast<std::uint32_t>(rows_.spec().bins());
    if (rows_.next(std::span(row.values).first(row.bins))) {
      row.end = row_end_;
      row_end_ += static_cast<SamplePosition>(rows_.spec().hop_samples());
      telemetry_.rows.push(row);
    }
  }
}

void Recogniser::finish_hop(const lane::Hop& hop, TimePoint begun) noexcept {
  history_.set_boundary(hop.end);
  ++state_.hops;
  state_.warming_up = hop.posteriors.empty();
  copy_values(hop.posteriors, state_.posteriors);
  copy_values(hop.scores, state_.scores);
  state_.peak = levels_.peak();
  state_.rms = levels_.rms();
  state_.clipped = levels_.clipped();
  levels_.clear();

  if (!hop.posteriors.empty()) {
    PosteriorEvent event;
    event.end = hop.end;
    event.lane = at_work_->model;
    event.labels = static_cast<std::uint32_t>(hop.posteriors.size());
    event.posteriors = state_.posteriors;
    telemetry_.posteriors.push(event);
  }
  if (hop.detection) detected(*hop.detection, begun);

  clocks_.add(Stage::kFeatures, hop.features_time);
  if (!hop.posteriors.empty()) {
    clocks_.add(Stage::kInference, hop.inference_time);
    clocks_.add(Stage::kDecision, hop.decision_time);
  }
  if (block_captured_) {
    clocks_.add(Stage::kCapture, begun - *block_captured_);
    clocks_.add(Stage::kEndToEnd, Clock::now() - *captured_at(hop.end));
  }
  clocks_.refresh_next(state_.clocks);
  publish();
}

void Recogniser::detected(const decide::Detection& detection, TimePoint begun) noexcept {
  if (detection.time < silent_until_) return;
  last_detection_ = detection.time;
  ++state_.detections;
  DetectionEvent event;
  event.keyword = Name(at_work_->lane.labels()[detection.label]);
  event.model = at_work_->name;
  event.label = detection.label;
  event.score = detection.score;
  event.start_s = to_seconds(detection.start, rate_);
  event.end_s = to_seconds(detection.end, rate_);
  event.time_s = to_seconds(detection.time, rate_);
  // Without a capture clock: from the moment that the last sample needed was at hand.
  const auto since = captured_at(detection.time).value_or(begun);
  event.latency_ms = std::chrono::duration<double, std::milli>(Clock::now() - since).count();
  telemetry_.detections.push(event);
}

bool Recogniser::move_thresholds() noexcept {
  if (threshold_shift_.load(std::memory_order_relaxed) == 0.0F) return false;
  at_work_->lane.detector().shift_thresholds(
      threshold_shift_.exchange(0.0F, std::memory_order_relaxed));
  return true;
}

void Recogniser::put_to_work(LiveLane* lane) noexcept {
  lanes_.give_back(at_work_.release());
  at_work_.reset(lane);
  ++state_.generation;
  silent_until_ = last_detection_ ? *last_detection_ + lane->refractory_samples : 0;
}

void Recogniser::take_lane() noexcept {
  (void)move_thresholds();
  LiveLane* offered = lanes_.take();
  if (offered == nullptr) return;
  const auto now = history_.end();
  const auto most = static_cast<SamplePosition>(kMostCatchUpSeconds * rate_.value);
  if (offered->origin != history_.origin() || now - offered->lane.position() > most ||
      offered->lane.position() < history_.oldest()) {
    offered->stale = true;
    lanes_.give_back(offered);
    return;
  }

  const auto published = history_.boundary();
  put_to_work(offered);

  // What came since it was warmed. Its hops up to the last one published are its predecessor's;
  // those behind it are its own.
  std::array<float, SampleHistory::kMaxAppend> chunk;
  while (offered->lane.position() < now) {
    const auto begun = Clock::now();
    std::span<float> samples(
        chunk.data(), std::min<SamplePosition>(chunk.size(), now - offered->lane.position()));
    if (!history_.copy(offered->lane.position(), samples)) break;  // cannot be: we are the writer
    std::optional<lane::Hop> hop;
    offered->lane.feed(samples, hop);
    if (hop && hop->end > published) {
      finish_hop(*hop, begun);
    } else if (hop && hop->detection) {
      offered->late = hop->detection;
    }
  }
  // A word that the newcomer had heard a moment ago and its predecessor had not reported yet would
  // fall between the two.
  if (offered->late && offered->late->time + offered->smoothing_samples > published) {
    detected(*offered->late, Clock::now());
  }
  publish();
}

void Recogniser::restart(SamplePosition position) noexcept {
  at_work_->lane.start_at(position);
  history_.start_at(position);
  levels_.clear();
  rows_.reset();
  row_end_ = position + static_cast<SamplePosition>(rows_.spec().frame_samples());
  state_.warming_up = true;
  state_.posteriors.fill(0.0F);
  state_.scores.fill(0.0F);
}

void Recogniser::lose(SamplePosition samples, std::uint64_t device_samples) noexcept {
  ++state_.overruns;
  state_.dropped_samples += device_samples;
  // Hops that an unbroken stream would have had between the last one and the first after the gap.
  const auto& lane = *at_work_;
  const auto origin = history_.origin();
  const auto resume = position() + samples;
  const auto from = history_.boundary() > origin ? history_.boundary()
                                                 : origin + lane.frame_samples - lane.hop_samples;
  state_.dropped_hops += (resume + lane.frame_samples - 1 - from) / lane.hop_samples;
  restart(resume);
  publish();
}

void Recogniser::skip(SamplePosition samples) noexcept {
  // Nobody misses what is skipped, so that a lane needs no warming to take over.
  (void)move_thresholds();
  if (LiveLane* offered = lanes_.take()) put_to_work(offered);
  restart(position() + samples);
  state_.peak = 0.0F;
  state_.rms = 0.0F;
  state_.clipped = false;
  publish();
}

void Recogniser::idle() noexcept {
  block_captured_.reset();
  const auto generation = state_.generation;
  const bool moved = move_thresholds();
  take_lane();
  if (!moved && state_.generation == generation && state_.paused == surroundings_.paused &&
      state_.loops == surroundings_.loops) {
    return;
  }
  publish();
}

void Recogniser::finish() noexcept {
  clocks_.refresh_all(state_.clocks);
  publish();
}

void Recogniser::shift_thresholds(float delta) noexcept {
  float before = threshold_shift_.load(std::memory_order_relaxed);
  while (
      !threshold_shift_.compare_exchange_weak(before, before + delta, std::memory_order_relaxed)) {
  }
}

void Recogniser::publish() noexcept {
  const auto& lane = *at_work_;
  state_.position = position();
  state_.audio_s = to_seconds(position(), rate_);
  state_.hop_ms = 1e3 * to_seconds(lane.hop_samples, rate_);
  state_.lane = lane.model;
  state_.labels = static_cast<std::uint32_t>(lane.lane.labels().size());
  copy_values(at_work_->lane.detector().thresholds(), state_.thresholds);
  state_.arena_bytes = lane.lane.arena_bytes();
  state_.ring_fill = surroundings_.ring_fill;
  state_.loops = surroundings_.loops;
  state_.resident_bytes = surroundings_.resident_bytes;
  state_.paused = surroundings_.paused;
  state_.source_ended = surroundings_.source_ended;
  state_.source_lost = surroundings_.source_lost;
  state_.non_finite_samples = non_finite_ + surroundings_.non_finite_samples;
  telemetry_.state.back() = state_;
  telemetry_.state.publish();
}

}  // namespace kws::live
