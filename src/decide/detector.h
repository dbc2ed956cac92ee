// SPDX-License-Identifier: MIT
//
// Turns posteriors into detections, in audio time: what is decided depends on the sound alone,
// never on when or in what blocks it came. Rules:
// docs/decide.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/realtime.h"
#include "base/units.h"

namespace kws::decide {

/// The `[decide]` table of a model or configuration.
struct Settings {
  double smoothing_ms = 400.0;               // posteriors of this much sound are averaged
  double threshold = 0.8;                    // 0..1, for keywords without one of their own
  std::map<std::string, double> thresholds;  // per keyword, 0..1
  int min_scores = 3;                        // posteriors seen before any decision
  double refractory_ms = 1000.0;             // no second detection, of any keyword, within this
  double rearm_ratio = 0.7;  // a keyword re-arms when its score is below ratio * threshold
  int patience = 1;          // consecutive scores at or above the threshold that are needed

  bool operator==(const Settings&) const = default;
};

/// What each setting may be; settings_toml.cc and validate() hold the same limits.
struct SettingsLimits {
  static constexpr double kMaxMs = 10000.0;  // smoothing and refractory time, from 0
  static constexpr int kMaxCount = 1000;     // min_scores and patience, from 1
};

/// Throws ConfigError naming the key, what was found and the range; also when a threshold names a
/// word that is not among `labels`.
void validate(const Settings& settings, std::span<const std::string> labels);

/// "default", "tensorflow", "micro_speech", "microwakeword", "openwakeword", "precise"
/// (docs/decide.md). Throws ConfigError naming the nearest.
[[nodiscard]] Settings preset(std::string_view name);
[[nodiscard]] const std::vector<std::string>& preset_names();

/// `_unknown_`, `_silence_` and other labels between underscores are never detected.
[[nodiscard]] bool is_keyword(std::string_view label);

struct Detection {
  std::uint32_t label = 0;   // index into the model's labels
  float score = 0.0F;        // smoothed posterior when it fired
  SamplePosition start = 0;  // where the sound that speaks for it began
  SamplePosition end = 0;    // and ended
  SamplePosition time = 0;   // position at which it was decided
};

class Detector {
 public:
  /// warm_up: posteriors whose context is not yet wholly heard are ignored; `context_samples` is
  /// what one context looks at, `hop_samples` what lies between posteriors. Throws ConfigError.
  Detector(const Settings& settings, std::vector<std::string> labels, std::int64_t sample_rate_hz,
           std::int64_t hop_samples, std::int64_t context_samples);

  /// posteriors: shape [labels], for the context that ends at `end`. At most one detection.
  /// Positions grow from push to push, by hop_samples or more; one that does not is ignored. What
  /// is no number counts as 0.
  [[nodiscard]] std::optional<Detection> push(std::span<const float> posteriors,
                                              SamplePosition end) noexcept KWS_REALTIME;

  /// Smoothed posteriors after the latest push: shape [labels]. Zeros while warming up.
  [[nodiscard]] std::span<const float> scores() const noexcept KWS_REALTIME { return scores_; }

  /// Threshold in force for each label (0..1; above 1 for labels that are no keyword).
  [[nodiscard]] std::span<const float> thresholds() const noexcept KWS_REALTIME {
    return thresholds_;
  }

  /// Moves every keyword's threshold by `delta`, kept within 0.01..1. Shifts add up, until all
  /// thresholds are at one end; one that was held there moves on with the others.
  void shift_thresholds(float delta) noexcept KWS_REALTIME;

  /// How far from the settings' the thresholds are, where nothing holds them.
  [[nodiscard]] float threshold_shift() const noexcept { return shift_; }

  /// A gap in the sound: starts over as if new, with a full warm-up; the refractory time of what
  /// was already detected is forgotten too. `position` is where sound goes on.
  void reset(SamplePosition position) noexcept KWS_REALTIME;

 private:
  /// What is remembered of each label.
  struct Keyword {
    bool armed = true;
    int streak = 0;  // scores in a row at or above the threshold
  };

  void remember(std::span<const float> posteriors, SamplePosition end) noexcept;
  void smooth() noexcept;
  [[nodiscard]] std::optional<std::uint32_t> choose(SamplePosition end) noexcept;
  [[nodiscard]] Detection describe(std::uint32_t label, SamplePosition end) const noexcept;
  /// The i-th oldest posteriors that are remembered.
  [[nodiscard]] std::size_t slot(std::size_t i) const noexcept {
    return (oldest_ + i) % ends_.size();
  }

  std::int64_t smoothing_samples_;
  std::int64_t refractory_samples_;
  std::int64_t context_samples_;
  float rearm_ratio_;
  int patience_;
  std::size_t min_scores_;

  // A ring of what lies within the smoothing time.
  std::vector<SamplePosition> ends_;
  std::vector<float> posteriors_;  // shape [slots, labels]
  std::size_t oldest_ = 0;
  std::size_t count_ = 0;

  SamplePosition start_ = 0;             // where the sound that we know begins
  std::optional<SamplePosition> last_;   // position of the latest push that was not ignored
  std::optional<SamplePosition> fired_;  // position of the latest detection
  std::vector<Keyword> keywords_;        // by label
  std::vector<double> sums_;             // by label
  std::vector<float> scores_;
  std::vector<float> thresholds_;      // in force
  std::vector<float> own_thresholds_;  // before they were moved
  float shift_ = 0.0F;
};

}  // namespace kws::decide
