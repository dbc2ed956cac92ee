// SPDX-License-Identifier: MIT
//
// Measures a model as it is used: on a stream with known words (what it finds, what it makes up)
// and on hours of speech without commands (how often it is triggered by mistake).
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data/speakers.h"
#include "measure/label_track.h"
#include "measure/matching.h"
#include "pack/model_pack.h"

namespace kws::measure {

/// Of one keyword, or of all.
struct StreamCounts {
  std::size_t labels = 0;
  std::size_t correct = 0;
  std::size_t wrong = 0;  // detections of this word while another was said
  std::size_t false_positives = 0;
};

/// All keywords at one threshold.
struct StreamPoint {
  double threshold = 0.0;
  StreamCounts all;
  std::map<std::string, StreamCounts> keywords;
};

struct StreamReport {
  double seconds = 0.0;
  std::size_t other_words = 0;  // labels that are no keyword of the model; not counted as said
  std::vector<SpokenWord> said;
  std::vector<DetectedWord> detected;  // with the settings of the pack
  MatchResult match;
  StreamPoint shipped;             // with the settings of the pack; `threshold` is its common one
  std::vector<StreamPoint> curve;  // one common threshold 0 … 1
  std::vector<StreamPoint> scaled_curve;  // the pack's thresholds times `threshold`, 0.5 … 1.5
};

using Progress = std::function<void(std::size_t, std::size_t)>;

/// Runs the lane over `samples` (at the model's rate). Throws ModelError, ConfigError.
[[nodiscard]] StreamReport stream_report(const pack::ModelPack& pack,
                                         std::span<const float> samples,
                                         std::span<const SpokenWord> said,
                                         double tolerance_s = kMatchToleranceSeconds,
                                         const Progress& progress = {});

/// A detection in speech without commands.
struct ContinuousEvent {
  std::string file;     // stem
  double time_s = 0.0;  // in the file
  std::string word;
  float score = 0.0F;
  bool forgiven = false;  // the word is in the transcript
};

struct ContinuousPoint {
  double threshold = 0.0;
  std::size_t events = 0;  // not forgiven
  std::map<std::string, std::size_t> keywords;
};

struct ContinuousReport {
  std::size_t files = 0;
  std::size_t speakers = 0;
  double minutes = 0.0;  // of the recordings alone
  std::vector<ContinuousEvent> detections;
  std::size_t events = 0;  // detections that are not forgiven
  double events_per_hour = 0.0;
  double upper_bound_per_hour = 0.0;          // 95 %, exact Poisson
  std::vector<ContinuousPoint> curve;         // one common threshold 0 … 1
  std::vector<ContinuousPoint> scaled_curve;  // the pack's thresholds times `threshold`, 0.5 … 1.5
  /// Highest smoothed posteriors of each keyword in utterances that do not hold it, at most one per
  /// file, best first: a threshold above the first gives no false accept of that word here.
  std::map<std::string, std::vector<ContinuousEvent>> highest;
};

struct ContinuousOptions {
  data::SpeakerRule speakers;
  std::filesystem::path transcripts;  // "": nothing is forgiven
  std::size_t highest = 5;            // how many to list per keyword
};

/// Plays every recording of `folder` that the rule takes, each followed by a second of silence, as
/// one stream. Each whole-word occurrence of a keyword in a transcript forgives one detection of it
/// within that recording. Throws DataError when no recording is left or one cannot be read.
[[nodiscard]] ContinuousReport continuous_report(const pack::ModelPack& pack,
                                                 const std::filesystem::path& folder,
                                                 const ContinuousOptions& options,
                                                 const Progress& progress = {});

}  // namespace kws::measure
