// SPDX-License-Identifier: MIT
#include "data/epoch.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <set>
#include <span>
#include <sstream>
#include <string>

#include "base/error.h"
#include "base/random.h"
#include "base/text.h"
#include "data/draws.h"
#include "decide/detector.h"

namespace kws::data {
EpochPlanner::EpochPlanner(const Dataset& dataset, const DataSettings& settings)
    : settings_(settings) {
  const auto unknown = dataset.unknown_label();
  const bool unknown_drawn = settings.unknown_rate > 0.0;
  std::vector<std::vector<std::size_t>> by_folder(dataset.folders().size());
  std::set<std::uint32_t> keywords;
  std::set<std::uint32_t> keywords_to_cut;
  for (const auto i : dataset.clips_of(Split::kTraining)) {
    const Clip& clip = dataset.clips()[i];
    if (decide::is_keyword(dataset.labels()[clip.label])) {
      keywords.insert(clip.label);
      // Digital silence has no part to be cut; it still is an example of its label.
      if (clip.active_end > clip.active_begin) {
        keyword_clips_.push_back(i);
        keywords_to_cut.insert(clip.label);
      }
    }
    if (unknown_drawn && unknown && clip.label == *unknown) {
      by_folder[clip.folder].push_back(i);
    } else {
      fixed_clips_.push_back(i);
    }
  }
  const auto keyword_count = static_cast<double>(
      std::count_if(fixed_clips_.begin(), fixed_clips_.end(),
                    [&](std::size_t i) { return keywords.contains(dataset.clips()[i].label); }));
  for (auto& word : by_folder) {
    if (!word.empty()) unknown_words_.push_back(std::move(word));
  }
  if (!unknown_words_.empty() && !keywords.empty()) {
    unknown_count_ = static_cast<std::size_t>(
        std::llround(settings.unknown_rate * keyword_count / static_cast<double>(keywords.size())));
  }

  const auto unknown_made = unknown_clips_made(settings);
  if (!unknown && unknown_made > 0) {
    throw ConfigError(
        "data.spliced_clips, data.endings, data.embedded_clips, data.negatives and data.words make "
        "`_unknown_` clips, but the labels do not hold `_unknown_`; add it to the labels or set "
        "them to 0");
  }
  if (settings.spliced_with_speech > 0.0 && settings.negatives.empty()) {
    throw ConfigError(
        "data.spliced_with_speech needs a folder of read speech; name one in data.negatives or set "
        "it to 0");
  }
  if (settings.negatives.size() != dataset.negatives().size()) {
    throw ConfigError("data.negatives differ from those that the dataset was read with");
  }
  if (settings.words.size() != dataset.words().size()) {
    throw ConfigError("data.words differ from those that the dataset was read with");
  }
  for (const auto& folder : dataset.words()) {
    auto& split = words_.emplace_back();
    for (const auto& word : folder) {
      const bool keyword = decide::is_keyword(dataset.labels()[word.label]);
      (keyword ? split.keywords : split.others).push_back(&word);
    }
    const auto& wanted = settings.words[words_.size() - 1];
    if ((wanted.keyword_clips > 0 && split.keywords.empty()) ||
        (wanted.unknown_clips > 0 && split.others.empty())) {
      throw ConfigError(
          "data.words draws keyword_clips or unknown_clips, of which its folder holds none for "
          "these labels; set them to 0");
    }
  }
  read_rhymes(dataset);
  read_endings(dataset);
  if (settings.silence_clips > 0 && !dataset.silence_label()) {
    throw ConfigError(
        "data.silence_clips makes `_silence_` clips, but the labels do not hold "
        "`_silence_`; add it to the labels or set it to 0");
  }
  const bool has_noise =
      std::any_of(dataset.noise().begin(), dataset.noise().end(),
                  [](const LongRecording& noise) { return !noise.samples.empty(); });
  if (!has_noise && (settings.silence_clips > 0 || settings.noise_probability > 0.0)) {
    throw ConfigError(
        "data.silence_clips and data.noise_probability need recordings in "
        "`_background_noise_`, and there are none; add some or set both to 0");
  }
  if ((settings.spliced_clips > 0 || settings.embedded_clips > 0) && keywords_to_cut.size() < 2) {
    throw ConfigError(
        "data.spliced_clips and data.embedded_clips need training clips of two keywords at least "
        "that are no digital silence");
  }
  for (const auto first : keywords_to_cut) {
    if (settings.spliced_clips == 0 ||
        !std::all_of(keywords_to_cut.begin(), keywords_to_cut.end(),
                     [&](std::uint32_t second) { return sound_alike(first, second); })) {
      continue;
    }
    throw ConfigError("data.rhymes leaves nothing to cross '" + printable(dataset.labels()[first]) +
                      "' with; name fewer pairs");
  }
  size_ = fixed_clips_.size() + unknown_count_ + unknown_made +
          static_cast<std::size_t>(settings.silence_clips);
  label_counts_.assign(dataset.labels().size(), 0);
  for (const auto i : fixed_clips_) ++label_counts_[dataset.clips()[i].label];
  if (dataset.silence_label()) {
    label_counts_[*dataset.silence_label()] += static_cast<std::size_t>(settings.silence_clips);
  }
  if (unknown) label_counts_[*unknown] += unknown_count_ + unknown_made;
  for (std::size_t folder = 0; folder < words_.size(); ++folder) {
    const auto& spoken = words_[folder].keywords;
    for (std::size_t i = 0; i < keyword_clips(folder); ++i) {
      ++label_counts_[spoken[i % spoken.size()]->label];
    }
    size_ += keyword_clips(folder);
  }
  if (fixed_clips_.empty()) {
    throw DataError("the training split holds no clips; look at the validation and testing lists");
  }
}

void EpochPlanner::read_rhymes(const Dataset& dataset) {
  for (const auto& pair : settings_.rhymes) {
    std::vector<std::uint32_t> labels;
    std::istringstream words(pair);
    for (std::string word; words >> word;) {
      const auto found = std::find(dataset.labels().begin(), dataset.labels().end(), word);
      if (found == dataset.labels().end()) {
        throw ConfigError("data.rhymes names '" + printable(word) +
                          "', which is no label; leave the pair out (--set data.rhymes=[])");
      }
      labels.push_back(static_cast<std::uint32_t>(found - dataset.labels().begin()));
    }
    if (labels.size() != 2) {
      throw ConfigError("data.rhymes wants two labels in each string, found '" + printable(pair) +
                        "'");
    }
    rhymes_.insert(std::minmax(labels[0], labels[1]));
  }
}

void EpochPlanner::read_endings(const Dataset& dataset) {
  for (const auto& ending : settings_.endings) {
    auto& words = ending_words_.emplace_back();
    for (const auto& word : ending.words) {
      auto& clips = words.emplace_back();
      std::copy_if(
          keyword_clips_.begin(), keyword_clips_.end(), std::back_inserter(clips),
          [&](std::size_t i) { return dataset.labels()[dataset.clips()[i].label] == word; });
      if (!clips.empty()) continue;
      throw ConfigError("data.endings names '" + printable(word) +
                        "', which is no keyword with training clips; leave it out");
    }
  }
}

void EpochPlanner::add_endings(std::uint64_t seed, std::size_t epoch,
                               std::vector<Source>& sources) const {
  Random random(seed, {kEndingDraw, epoch});
  for (std::size_t ending = 0; ending < ending_words_.size(); ++ending) {
    const auto& words = ending_words_[ending];
    for (int i = 0; i < settings_.endings[ending].clips_per_epoch; ++i) {
      const auto& clips = words[random.below(words.size())];
      sources.push_back({Source::Kind::kEnding, clips[random.below(clips.size())], ending});
    }
  }
}

void EpochPlanner::add_unknown(std::uint64_t seed, std::size_t epoch,
                               std::vector<Source>& sources) const {
  Random random(seed, {kUnknownDraw, epoch});
  if (settings_.unknown_balance == 0.0) {
    // Without replacement as long as there are enough.
    std::vector<std::size_t> clips;
    for (const auto& word : unknown_words_) clips.insert(clips.end(), word.begin(), word.end());
    for (std::size_t taken = 0; taken < unknown_count_;) {
      random.shuffle(std::span(clips));
      const auto count = std::min(unknown_count_ - taken, clips.size());
      for (std::size_t i = 0; i < count; ++i) {
        sources.push_back({Source::Kind::kClip, clips[i]});
      }
      taken += count;
    }
    return;
  }
  // A word is drawn by count^(1 - balance), then one of its clips.
  std::vector<double> edges;
  double sum = 0.0;
  for (const auto& word : unknown_words_) {
    sum += std::pow(static_cast<double>(word.size()), 1.0 - settings_.unknown_balance);
    edges.push_back(sum);
  }
  for (std::size_t i = 0; i < unknown_count_; ++i) {
    const double draw = random.uniform(0.0, sum);
    const auto edge = std::upper_bound(edges.begin(), edges.end() - 1, draw);
    const auto& word = unknown_words_[static_cast<std::size_t>(edge - edges.begin())];
    sources.push_back({Source::Kind::kClip, word[random.below(word.size())]});
  }
}

void EpochPlanner::add_words(std::uint64_t seed, std::size_t epoch,
                             std::vector<Source>& sources) const {
  Random random(seed, {kWordDraw, epoch});
  const auto add_one_of = [&](const Word& word) {
    sources.push_back({Source::Kind::kWord, word.clips[random.below(word.clips.size())]});
  };
  for (std::size_t folder = 0; folder < settings_.words.size(); ++folder) {
    const auto& keywords = words_[folder].keywords;
    const auto& others = words_[folder].others;
    for (std::size_t i = 0; i < keyword_clips(folder); ++i) {
      add_one_of(*keywords[i % keywords.size()]);
    }
    for (std::size_t i = 0; i < unknown_clips(folder); ++i) {
      add_one_of(*others[random.below(others.size())]);
    }
  }
}

std::vector<Source> EpochPlanner::plan(std::uint64_t seed, std::size_t epoch) const {
  std::vector<Source> sources;
  sources.reserve(size_);
  for (const auto i : fixed_clips_) sources.push_back({Source::Kind::kClip, i});
  add_unknown(seed, epoch, sources);
  for (int i = 0; i < settings_.silence_clips; ++i) sources.push_back({Source::Kind::kSilence, 0});
  for (int i = 0; i < settings_.spliced_clips; ++i) sources.push_back({Source::Kind::kSpliced, 0});
  for (int i = 0; i < settings_.embedded_clips; ++i) {
    sources.push_back({Source::Kind::kEmbedded, 0});
  }
  for (std::size_t folder = 0; folder < settings_.negatives.size(); ++folder) {
    for (int i = 0; i < settings_.negatives[folder].clips_per_epoch; ++i) {
      sources.push_back({Source::Kind::kNegative, folder});
    }
  }
  add_words(seed, epoch, sources);
  add_endings(seed, epoch, sources);
  Random random(seed, {kOrderDraw, epoch});
  random.shuffle(std::span(sources));
  return sources;
}

}  // namespace kws::data
