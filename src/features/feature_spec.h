// SPDX-License-Identifier: MIT
//
// The definition of a front end. It is stored in every model and compared at load, so what a
// network learnt on is what it later hears. Formulas: docs/features.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace kws::features {

enum class Kind : std::uint8_t { kMfcc, kLogMel };
enum class Spectrum : std::uint8_t { kMagnitude, kPower };
enum class DctScale : std::uint8_t { kTensorFlow, kOrthonormal };

[[nodiscard]] std::string_view to_string(Kind kind);  // "mfcc", "logmel"

struct FeatureSpec {
  Kind kind = Kind::kMfcc;
  int sample_rate_hz = 16000;
  double frame_ms = 40.0;
  double hop_ms = 20.0;
  int mels = 40;
  int coeffs = 40;  // mfcc only: the first of `mels`; logmel ignores it
  double f_lo_hz = 20.0;
  double f_hi_hz = 4000.0;
  Spectrum spectrum = Spectrum::kMagnitude;
  DctScale dct = DctScale::kTensorFlow;

  [[nodiscard]] int frame_samples() const;  // rounded to the nearest
  [[nodiscard]] int hop_samples() const;
  /// Values in a feature row: coeffs (mfcc) or mels (logmel).
  [[nodiscard]] int bins() const { return kind == Kind::kMfcc ? coeffs : mels; }
  /// Rows that `samples` give: 1 + floor((samples - frame) / hop), 0 when shorter than a frame.
  [[nodiscard]] std::int64_t frames_in(std::int64_t samples) const;
  /// Samples that `frames` rows look at.
  [[nodiscard]] std::int64_t samples_of(std::int64_t frames) const;

  bool operator==(const FeatureSpec&) const = default;
};

/// Throws ConfigError naming the key ("features.mels"), what was found and the range wanted.
void validate(const FeatureSpec& spec);

}  // namespace kws::features
