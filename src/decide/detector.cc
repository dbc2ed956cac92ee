// SPDX-License-Identifier: MIT
#include "decide/detector.h"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <utility>

#include "base/error.h"

namespace kws::decide {
namespace {

constexpr float kNever = 2.0F;  // a threshold that no score reaches

std::int64_t samples(double ms, std::int64_t sample_rate_hz) {
  return to_samples(std::chrono::duration<double, std::milli>(ms),
                    Hertz{static_cast<double>(sample_rate_hz)});
}

}  // namespace

Detector::Detector(const Settings& settings, std::vector<std::string> labels,
                   std::int64_t sample_rate_hz, std::int64_t hop_samples,
                   std::int64_t context_samples)
    : smoothing_samples_(samples(settings.smoothing_ms, sample_rate_hz)),
      refractory_samples_(samples(settings.refractory_ms, sample_rate_hz)),
      context_samples_(context_samples),
      rearm_ratio_(static_cast<float>(settings.rearm_ratio)),
      patience_(settings.patience),
      min_scores_(static_cast<std::size_t>(settings.min_scores)) {
  validate(settings, labels);
  if (labels.empty()) throw ConfigError("a detector without labels decides nothing");
  if (sample_rate_hz < 1 || hop_samples < 1 || context_samples < 1) {
    throw ConfigError("a detector needs a sample rate, a hop and a context above 0");
  }
  // Ends lie in (now - smoothing, now]; the newest is always in.
  const std::int64_t slots =
      std::max<std::int64_t>((smoothing_samples_ + hop_samples - 1) / hop_samples, 1);
  if (settings.min_scores > slots) {
    throw ConfigError("decide.min_scores is " + std::to_string(settings.min_scores) +
                      ", but decide.smoothing_ms holds only " + std::to_string(slots) +
                      " scores of this model's hop: lower the one or raise the other");
  }
  ends_.resize(static_cast<std::size_t>(slots));
  posteriors_.resize(static_cast<std::size_t>(slots) * labels.size());
  keywords_.resize(labels.size());
  sums_.resize(labels.size());
  scores_.resize(labels.size());
  for (const auto& label : labels) {
    const auto own = settings.thresholds.find(label);
    const double threshold = own != settings.thresholds.end() ? own->second : settings.threshold;
    thresholds_.push_back(is_keyword(label) ? static_cast<float>(threshold) : kNever);
  }
  own_thresholds_ = thresholds_;
}

std::optional<Detection> Detector::push(std::span<const float> posteriors,
                                        SamplePosition end) noexcept {
  assert(posteriors.size() == scores_.size());
  if (last_ && end <= *last_) return std::nullopt;
  const auto context = static_cast<SamplePosition>(context_samples_);
  if (end < start_ || end - start_ < context) return std::nullopt;  // warming up
  last_ = end;
  remember(posteriors, end);
  smooth();
  if (count_ < min_scores_) {  // a hole in the sound: no score to go by, so no row of scores
    for (auto& keyword : keywords_) keyword.streak = 0;
    return std::nullopt;
  }
  const auto label = choose(end);
  if (!label) return std::nullopt;
  fired_ = end;
  keywords_[*label].armed = false;
  return describe(*label, end);
}

void Detector::remember(std::span<const float> posteriors, SamplePosition end) noexcept {
  const auto too_old = [&](SamplePosition position) {
    return end - position >= static_cast<SamplePosition>(smoothing_samples_);
  };
  while (count_ > 0 && (too_old(ends_[oldest_]) || count_ == ends_.size())) {
    oldest_ = slot(1);
    --count_;
  }
  const std::size_t at = slot(count_++);
  ends_[at] = end;
  std::transform(posteriors.begin(), posteriors.end(),
                 posteriors_.begin() + static_cast<std::ptrdiff_t>(at * scores_.size()),
                 [](float p) { return p >= 0.0F ? std::min(p, 1.0F) : 0.0F; });
}

/// Sums anew each time, oldest first: a running sum would carry the past of the stream in its
/// rounding, and a lane warmed up on the same history would not agree with it.
void Detector::smooth() noexcept {
  std::fill(sums_.begin(), sums_.end(), 0.0);
  for (std::size_t i = 0; i < count_; ++i) {
    const float* row = posteriors_.data() + slot(i) * sums_.size();
    for (std::size_t label = 0; label < sums_.size(); ++label) {
      sums_[label] += static_cast<double>(row[label]);
    }
  }
  for (std::size_t label = 0; label < sums_.size(); ++label) {
    scores_[label] = static_cast<float>(sums_[label] / static_cast<double>(count_));
  }
}

/// Keeps count of every keyword; of those that may fire, the one with the highest score.
std::optional<std::uint32_t> Detector::choose(SamplePosition end) noexcept {
  const bool refractory =
      fired_ && end - *fired_ < static_cast<SamplePosition>(refractory_samples_);
  std::optional<std::uint32_t> best;
  for (std::size_t label = 0; label < keywords_.size(); ++label) {
    Keyword& keyword = keywords_[label];
    const float score = scores_[label];
    const float threshold = thresholds_[label];
    if (score < rearm_ratio_ * threshold) keyword.armed = true;
    keyword.streak = score >= threshold ? std::min(keyword.streak + 1, patience_) : 0;
    if (refractory || !keyword.armed || keyword.streak < patience_) continue;
    if (!best || score > scores_[*best]) best = static_cast<std::uint32_t>(label);
  }
  return best;
}

/// Of the contexts whose posterior reached the smoothed score, all contain the word; so it lies in
/// what they have in common: from the start of the newest to the end of the oldest.
Detection Detector::describe(std::uint32_t label, SamplePosition end) const noexcept {
  Detection detection{
      .label = label, .score = scores_[label], .start = end, .end = end, .time = end};
  std::optional<SamplePosition> first;
  SamplePosition last = end;
  for (std::size_t i = 0; i < count_; ++i) {
    // The mean's own rounding must not hide the case that all are equal.
    if (posteriors_[slot(i) * scores_.size() + label] < scores_[label] - 1e-6F) continue;
    last = ends_[slot(i)];
    if (!first) first = last;
  }
  const SamplePosition earliest = last - static_cast<SamplePosition>(context_samples_);
  detection.start = std::max(earliest, start_);
  // Longer than a context: no single word, and nothing in common. The newest context, then.
  detection.end = first && *first > detection.start ? *first : last;
  return detection;
}

void Detector::shift_thresholds(float delta) noexcept {
  constexpr float kLowest = 0.01F;
  float least = 1.0F;
  float most = kLowest;
  for (const float own : own_thresholds_) {
    if (own > 1.0F) continue;  // no keyword
    least = std::min(least, own);
    most = std::max(most, own);
  }
  shift_ = std::clamp(shift_ + delta, kLowest - most, 1.0F - least);
  for (std::size_t label = 0; label < thresholds_.size(); ++label) {
    const float own = own_thresholds_[label];
    if (own <= 1.0F) thresholds_[label] = std::clamp(own + shift_, kLowest, 1.0F);
  }
}

void Detector::reset(SamplePosition position) noexcept {
  start_ = position;
  count_ = 0;
  last_.reset();
  fired_.reset();
  std::fill(keywords_.begin(), keywords_.end(), Keyword{});
  std::fill(scores_.begin(), scores_.end(), 0.0F);
}

}  // namespace kws::decide
