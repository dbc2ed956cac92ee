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

/// Where the negatives of each folder in the settings lie.
std::vector<fs::path> negative_folders(const fs::path& folder, const DatasetOptions& options) {
  const fs::path root = options.negatives_root.empty() ? folder : fs::path(options.negatives_root);
  std::vector<fs::path> folders;
  for (const auto& negatives : options.negatives) folders.push_back(root / negatives.folder);
  return folders;
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
  const auto negatives = negative_folders(folder, options);
  const auto unknown = index_of(options.labels, kUnknownLabel);
  const SplitRule rule(folder);
  std::vector<std::string> words;
  std::vector<std::string> present;  // "word/stem" of every clip, for the lists
  for (const auto& path : folders_in(folder)) {
    const auto word = path.filename().string();
    // Read speech that lies among the words is no word.
    if (word == kNoiseFolder || word.starts_with('.') || is_one_of(path, negatives)) continue;
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
  return listing;
}

}  // namespace kws::data
