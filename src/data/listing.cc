// SPDX-License-Identifier: MIT
#include "data/listing.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <system_error>

#include "base/error.h"
#include "base/text.h"
#include "data/folders.h"
#include "data/speakers.h"
#include "data/splits.h"
#include "data/transcripts.h"
#include "decide/detector.h"

namespace kws::data {
namespace {

namespace fs = std::filesystem;

std::optional<std::uint32_t> index_of(const std::vector<std::string>& words,
                                      std::string_view word) {
  const auto found = std::find(words.begin(), words.end(), word);
  if (found == words.end()) return std::nullopt;
  return static_cast<std::uint32_t>(found - words.begin());
}

bool contains(const std::vector<std::string>& words, std::string_view word) {
  return index_of(words, word).has_value();
}

/// Files of one negative folder that its rules take.
std::vector<NegativeFile> negative_files(const NegativeFolder& settings, const fs::path& folder,
                                         const std::vector<std::string>& labels,
                                         std::vector<std::string>& warnings) {
  const std::string name = printable(folder.string());
  if (!fs::is_directory(folder)) {
    throw DataError(name +
                    ": no such folder (named by data.negatives); a recipe without negatives is "
                    "asked for by --set data.negatives=[]");
  }
  const auto all = recordings_in(folder);
  std::vector<std::string> stems;
  for (const auto& file : all) stems.push_back(file.stem().string());
  const auto selected =
      select_speakers(stems, {settings.speakers, settings.hold_out_every, /*held_out=*/false});

  std::vector<NegativeFile> files;
  std::size_t untold = 0;
  if (settings.transcripts.empty()) {
    for (const auto i : selected) files.push_back({all[i]});
  } else {
    const auto transcripts = read_transcripts(folder / settings.transcripts);
    for (const auto i : selected) {
      const auto found = transcripts.find(stems[i]);
      if (found == transcripts.end()) {
        ++untold;
        continue;
      }
      const bool has_keyword =
          std::any_of(labels.begin(), labels.end(), [&](const std::string& label) {
            return decide::is_keyword(label) && count_word(found->second, label) > 0;
          });
      if (!has_keyword || settings.keywords_in_speech) files.push_back({all[i], has_keyword});
    }
  }
  if (untold > 0) {
    warnings.push_back(name + ": " + std::to_string(untold) +
                       " recordings without a transcript were left out");
  }
  if (files.empty()) {
    throw DataError(name + ": none of its " + std::to_string(all.size()) +
                    " recordings can serve as negatives (data.negatives: speakers, "
                    "hold_out_every, transcripts)");
  }
  return files;
}

/// Clips of one word folder: of words that are labels and of `_unknown_` ones, as far as the
/// settings draw any.
std::vector<ClipFile> word_files(const WordFolder& settings, const fs::path& folder,
                                 const std::vector<std::string>& labels) {
  const std::string name = printable(folder.string());
  if (!fs::is_directory(folder)) {
    throw DataError(name +
                    ": no such folder (named by data.words); a recipe without it is asked for by "
                    "--set data.words=[]");
  }
  const auto unknown = index_of(labels, kUnknownLabel);
  std::vector<ClipFile> files;
  std::uint32_t number = 0;
  bool has_unknown = false;
  std::vector<bool> has_label(labels.size());
  for (const auto& path : folders_in(folder)) {
    const auto word = path.filename().string();
    if (word.starts_with('.') || word == kNoiseFolder || word == kSilenceLabel) continue;
    const auto own_label = index_of(labels, word);
    const bool keyword = own_label && own_label != unknown;
    const auto label = keyword ? own_label : unknown;
    if (!label || (keyword ? settings.keyword_clips : settings.unknown_clips) == 0) continue;
    for (const auto& file : recordings_in(path)) {
      files.push_back({file, *label, number, Split::kTraining});
      has_label[*label] = true;
      has_unknown = has_unknown || !keyword;
    }
    ++number;
  }
  for (std::size_t label = 0; label < labels.size(); ++label) {
    if (settings.keyword_clips == 0 || !decide::is_keyword(labels[label]) || has_label[label]) {
      continue;
    }
    throw DataError(name + " has no clips of '" + printable(labels[label]) +
                    "', which data.words draws by keyword_clips; wanted " +
                    printable(labels[label]) + "/*.wav or *.flac, or keyword_clips = 0");
  }
  if (unknown && settings.unknown_clips > 0 && !has_unknown) {
    throw DataError(name +
                    " has no word that is no label, which data.words draws by unknown_clips");
  }
  return files;
}

/// Where each of the folders that the settings name lies.
template <typename Folders>
std::vector<fs::path> locate(const Folders& folders, const fs::path& root) {
  std::vector<fs::path> found;
  for (const auto& settings : folders) found.push_back(root / settings.folder);
  return found;
}

bool is_one_of(const fs::path& path, const std::vector<fs::path>& folders) {
  return std::any_of(folders.begin(), folders.end(), [&](const fs::path& other) {
    std::error_code absent;
    return fs::equivalent(path, other, absent);
  });
}

bool is_taken(const std::string& word, const DatasetOptions& options) {
  return (options.only.empty() || contains(options.only, word)) && !contains(options.exclude, word);
}

void check_filters(const std::string& name, const std::vector<std::string>& words,
                   const DatasetOptions& options) {
  for (const auto* list : {&options.only, &options.exclude}) {
    for (const auto& word : *list) {
      if (contains(words, word)) continue;
      const auto nearest = nearest_word(word, words);
      throw UsageError(name + " has no folder '" + printable(word) + "'" +
                       (nearest.empty() ? "" : "; did you mean '" + printable(nearest) + "'?"));
    }
  }
}

[[noreturn]] void fail_empty(const std::string& name, const std::vector<std::string>& words,
                             std::size_t recordings, const DatasetOptions& options) {
  if (recordings > 0) {
    std::vector<std::string> splits;
    for (const auto split : options.splits) splits.emplace_back(to_string(split));
    throw DataError(name + ": none of its " + std::to_string(recordings) +
                    " clips is asked for; wanted the " + join_words(splits) +
                    " split and folders of the labels " + printable(join_words(options.labels)) +
                    ", found the folders " + printable(join_words(words)));
  }
  throw DataError(name + ": no clips; wanted <word>/*.wav or *.flac for the labels " +
                  printable(join_words(options.labels)));
}

/// `count` of them, evenly spaced: every folder keeps its share.
void thin_out(std::vector<ClipFile>& clips, std::size_t count) {
  if (count == 0 || count >= clips.size()) return;
  for (std::size_t i = 0; i < count; ++i) clips[i] = clips[i * clips.size() / count];
  clips.resize(count);
}

}  // namespace

Listing list_files(const fs::path& folder, const DatasetOptions& options) {
  const std::string name = printable(folder.string());
  if (!fs::is_directory(folder)) {
    throw DataError(name + ": no such folder; wanted one with a folder of recordings per word");
  }
  Listing listing;
  const fs::path root = options.negatives_root.empty() ? folder : fs::path(options.negatives_root);
  const auto negatives = locate(options.negatives, root);
  const auto word_folders = locate(options.words, root);
  const auto unknown = index_of(options.labels, kUnknownLabel);
  const SplitRule rule(folder);
  std::vector<std::string> words;
  std::vector<std::string> present;  // "word/stem" of every clip, for the lists
  for (const auto& path : folders_in(folder)) {
    const auto word = path.filename().string();
    // Other folders of the recipe that lie among the words are no words.
    if (word == kNoiseFolder || word.starts_with('.') || is_one_of(path, negatives) ||
        is_one_of(path, word_folders)) {
      continue;
    }
    words.push_back(word);
    const auto own_label = index_of(options.labels, word);
    const auto label = own_label ? own_label : unknown;
    const bool taken = label && is_taken(word, options);
    const auto recordings = recordings_in(path);
    if (recordings.empty()) {
      listing.warnings.push_back(printable(path.string()) + " holds no recordings");
    }
    for (const auto& file : recordings) {
      const auto stem = file.stem().string();
      present.push_back(word + "/" + stem);
      const auto split = rule.split_of(word, stem);
      const bool split_taken =
          std::find(options.splits.begin(), options.splits.end(), split) != options.splits.end();
      if (!taken || !split_taken) continue;
      if (listing.folders.empty() || listing.folders.back() != word) {
        listing.folders.push_back(word);
      }
      listing.clips.push_back(
          {file, *label, static_cast<std::uint32_t>(listing.folders.size() - 1), split});
    }
  }
  check_filters(name, words, options);
  if (listing.clips.empty()) fail_empty(name, words, present.size(), options);
  std::sort(present.begin(), present.end());
  for (auto& warning : rule.check(present)) listing.warnings.push_back(std::move(warning));
  thin_out(listing.clips, options.at_most);

  if (options.noise && fs::is_directory(folder / kNoiseFolder)) {
    listing.noise = recordings_in(folder / kNoiseFolder);
  }
  for (std::size_t i = 0; i < negatives.size(); ++i) {
    listing.negatives.push_back(
        negative_files(options.negatives[i], negatives[i], options.labels, listing.warnings));
  }
  for (std::size_t i = 0; i < word_folders.size(); ++i) {
    listing.words.push_back(word_files(options.words[i], word_folders[i], options.labels));
  }
  return listing;
}

}  // namespace kws::data
