// SPDX-License-Identifier: MIT
#include "features/feature_spec_toml.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace kws::features {

namespace {

/// A choice between the enumerators of E, by the names that to_string() gives them.
template <typename E>
E choice_or(const config::Table& table, std::string_view key, E fallback, const E (&all)[2]) {
  std::vector<std::string> names;
  for (const E one : all) names.emplace_back(to_string(one));
  const std::string name = table.choice_or(key, std::string(to_string(fallback)), names);
  return name == names[0] ? all[0] : all[1];
}

}  // namespace

FeatureSpec read_feature_spec(const config::Table& table) {
  using Limits = SpecLimits;
  const auto integer_or = [&](std::string_view key, int fallback, int max) {
    return static_cast<int>(table.integer_or(key, fallback, 1, max));
  };
  FeatureSpec spec;
  spec.kind = choice_or(table, "kind", spec.kind, {Kind::kMfcc, Kind::kLogMel});
  spec.sample_rate_hz = static_cast<int>(table.integer_or("sample_rate_hz", spec.sample_rate_hz,
                                                          Limits::kMinRateHz, Limits::kMaxRateHz));
  spec.frame_ms = table.number_or("frame_ms", spec.frame_ms, Limits::kMinMs, Limits::kMaxMs);
  spec.hop_ms = table.number_or("hop_ms", spec.hop_ms, Limits::kMinMs, Limits::kMaxMs);
  spec.mels = integer_or("mels", spec.mels, Limits::kMaxMels);
  spec.coeffs = integer_or("coeffs", std::min(spec.coeffs, spec.mels), Limits::kMaxMels);
  const double nyquist_hz = spec.sample_rate_hz / 2.0;
  spec.f_lo_hz = table.number_or("f_lo_hz", spec.f_lo_hz, 0.0, Limits::kMaxRateHz / 2.0);
  spec.f_hi_hz =
      table.number_or("f_hi_hz", std::min(spec.f_hi_hz, nyquist_hz), 0.0, Limits::kMaxRateHz / 2.0);
  spec.spectrum =
      choice_or(table, "spectrum", spec.spectrum, {Spectrum::kMagnitude, Spectrum::kPower});
  spec.dct = choice_or(table, "dct", spec.dct, {DctScale::kTensorFlow, DctScale::kOrthonormal});
  if (const auto problem = find_problem(spec)) throw table.error(problem->key, problem->text);
  return spec;
}

FeatureSpec feature_spec_from_assignments(std::span<const std::string> assignments) {
  auto document = config::Table::parse("", "--set");
  for (const auto& assignment : assignments) document.set(assignment);
  const FeatureSpec spec = read_feature_spec(document.table_or_empty("features"));
  document.reject_unknown();
  return spec;
}

void write_feature_spec(config::Writer& writer, const FeatureSpec& spec) {
  writer.value("kind", to_string(spec.kind));
  writer.value("sample_rate_hz", spec.sample_rate_hz);
  writer.value("frame_ms", spec.frame_ms);
  writer.value("hop_ms", spec.hop_ms);
  writer.value("mels", spec.mels);
  if (spec.kind == Kind::kMfcc) writer.value("coeffs", spec.coeffs);
  writer.value("f_lo_hz", spec.f_lo_hz);
  writer.value("f_hi_hz", spec.f_hi_hz);
  writer.value("spectrum", to_string(spec.spectrum));
  if (spec.kind == Kind::kMfcc) writer.value("dct", to_string(spec.dct));
}

}  // namespace kws::features
