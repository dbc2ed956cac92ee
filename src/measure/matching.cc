// SPDX-License-Identifier: MIT
#include "measure/matching.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace kws::measure {

MatchResult match_words(std::span<const SpokenWord> said, std::span<const DetectedWord> detected,
                        double tolerance_s) {
  MatchResult result;
  result.labels = said.size();
  result.kinds.assign(detected.size(), MatchKind::kFalsePositive);
  result.found.assign(said.size(), false);
  std::vector<bool> used(said.size(), false);

  const auto nearest_free = [&](const DetectedWord& detection,
                                bool same_word) -> std::optional<std::size_t> {
    std::optional<std::size_t> nearest;
    double nearest_distance = tolerance_s;
    for (std::size_t i = 0; i < said.size(); ++i) {
      if (used[i] || (same_word && said[i].word != detection.word)) continue;
      const double middle = 0.5 * (said[i].start_s + said[i].end_s);
      const double distance = std::abs(detection.time_s - middle);
      if (distance > nearest_distance || (nearest && distance == nearest_distance)) continue;
      nearest = i;
      nearest_distance = distance;
    }
    return nearest;
  };
  for (std::size_t i = 0; i < detected.size(); ++i) {
    if (const auto label = nearest_free(detected[i], true)) {
      used[*label] = true;
      result.found[*label] = true;
      result.kinds[i] = MatchKind::kCorrect;
      ++result.correct;
    }
  }
  for (std::size_t i = 0; i < detected.size(); ++i) {
    if (result.kinds[i] == MatchKind::kCorrect) continue;
    if (const auto label = nearest_free(detected[i], false)) {
      used[*label] = true;
      result.kinds[i] = MatchKind::kWrong;
      ++result.wrong;
    } else {
      ++result.false_positives;
    }
  }
  return result;
}

}  // namespace kws::measure
