// SPDX-License-Identifier: MIT
//
// Turns frames of sound into feature rows. The trainer and the recogniser share this code, so what
// the network learnt on is what it later hears.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "base/realtime.h"
#include "features/feature_spec.h"

namespace kws::features {

/// What is added to every band before the logarithm, so that silence is ln(1e-6) = -13.8.
inline constexpr float kLogFloor = 1e-6F;

/// Rows of features: [frames, bins], row-major, oldest first.
struct FeatureMatrix {
  std::size_t frames = 0;
  std::size_t bins = 0;
  std::vector<float> values;

  [[nodiscard]] std::span<const float> row(std::size_t frame) const {
    return std::span(values).subspan(frame * bins, bins);
  }
};

class FeatureExtractor {
 public:
  /// Validates the spec, plans the FFT, builds the tables. Throws ConfigError. Safe to call from
  /// several threads (FFTW's planner, which is not, is locked inside); not real-time.
  explicit FeatureExtractor(const FeatureSpec& spec);
  ~FeatureExtractor();
  FeatureExtractor(FeatureExtractor&&) noexcept;
  FeatureExtractor& operator=(FeatureExtractor&&) noexcept;

  [[nodiscard]] const FeatureSpec& spec() const noexcept;

  /// samples: shape [frame_samples], mono, -1..1.   row: shape [bins].
  /// Every output is finite while the samples are finite and within +-1e12: energy is floored
  /// before the log. A sample that is not finite spoils every row it is part of, visibly (NaN or
  /// infinity); what reads sound replaces such samples by 0 and counts them.
  void extract(std::span<const float> samples, std::span<float> row) noexcept KWS_REALTIME;

  /// All frames of a clip, without padding. Empty when it is shorter than a frame.
  [[nodiscard]] FeatureMatrix extract_clip(std::span<const float> samples);

 private:
  struct Tables;
  std::unique_ptr<Tables> tables_;
};

/// The streaming form: takes blocks of any size, gives the same rows, bit for bit, as
/// extract_clip() over all of them at once.
class FeatureStream {
 public:
  /// Throws ConfigError. Not real-time.
  explicit FeatureStream(const FeatureSpec& spec);

  [[nodiscard]] const FeatureSpec& spec() const noexcept { return extractor_.spec(); }

  /// Samples to feed until next() has another row: never more than a frame or a hop, whichever is
  /// longer; 0 while next() has one.
  [[nodiscard]] std::size_t samples_wanted() const noexcept KWS_REALTIME;

  /// Takes samples from the front, at most samples_wanted(); returns how many it took.
  std::size_t feed(std::span<const float> samples) noexcept KWS_REALTIME;

  /// Writes the next row if a whole frame has come; false otherwise.
  [[nodiscard]] bool next(std::span<float> row) noexcept KWS_REALTIME;

  /// Forgets everything: the next sample is the first of a frame.
  void reset() noexcept KWS_REALTIME;

 private:
  FeatureExtractor extractor_;
  std::size_t hop_;
  std::vector<float> frame_;  // shape [frame_samples], oldest first, filled_ of them valid
  std::size_t filled_ = 0;
  std::size_t skip_ = 0;  // samples to drop before the next frame, when hops are longer than frames
};

}  // namespace kws::features
