// SPDX-License-Identifier: MIT
//
// What `kws eval` prints: the reports of src/measure as text for people and as JSON for programs.
#pragma once

#include <optional>
#include <string>

#include "measure/accuracy.h"
#include "measure/streaming.h"

namespace kws::cli {

/// Another model on the same clips.
struct Against {
  std::string model;  // its file
  measure::Comparison comparison;
};

/// Clips: accuracy, classes, confusion, folders; and how another model does on them.
[[nodiscard]] std::string to_text(const measure::AccuracyReport& report);
[[nodiscard]] std::string to_text(const Against& against);
[[nodiscard]] std::string to_json(const measure::AccuracyReport& report,
                                  const std::optional<Against>& against = std::nullopt);

/// Beginnings of words.
[[nodiscard]] std::string to_text(const measure::EndingReport& report, const std::string& ending);
[[nodiscard]] std::string to_json(const measure::EndingReport& report, const std::string& ending);

/// A stream with labels.
[[nodiscard]] std::string to_text(const measure::StreamReport& report);
[[nodiscard]] std::string to_json(const measure::StreamReport& report);

/// Speech without commands.
[[nodiscard]] std::string to_text(const measure::ContinuousReport& report);
[[nodiscard]] std::string to_json(const measure::ContinuousReport& report);

}  // namespace kws::cli
