// SPDX-License-Identifier: MIT
//
// The keys of a decision, the same in recipes, model manifests and configuration: preset,
// smoothing_ms, threshold, min_scores, refractory_ms, rearm_ratio, patience and, in a table of its
// own, thresholds by keyword.
#pragma once

#include <string_view>

#include "config/document.h"
#include "decide/detector.h"

namespace kws::decide {

/// Reads the table [decide]. An absent key has the value of `preset`, or its default when there is
/// none. Throws ConfigError with file, line and key. Whether every word in `thresholds` is a label
/// is for validate(), which knows the labels.
[[nodiscard]] Settings read_settings(const config::Table& table);

/// Writes what read_settings() reads back as equal settings. The caller has opened the table
/// `path`; nothing more can be written into it afterwards.
void write_settings(config::Writer& writer, const Settings& settings, std::string_view path);

}  // namespace kws::decide
