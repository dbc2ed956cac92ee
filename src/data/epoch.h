// SPDX-License-Identifier: MIT
//
// What one pass over the training split consists of, in which order. The loader cuts it into
// batches.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include "data/dataset.h"
#include "data/settings.h"

namespace kws::data {

/// What a training example is made from.
struct Source {
  enum class Kind : std::uint8_t {
    kClip,
    kEnding,
    kSilence,
    kSpliced,
    kEmbedded,
    kNegative,
    kWord
  };
  Kind kind = Kind::kClip;
  std::size_t index = 0;   // kClip, kEnding: of the clip; kNegative: of the negative
                           // folder; kWord: of the word clip
  std::size_t ending = 0;  // kEnding: of the settings' endings
};

class EpochPlanner {
 public:
  /// Throws ConfigError when the settings ask for what the dataset lacks, DataError when its
  /// training split is empty. The dataset must outlive the planner.
  EpochPlanner(const Dataset& dataset, const DataSettings& settings);

  /// The same size for every epoch.
  [[nodiscard]] std::size_t size() const { return size_; }

  /// How many of them are of each label: shape [labels].
  [[nodiscard]] const std::vector<std::size_t>& label_counts() const { return label_counts_; }

  /// The sources of `epoch`, shuffled. A function of (seed, epoch).
  [[nodiscard]] std::vector<Source> plan(std::uint64_t seed, std::size_t epoch) const;

  /// Whether two labels are the same word or rhyme by the settings.
  [[nodiscard]] bool sound_alike(std::uint32_t first, std::uint32_t second) const {
    return first == second || rhymes_.contains(std::minmax(first, second));
  }

  /// Training clips of keywords, which splices are made from.
  [[nodiscard]] const std::vector<std::size_t>& keyword_clips() const { return keyword_clips_; }

 private:
  void add_unknown(std::uint64_t seed, std::size_t epoch, std::vector<Source>& sources) const;
  void add_words(std::uint64_t seed, std::size_t epoch, std::vector<Source>& sources) const;
  void read_rhymes(const Dataset& dataset);
  void read_endings(const Dataset& dataset);
  void add_endings(std::uint64_t seed, std::size_t epoch, std::vector<Source>& sources) const;
  [[nodiscard]] std::size_t keyword_clips(std::size_t folder) const {
    return static_cast<std::size_t>(settings_.words[folder].keyword_clips);
  }
  [[nodiscard]] std::size_t unknown_clips(std::size_t folder) const {
    return static_cast<std::size_t>(settings_.words[folder].unknown_clips);
  }

  DataSettings settings_;
  std::vector<std::size_t> fixed_clips_;  // come once in every epoch
  std::vector<std::size_t> keyword_clips_;
  std::vector<std::vector<std::size_t>> unknown_words_;  // clips by folder, where a rate is set
  std::size_t unknown_count_ = 0;                        // drawn from them per epoch
  std::vector<std::vector<std::vector<std::size_t>>> ending_words_;  // clips by ending and word
  struct WordSplit {
    std::vector<const Word*> keywords;
    std::vector<const Word*> others;
  };
  std::vector<WordSplit> words_;                              // by word folder
  std::set<std::pair<std::uint32_t, std::uint32_t>> rhymes_;  // of labels, the lower one first
  std::vector<std::size_t> label_counts_;
  std::size_t size_ = 0;
};

}  // namespace kws::data
