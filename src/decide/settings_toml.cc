// SPDX-License-Identifier: MIT
#include "decide/settings_toml.h"

#include <string>

namespace kws::decide {

Settings read_settings(const config::Table& table) {
  using Limits = SettingsLimits;
  const auto count_or = [&](std::string_view key, int fallback) {
    return static_cast<int>(table.integer_or(key, fallback, 1, Limits::kMaxCount));
  };
  Settings settings;
  if (table.has("preset")) settings = preset(table.choice("preset", preset_names()));
  settings.smoothing_ms =
      table.number_or("smoothing_ms", settings.smoothing_ms, 0.0, Limits::kMaxMs);
  settings.threshold = table.number_or("threshold", settings.threshold, 0.0, 1.0);
  settings.min_scores = count_or("min_scores", settings.min_scores);
  settings.refractory_ms =
      table.number_or("refractory_ms", settings.refractory_ms, 0.0, Limits::kMaxMs);
  settings.rearm_ratio = table.number_or("rearm_ratio", settings.rearm_ratio, 0.0, 1.0);
  settings.patience = count_or("patience", settings.patience);
  const auto thresholds = table.table_or_empty("thresholds");
  for (const auto& word : thresholds.keys()) {
    settings.thresholds[word] = thresholds.number(word, 0.0, 1.0);
  }
  return settings;
}

void write_settings(config::Writer& writer, const Settings& settings, std::string_view path) {
  writer.value("smoothing_ms", settings.smoothing_ms);
  writer.value("threshold", settings.threshold);
  writer.value("min_scores", settings.min_scores);
  writer.value("refractory_ms", settings.refractory_ms);
  writer.value("rearm_ratio", settings.rearm_ratio);
  writer.value("patience", settings.patience);
  if (settings.thresholds.empty()) return;
  writer.table(std::string(path) + ".thresholds");
  for (const auto& [word, threshold] : settings.thresholds) writer.value(word, threshold);
}

}  // namespace kws::decide
