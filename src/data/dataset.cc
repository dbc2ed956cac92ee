// SPDX-License-Identifier: MIT
#include "data/dataset.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "data/folders.h"
#include "data/parallel.h"
#include "data/speakers.h"
#include "data/speech_level.h"
#include "data/splits.h"
#include "data/transcripts.h"
#include "data/waveform.h"
#include "decide/detector.h"
#include "sound/sound_file.h"

namespace kws::data {
namespace {

namespace fs = std::filesystem;

constexpr double kLongestClipSeconds = 600.0;
constexpr std::size_t kFewClips = 10;       // fewer for a keyword earn a warning
constexpr std::size_t kNamedFailures = 20;  // more unreadable files are only counted

/// The `length` samples in which most energy lies, in steps of 10 ms.
std::span<const float> loudest_part(std::span<const float> samples, std::size_t length,
                                    Hertz rate) {
  if (samples.size() <= length) return samples;
  const auto step = std::max<std::size_t>(1, static_cast<std::size_t>(rate.value * 0.01));
  std::size_t best = 0;
  float best_rms = -1.0F;
  for (std::size_t begin = 0; begin + length <= samples.size(); begin += step) {
    const float level = rms(samples.subspan(begin, length));
    if (level > best_rms) {
      best_rms = level;
      best = begin;
    }
  }
  return samples.subspan(best, length);
}

/// Decodes files on several threads and keeps account of those that cannot be read.
class Decoder {
 public:
  Decoder(const DatasetOptions& options, std::size_t total) : options_(options), total_(total) {}

  /// use(index, samples) for every file that can be read. Returns how many could not.
  template <typename Use>
  void decode(const std::vector<fs::path>& files, double max_seconds, const Use& use) {
    for_each_parallel(files.size(), options_.threads, [&](std::size_t worker, std::size_t i) {
      try {
        const auto recording = sound::read_recording(files[i], options_.rate, max_seconds);
        if (recording.non_finite_samples > 0) ++files_with_nan_;
        use(i, std::span<const float>(recording.samples));
      } catch (const DataError& error) {
        const std::lock_guard lock(mutex_);
        failures_.emplace(files[i].string(), error.what());
      }
      const auto done = ++done_;
      if (worker == 0 && options_.progress) options_.progress(done, total_);
    });
    if (options_.progress) options_.progress(done_, total_);
  }

  [[nodiscard]] bool failed(const fs::path& file) const {
    return failures_.contains(file.string());
  }
  [[nodiscard]] const std::string& failure(const fs::path& file) const {
    return failures_.at(file.string());
  }

  void report(std::vector<std::string>& warnings) const {
    std::size_t named = 0;
    for (const auto& [file, reason] : failures_) {
      if (named++ == kNamedFailures) break;
      warnings.push_back("skipped: " + reason);
    }
    if (failures_.size() > kNamedFailures) {
      warnings.push_back(std::to_string(failures_.size() - kNamedFailures) +
                         " more files cannot be read and were skipped");
    }
    if (files_with_nan_ > 0) {
      warnings.push_back(std::to_string(files_with_nan_) +
                         " files hold samples that are no numbers; these count as 0");
    }
  }

 private:
  const DatasetOptions& options_;
  std::size_t total_;
  std::atomic<std::size_t> done_{0};
  std::atomic<std::size_t> files_with_nan_{0};
  std::mutex mutex_;  // guards failures_ while threads run
  std::map<std::string, std::string> failures_;
};

/// Files of one negative folder that its rules take.
std::vector<fs::path> negative_files(const NegativeFolder& settings, const fs::path& folder,
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

  std::vector<fs::path> files;
  std::size_t untold = 0;
  if (settings.transcripts.empty()) {
    for (const auto i : selected) files.push_back(all[i]);
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
      if (!has_keyword) files.push_back(all[i]);
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

std::optional<std::uint32_t> index_of(const std::vector<std::string>& words,
                                      std::string_view word) {
  const auto found = std::find(words.begin(), words.end(), word);
  if (found == words.end()) return std::nullopt;
  return static_cast<std::uint32_t>(found - words.begin());
}

bool contains(const std::vector<std::string>& words, std::string_view word) {
  return index_of(words, word).has_value();
}

}  // namespace

DatasetOptions dataset_options(const DataSettings& settings, std::vector<std::string> labels,
                               Hertz rate, std::size_t threads) {
  DatasetOptions options;
  options.labels = std::move(labels);
  options.rate = rate;
  options.clip_ms = settings.clip_ms;
  options.every_keyword = true;
  options.negatives_root = settings.negatives_root;
  options.negatives = settings.negatives;
  options.threads = threads;
  return options;
}

Dataset::Dataset(const fs::path& folder, const DatasetOptions& options)
    : labels_(options.labels),
      rate_(options.rate),
      clip_samples_(static_cast<std::size_t>(
          to_samples(std::chrono::duration<double, std::milli>(options.clip_ms), options.rate))),
      unknown_(index_of(options.labels, kUnknownLabel)),
      silence_(index_of(options.labels, kSilenceLabel)) {
  const std::string name = printable(folder.string());
  if (!fs::is_directory(folder)) {
    throw DataError(name + ": no such folder; wanted one with a folder of recordings per word");
  }

  // What there is.
  struct File {
    fs::path path;
    Clip clip;
  };
  std::vector<File> files;
  std::vector<std::string> present;  // "word/stem", for the lists
  std::vector<std::string> words;
  const SplitRule rule(folder);
  std::vector<fs::path> negative_folders;
  for (const auto& negatives : options.negatives) {
    const fs::path root =
        options.negatives_root.empty() ? folder : fs::path(options.negatives_root);
    negative_folders.push_back(root / negatives.folder);
  }
  // Read speech that lies among the words is no word.
  const auto is_negative_folder = [&](const fs::path& path) {
    return std::any_of(negative_folders.begin(), negative_folders.end(),
                       [&](const fs::path& negatives) {
                         std::error_code absent;
                         return fs::equivalent(path, negatives, absent);
                       });
  };
  for (const auto& path : folders_in(folder)) {
    const auto word = path.filename().string();
    if (word == kNoiseFolder || word.starts_with('.') || is_negative_folder(path)) continue;
    words.push_back(word);
    const auto label = index_of(labels_, word);
    const bool taken = (label || unknown_) &&
                       (options.only.empty() || contains(options.only, word)) &&
                       !contains(options.exclude, word);
    const auto recordings = recordings_in(path);
    if (recordings.empty()) warnings_.push_back(printable(path.string()) + " holds no recordings");
    for (const auto& file : recordings) {
      Clip clip;
      clip.stem = file.stem().string();
      present.push_back(word + "/" + clip.stem);
      clip.split = rule.split_of(word, clip.stem);
      if (!taken || std::find(options.splits.begin(), options.splits.end(), clip.split) ==
                        options.splits.end()) {
        continue;
      }
      clip.label = label ? *label : *unknown_;
      if (folders_.empty() || folders_.back() != word) folders_.push_back(word);
      clip.folder = static_cast<std::uint32_t>(folders_.size() - 1);
      files.push_back({file, std::move(clip)});
    }
  }
  for (const auto* list : {&options.only, &options.exclude}) {
    for (const auto& word : *list) {
      if (contains(words, word)) continue;
      const auto nearest = nearest_word(word, words);
      throw UsageError(name + " has no folder '" + printable(word) + "'" +
                       (nearest.empty() ? "" : "; did you mean '" + printable(nearest) + "'?"));
    }
  }
  if (files.empty()) {
    throw DataError(name + ": no clips to use; wanted <word>/*.wav or *.flac for the labels " +
                    join_words(labels_) +
                    (words.empty() ? "" : ", found the folders " + printable(join_words(words))));
  }
  std::sort(present.begin(), present.end());
  for (auto& warning : rule.check(present)) warnings_.push_back(std::move(warning));

  std::vector<fs::path> noise_files;
  if (options.noise && fs::is_directory(folder / kNoiseFolder)) {
    noise_files = recordings_in(folder / kNoiseFolder);
  }
  std::vector<std::vector<fs::path>> negative_lists;
  std::size_t total = files.size() + noise_files.size();
  for (std::size_t i = 0; i < options.negatives.size(); ++i) {
    negative_lists.push_back(
        negative_files(options.negatives[i], negative_folders[i], labels_, warnings_));
    total += negative_lists.back().size();
  }

  // What it sounds like.
  Decoder decoder(options, total);
  std::vector<fs::path> paths;
  for (const auto& file : files) paths.push_back(file.path);
  decoder.decode(paths, kLongestClipSeconds, [&](std::size_t i, std::span<const float> samples) {
    const auto part = loudest_part(samples, clip_samples_, rate_);
    const auto speech = find_speech(part, rate_);
    Clip& clip = files[i].clip;
    clip.samples = to_int16(part);
    clip.active_begin = static_cast<std::uint32_t>(speech.begin);
    clip.active_end = static_cast<std::uint32_t>(speech.end);
    clip.level = speech.level;
  });
  for (auto& file : files) {
    if (!decoder.failed(file.path)) clips_.push_back(std::move(file.clip));
  }
  const auto decode_long = [&](const std::vector<fs::path>& from,
                               std::vector<LongRecording>& into) {
    std::vector<LongRecording> recordings(from.size());
    decoder.decode(from, 24.0 * 3600.0, [&](std::size_t i, std::span<const float> samples) {
      recordings[i] = {to_int16(samples), from[i].stem().string(), rms(samples)};
    });
    for (std::size_t i = 0; i < from.size(); ++i) {
      if (!decoder.failed(from[i])) into.push_back(std::move(recordings[i]));
    }
  };
  decode_long(noise_files, noise_);
  for (std::size_t i = 0; i < negative_lists.size(); ++i) {
    decode_long(negative_lists[i], negatives_.emplace_back());
    if (negatives_.back().empty()) {
      throw DataError("none of the negatives can be read; the first: " +
                      decoder.failure(negative_lists[i].front()));
    }
  }
  decoder.report(warnings_);

  // Whether it is enough.
  for (std::uint32_t folder_index = 0; folder_index < folders_.size(); ++folder_index) {
    const auto& word = folders_[folder_index];
    if (!contains(labels_, word)) continue;
    if (std::any_of(clips_.begin(), clips_.end(),
                    [&](const Clip& clip) { return clip.folder == folder_index; })) {
      continue;
    }
    const auto lost = std::find_if(files.begin(), files.end(), [&](const File& file) {
      return file.clip.folder == folder_index && decoder.failed(file.path);
    });
    throw DataError("no clip of '" + printable(word) +
                    "' can be read; the first: " + decoder.failure(lost->path));
  }
  if (clips_.empty()) {
    throw DataError("no clip of " + name +
                    " can be read; the first: " + decoder.failure(files.front().path));
  }
  if (!options.every_keyword) return;
  for (std::uint32_t label = 0; label < labels_.size(); ++label) {
    if (!decide::is_keyword(labels_[label])) continue;
    const auto count =
        static_cast<std::size_t>(std::count_if(clips_.begin(), clips_.end(), [&](const Clip& clip) {
          return clip.label == label && clip.split == Split::kTraining;
        }));
    const auto word = printable(labels_[label]);
    if (count == 0) {
      throw DataError(name + " has no clip of '" + word + "' to train on; wanted " + word +
                      "/*.wav or *.flac");
    }
    if (count < kFewClips) {
      warnings_.push_back("'" + word + "' has only " + std::to_string(count) +
                          " training clips; expect it to be missed");
    }
  }
}

std::vector<std::size_t> Dataset::clips_of(Split split) const {
  std::vector<std::size_t> indices;
  for (std::size_t i = 0; i < clips_.size(); ++i) {
    if (clips_[i].split == split) indices.push_back(i);
  }
  return indices;
}

std::size_t Dataset::speakers_in(std::span<const std::size_t> clips) const {
  std::set<std::string_view> speakers;
  for (const auto i : clips) {
    const auto speaker = speaker_of(clips_[i].stem);
    if (!speaker.empty()) speakers.insert(speaker);
  }
  return speakers.size();
}

}  // namespace kws::data
