// SPDX-License-Identifier: MIT
//
// Detections against what was said, as TensorFlow's streaming test counts them: a detection belongs
// to a label when their times are within a tolerance, and each label is used up by one detection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "measure/label_track.h"

namespace kws::measure {

inline constexpr double kMatchToleranceSeconds = 1.5;

struct DetectedWord {
  double time_s = 0.0;  // when it was decided
  std::string word;
  float score = 0.0F;
};

enum class MatchKind : std::uint8_t {
  kCorrect,        // the word that was said
  kWrong,          // something was said, but another word
  kFalsePositive,  // nothing was said there that is not already accounted for
};

struct MatchResult {
  std::size_t labels = 0;   // words said
  std::size_t correct = 0;  // detections …
  std::size_t wrong = 0;
  std::size_t false_positives = 0;
  std::vector<MatchKind> kinds;  // one per detection
  std::vector<bool> found;       // one per label: a correct detection has it

  [[nodiscard]] std::size_t matched() const { return correct + wrong; }  // labels used up
  [[nodiscard]] std::size_t missed() const { return labels - correct; }
};

/// A label's time is its middle. Right words are matched first, in the order of the detections,
/// each with the nearest free label of that word; what remains is matched with the nearest free
/// label of any word. (TensorFlow takes the first label in reach instead, so that a word said
/// shortly before makes a right detection wrong; on labels further apart than the tolerance both
/// agree.)
[[nodiscard]] MatchResult match_words(std::span<const SpokenWord> said,
                                      std::span<const DetectedWord> detected,
                                      double tolerance_s = kMatchToleranceSeconds);

}  // namespace kws::measure
