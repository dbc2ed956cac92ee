// SPDX-License-Identifier: MIT
//
// What a front end may be, and the sizes that follow from it.
#include "features/feature_spec.h"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "base/error.h"

namespace kws::features {

namespace {

std::int64_t to_samples(double milliseconds, int sample_rate_hz) {
  return std::llround(milliseconds * sample_rate_hz / 1000.0);
}

/// "6000", "22.5": numbers as people write them.
std::string text_of(double number) {
  std::ostringstream text;
  text.precision(10);
  text << number;
  return text.str();
}

std::optional<SpecProblem> out_of_range(const char* key, double found, double low, double high,
                                        const char* limit = "") {
  if (found >= low && found <= high) return std::nullopt;  // false for NaN
  return SpecProblem{key, "is " + text_of(found) + ", must be from " + text_of(low) + " to " +
                              text_of(high) + limit};
}

}  // namespace

std::string_view to_string(Kind kind) { return kind == Kind::kMfcc ? "mfcc" : "logmel"; }
std::string_view to_string(Spectrum spectrum) {
  return spectrum == Spectrum::kMagnitude ? "magnitude" : "power";
}
std::string_view to_string(DctScale scale) {
  return scale == DctScale::kTensorFlow ? "tensorflow" : "orthonormal";
}

int FeatureSpec::frame_samples() const {
  return static_cast<int>(to_samples(frame_ms, sample_rate_hz));
}
int FeatureSpec::hop_samples() const {
  return static_cast<int>(to_samples(hop_ms, sample_rate_hz));
}

std::int64_t FeatureSpec::frames_in(std::int64_t samples) const {
  if (samples < frame_samples()) return 0;
  return 1 + (samples - frame_samples()) / hop_samples();
}

std::int64_t FeatureSpec::samples_of(std::int64_t frames) const {
  if (frames <= 0) return 0;
  return (frames - 1) * hop_samples() + frame_samples();
}

bool FeatureSpec::operator==(const FeatureSpec& other) const {
  const bool same_bands = kind == other.kind && sample_rate_hz == other.sample_rate_hz &&
                          frame_ms == other.frame_ms && hop_ms == other.hop_ms &&
                          mels == other.mels && f_lo_hz == other.f_lo_hz &&
                          f_hi_hz == other.f_hi_hz && spectrum == other.spectrum;
  return same_bands && (kind == Kind::kLogMel || (coeffs == other.coeffs && dct == other.dct));
}

std::optional<SpecProblem> find_problem(const FeatureSpec& spec) {
  using Limits = SpecLimits;
  // In this order: a later check may rely on what an earlier one has established.
  if (auto problem = out_of_range("sample_rate_hz", spec.sample_rate_hz, Limits::kMinRateHz,
                                  Limits::kMaxRateHz)) {
    return problem;
  }
  if (auto problem = out_of_range("frame_ms", spec.frame_ms, Limits::kMinMs, Limits::kMaxMs)) {
    return problem;
  }
  if (auto problem = out_of_range("hop_ms", spec.hop_ms, Limits::kMinMs, Limits::kMaxMs)) {
    return problem;
  }
  if (auto problem = out_of_range("mels", spec.mels, 1, Limits::kMaxMels)) return problem;
  if (spec.kind == Kind::kMfcc) {
    if (auto problem = out_of_range("coeffs", spec.coeffs, 1, spec.mels, " (features.mels)")) {
      return problem;
    }
  }
  if (auto problem = out_of_range("f_hi_hz", spec.f_hi_hz, 1, spec.sample_rate_hz / 2.0,
                                  " (half of features.sample_rate_hz)")) {
    return problem;
  }
  if (!(spec.f_lo_hz >= 0.0 && spec.f_lo_hz < spec.f_hi_hz)) {
    return SpecProblem{"f_lo_hz", "is " + text_of(spec.f_lo_hz) + ", must be from 0 to less than " +
                                      text_of(spec.f_hi_hz) + " (features.f_hi_hz)"};
  }
  return std::nullopt;
}

void validate(const FeatureSpec& spec) {
  if (const auto problem = find_problem(spec)) {
    throw ConfigError("'features." + problem->key + "' " + problem->text);
  }
}

}  // namespace kws::features
