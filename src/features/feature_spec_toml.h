// SPDX-License-Identifier: MIT
//
// The keys of a front end, the same in recipes, model manifests and on the command line:
// kind, sample_rate_hz, frame_ms, hop_ms, mels, f_lo_hz, f_hi_hz, spectrum; for mfcc also coeffs
// and dct.
#pragma once

#include <span>
#include <string>

#include "config/document.h"
#include "features/feature_spec.h"

namespace kws::features {

/// Reads the table [features]. An absent key has its default (FeatureSpec{}), but never one that
/// cannot be: coeffs is at most mels, f_hi_hz at most half of the sample rate. logmel accepts
/// coeffs and dct and ignores them, so that `--set features.kind=logmel` is enough to try it.
/// Throws ConfigError with file, line and key. Unknown keys are for the document's
/// reject_unknown().
[[nodiscard]] FeatureSpec read_feature_spec(const config::Table& table);

/// The defaults with `--set` assignments over them ("features.mels=16", "features.kind=logmel").
/// Throws ConfigError, also for a key that is none of [features].
[[nodiscard]] FeatureSpec feature_spec_from_assignments(std::span<const std::string> assignments);

/// Writes the keys and values that read_feature_spec() reads back as an equal spec. The caller has
/// opened the table.
void write_feature_spec(config::Writer& writer, const FeatureSpec& spec);

}  // namespace kws::features
