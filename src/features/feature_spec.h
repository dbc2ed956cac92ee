// SPDX-License-Identifier: MIT
//
// The definition of a front end. It is stored in every model and compared at load, so what a
// network learnt on is what it later hears. Formulas: docs/features.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kws::features {

enum class Kind : std::uint8_t { kMfcc, kLogMel };
enum class Spectrum : std::uint8_t { kMagnitude, kPower };
enum class DctScale : std::uint8_t { kTensorFlow, kOrthonormal };

[[nodiscard]] std::string_view to_string(Kind kind);          // "mfcc", "logmel"
[[nodiscard]] std::string_view to_string(Spectrum spectrum);  // "magnitude", "power"
[[nodiscard]] std::string_view to_string(DctScale scale);     // "tensorflow", "orthonormal"

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

  /// True when both give the same rows for the same sound: coeffs and dct count for mfcc only.
  bool operator==(const FeatureSpec& other) const;
};

/// Wide enough for every front end worth trying, narrow enough that a hostile model file cannot ask
/// for tables of gigabytes. A hop may be longer than a frame: then sound between frames is skipped.
struct SpecLimits {
  static constexpr int kMinRateHz = 4000;
  static constexpr int kMaxRateHz = 48000;
  static constexpr double kMinMs = 1.0;
  static constexpr double kMaxMs = 200.0;
  static constexpr int kMaxMels = 256;
};

struct SpecProblem {
  std::string key;   // "mels", without the table's name
  std::string text;  // "is 0, must be from 1 to 256"
};

/// The first thing that makes `spec` impossible, if any.
[[nodiscard]] std::optional<SpecProblem> find_problem(const FeatureSpec& spec);

/// Throws ConfigError naming the key ("features.mels"), what was found and the range wanted.
void validate(const FeatureSpec& spec);

}  // namespace kws::features
