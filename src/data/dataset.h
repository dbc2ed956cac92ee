// SPDX-License-Identifier: MIT
//
// Clips in the Speech Commands layout, decoded once and kept in memory as 16-bit samples:
// `<word>/*.{wav,flac}`, `_background_noise_/`, `validation_list.txt`, `testing_list.txt`. Training
// and measuring both start here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"
#include "data/settings.h"

namespace kws::data {

inline constexpr std::string_view kUnknownLabel = "_unknown_";
inline constexpr std::string_view kSilenceLabel = "_silence_";
inline constexpr std::string_view kNoiseFolder = "_background_noise_";

enum class Split : std::uint8_t { kTraining, kValidation, kTesting };
[[nodiscard]] std::string_view to_string(Split split);  // "training", …

/// One short recording. At most clip_samples() long; a shorter one is meant to be padded with zeros
/// at its end, a longer one was cut to its loudest part.
struct Clip {
  std::vector<std::int16_t> samples;
  std::uint32_t label = 0;   // index into labels()
  std::uint32_t folder = 0;  // index into folders()
  Split split = Split::kTraining;
  std::string stem;  // file name without its ending
  // Where the word is (within 25 dB of its loudest 20 ms) and its RMS level there, full scale 1.
  std::uint32_t active_begin = 0;
  std::uint32_t active_end = 0;
  float level = 0.0F;
};

/// A long one: background noise, or read speech that negatives are cut from.
struct LongRecording {
  std::vector<std::int16_t> samples;
  std::string stem;
  float level = 0.0F;         // RMS, full scale 1
  bool says_keyword = false;  // by its transcript
};

/// One word of a `[[data.words]]` folder.
struct Word {
  std::uint32_t label = 0;
  std::vector<std::size_t> clips;  // indices into word_clips()
};

/// What is done with a folder on the way in.
struct DatasetOptions {
  std::vector<std::string> labels;  // in the order of the posteriors
  Hertz rate{16000.0};
  double clip_ms = 1000.0;
  std::vector<Split> splits{Split::kTraining, Split::kValidation, Split::kTesting};
  std::vector<std::string> only;     // folders; empty: all
  std::vector<std::string> exclude;  // folders
  std::size_t at_most = 0;           // clips, spread evenly over folders and files; 0: all
  bool noise = true;                 // read `_background_noise_`
  bool every_keyword = false;        // a keyword without a training clip is an error
  std::string negatives_root;
  std::vector<NegativeFolder> negatives;
  std::vector<WordFolder> words;
  std::size_t threads = 1;
  /// Files decoded and files in all; called now and then from the calling thread.
  std::function<void(std::size_t, std::size_t)> progress;
};

class Decoder;
struct ClipFile;
struct Listing;

/// Everything in a recipe that the dataset depends on.
[[nodiscard]] DatasetOptions dataset_options(const DataSettings& settings,
                                             std::vector<std::string> labels, Hertz rate,
                                             std::size_t threads);

class Dataset {
 public:
  /// Reads `folder`. A folder that is no label counts as `_unknown_`, and is skipped when that is
  /// no label either. An unreadable clip is named in warnings() and skipped. Throws DataError: no
  /// such folder, no clips, a label none of whose clips can be read, a list none of whose files
  /// exist, a negative or word folder without usable recordings; UsageError for an `only` folder
  /// that is not there. The order of clips is that of folder and file names, whatever the threads.
  Dataset(const std::filesystem::path& folder, const DatasetOptions& options);

  [[nodiscard]] const std::vector<std::string>& labels() const { return labels_; }
  [[nodiscard]] const std::vector<std::string>& folders() const { return folders_; }
  [[nodiscard]] const std::vector<Clip>& clips() const { return clips_; }
  [[nodiscard]] const std::vector<LongRecording>& noise() const { return noise_; }
  /// One list per negative folder, in the order of the settings.
  [[nodiscard]] const std::vector<std::vector<LongRecording>>& negatives() const {
    return negatives_;
  }
  /// One list per word folder, in the order of the settings; the words of a list by name.
  [[nodiscard]] const std::vector<std::vector<Word>>& words() const { return words_; }
  /// The clips of all word folders. `folder` counts the words of a list.
  [[nodiscard]] const std::vector<Clip>& word_clips() const { return word_clips_; }
  [[nodiscard]] Hertz rate() const { return rate_; }
  [[nodiscard]] std::size_t clip_samples() const { return clip_samples_; }

  [[nodiscard]] std::optional<std::uint32_t> unknown_label() const { return unknown_; }
  [[nodiscard]] std::optional<std::uint32_t> silence_label() const { return silence_; }

  /// Indices into clips(), ascending.
  [[nodiscard]] std::vector<std::size_t> clips_of(Split split) const;
  /// Different speakers (eight hex digits before `_nohash_`) among these clips.
  [[nodiscard]] std::size_t speakers_in(std::span<const std::size_t> clips) const;

  /// What was skipped or looks wrong, a sentence each, safe to print. Not a reason to stop.
  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  /// Those that can be read, in order.
  [[nodiscard]] std::vector<Clip> read_clips(Decoder& decoder,
                                             const std::vector<ClipFile>& files) const;
  void read_words(Decoder& decoder, const Listing& listing);
  void check_keywords(const std::string& name);

  std::vector<std::string> labels_;
  std::vector<std::string> folders_;
  std::vector<Clip> clips_;
  std::vector<LongRecording> noise_;
  std::vector<std::vector<LongRecording>> negatives_;
  std::vector<std::vector<Word>> words_;
  std::vector<Clip> word_clips_;
  std::vector<std::string> warnings_;
  Hertz rate_;
  std::size_t clip_samples_ = 0;
  std::optional<std::uint32_t> unknown_;
  std::optional<std::uint32_t> silence_;
};

}  // namespace kws::data
