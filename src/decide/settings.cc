// SPDX-License-Identifier: MIT
//
// What settings may be, and the names under which others' are known (docs/decide.md has the
// sources, and where ours differ).
#include <algorithm>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "decide/detector.h"

namespace kws::decide {
namespace {

void check(const char* key, double value, double low, double high) {
  if (value >= low && value <= high) return;  // false for what is no number, too
  throw ConfigError("decide." + std::string(key) + " is " + std::to_string(value) + ", must be " +
                    std::to_string(low) + ".." + std::to_string(high));
}

const std::vector<std::pair<std::string, Settings>>& presets() {
  static const std::vector<std::pair<std::string, Settings>> kPresets{
      {"default", Settings{}},
      {"tensorflow",
       {.smoothing_ms = 500.0,
        .threshold = 0.7,
        .min_scores = 4,
        .refractory_ms = 500.0,
        .rearm_ratio = 3.0 / 7.0}},
      {"micro_speech",
       {.smoothing_ms = 1000.0,
        .threshold = 200.0 / 255.0,
        .min_scores = 3,
        .refractory_ms = 1500.0,
        .rearm_ratio = 55.0 / 200.0}},
      {"microwakeword",
       {.smoothing_ms = 100.0,
        .threshold = 0.97,
        .min_scores = 3,
        .refractory_ms = 740.0,
        .rearm_ratio = 1.0}},
      {"openwakeword",
       {.smoothing_ms = 0.0,
        .threshold = 0.5,
        .min_scores = 1,
        .refractory_ms = 1000.0,
        .rearm_ratio = 1.0,
        .patience = 3}},
      {"precise",
       {.smoothing_ms = 0.0,
        .threshold = 0.5,
        .min_scores = 1,
        .refractory_ms = 1024.0,
        .rearm_ratio = 1.0,
        .patience = 4}},
  };
  return kPresets;
}

}  // namespace

bool is_keyword(std::string_view label) {
  return !label.empty() && !(label.size() >= 2 && label.front() == '_' && label.back() == '_');
}

void validate(const Settings& settings, std::span<const std::string> labels) {
  using Limits = SettingsLimits;
  check("smoothing_ms", settings.smoothing_ms, 0.0, Limits::kMaxMs);
  check("threshold", settings.threshold, 0.0, 1.0);
  check("min_scores", settings.min_scores, 1.0, Limits::kMaxCount);
  check("refractory_ms", settings.refractory_ms, 0.0, Limits::kMaxMs);
  check("rearm_ratio", settings.rearm_ratio, 0.0, 1.0);
  check("patience", settings.patience, 1.0, Limits::kMaxCount);
  std::vector<std::string> words;
  std::copy_if(labels.begin(), labels.end(), std::back_inserter(words), is_keyword);
  for (const auto& [word, threshold] : settings.thresholds) {
    if (std::find(words.begin(), words.end(), word) == words.end()) {
      const auto near = nearest_word(word, words);
      throw ConfigError("decide.thresholds names '" + printable(word) +
                        "', which is no keyword of the model; " +
                        (near.empty() ? "it has " + printable(join_words(words))
                                      : "did you mean '" + printable(near) + "'?"));
    }
    check(("thresholds." + printable(word)).c_str(), threshold, 0.0, 1.0);
  }
}

Settings preset(std::string_view name) {
  for (const auto& [known, settings] : presets()) {
    if (known == name) return settings;
  }
  const auto near = nearest_word(name, preset_names());
  throw ConfigError(
      "unknown decision preset '" + printable(name) + "'; " +
      (near.empty() ? "there are " + join_words(preset_names()) : "did you mean '" + near + "'?"));
}

const std::vector<std::string>& preset_names() {
  static const std::vector<std::string> kNames = [] {
    std::vector<std::string> names;
    for (const auto& [name, settings] : presets()) names.push_back(name);
    return names;
  }();
  return kNames;
}

}  // namespace kws::decide
