// SPDX-License-Identifier: MIT
//
// What `kws eval` prints: the reports of src/measure as text for people and as JSON for programs.
#pragma once

#include <string>

#include "measure/accuracy.h"
#include "measure/streaming.h"

namespace kws::cli {

/// Clips: accuracy, classes, confusion, folders.
[[nodiscard]] std::string to_text(const measure::AccuracyReport& report);
[[nodiscard]] std::string to_json(const measure::AccuracyReport& report);

/// A stream with labels.
[[nodiscard]] std::string to_text(const measure::StreamReport& report);
[[nodiscard]] std::string to_json(const measure::StreamReport& report);

/// Speech without commands.
[[nodiscard]] std::string to_text(const measure::ContinuousReport& report);
[[nodiscard]] std::string to_json(const measure::ContinuousReport& report);

}  // namespace kws::cli
