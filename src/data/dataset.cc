// SPDX-License-Identifier: MIT
#include "data/dataset.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "data/decoder.h"
#include "data/listing.h"
#include "data/speakers.h"
#include "data/speech_level.h"
#include "data/waveform.h"
#include "decide/detector.h"

namespace kws::data {
namespace {

namespace fs = std::filesystem;

constexpr double kLongestClipSeconds = 600.0;
constexpr double kLongestRecordingSeconds = 24.0 * 3600.0;
constexpr std::size_t kFewClips = 10;  // fewer for a keyword earn a warning

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

std::vector<LongRecording> read_long(Decoder& decoder, const std::vector<fs::path>& files,
                                     const std::vector<bool>& says_keyword = {}) {
  std::vector<LongRecording> recordings(files.size());
  decoder.decode(files, kLongestRecordingSeconds,
                 [&](std::size_t i, std::span<const float> samples) {
                   recordings[i] = {to_int16(samples), files[i].stem().string(), rms(samples),
                                    !says_keyword.empty() && says_keyword[i]};
                 });
  std::erase_if(recordings, [](const LongRecording& recording) {
    return recording.samples.empty();  // it could not be read
  });
  return recordings;
}

std::optional<std::uint32_t> label_index(const std::vector<std::string>& labels,
                                         std::string_view label) {
  const auto found = std::find(labels.begin(), labels.end(), label);
  if (found == labels.end()) return std::nullopt;
  return static_cast<std::uint32_t>(found - labels.begin());
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
  options.words = settings.words;
  options.threads = threads;
  return options;
}

Dataset::Dataset(const fs::path& folder, const DatasetOptions& options)
    : labels_(options.labels),
      rate_(options.rate),
      clip_samples_(static_cast<std::size_t>(
          to_samples(std::chrono::duration<double, std::milli>(options.clip_ms), options.rate))),
      unknown_(label_index(options.labels, kUnknownLabel)),
      silence_(label_index(options.labels, kSilenceLabel)) {
  auto listing = list_files(folder, options);
  folders_ = std::move(listing.folders);
  warnings_ = std::move(listing.warnings);
  std::size_t total = listing.clips.size() + listing.noise.size();
  for (const auto& files : listing.negatives) total += files.size();
  for (const auto& files : listing.words) total += files.size();

  Decoder decoder(options, total);
  clips_ = read_clips(decoder, listing.clips);
  noise_ = read_long(decoder, listing.noise);
  for (const auto& negatives : listing.negatives) {
    std::vector<fs::path> files;
    std::vector<bool> says_keyword;
    for (const auto& file : negatives) {
      files.push_back(file.path);
      says_keyword.push_back(file.says_keyword);
    }
    negatives_.push_back(read_long(decoder, files, says_keyword));
    if (negatives_.back().empty()) {
      throw DataError("none of the negatives can be read; the first: " +
                      decoder.failure(files.front()));
    }
  }
  read_words(decoder, listing);
  decoder.report(warnings_);
  if (options.every_keyword) check_keywords(printable(folder.string()));
}

std::vector<Clip> Dataset::read_clips(Decoder& decoder, const std::vector<ClipFile>& files) const {
  std::vector<fs::path> paths;
  for (const auto& file : files) paths.push_back(file.path);
  std::vector<Clip> clips(paths.size());
  decoder.decode(paths, kLongestClipSeconds, [&](std::size_t i, std::span<const float> samples) {
    const auto part = loudest_part(samples, clip_samples_, rate_);
    const auto speech = find_speech(part, rate_);
    const ClipFile& file = files[i];
    clips[i] = {.samples = to_int16(part),
                .label = file.label,
                .folder = file.folder,
                .split = file.split,
                .stem = file.path.stem().string(),
                .active_begin = static_cast<std::uint32_t>(speech.begin),
                .active_end = static_cast<std::uint32_t>(speech.end),
                .level = speech.level};
  });
  // A label must not vanish because its files are damaged; single words of `_unknown_` may.
  std::vector<Clip> result;
  std::set<std::uint32_t> readable;
  for (std::size_t i = 0; i < clips.size(); ++i) {
    if (decoder.failed(paths[i])) continue;
    readable.insert(clips[i].label);
    result.push_back(std::move(clips[i]));
  }
  for (std::size_t i = 0; i < clips.size(); ++i) {
    const auto label = files[i].label;
    if (readable.contains(label)) continue;
    throw DataError("no clip of '" + printable(labels_[label]) +
                    "' can be read; the first: " + decoder.failure(paths[i]));
  }
  return result;
}

void Dataset::read_words(Decoder& decoder, const Listing& listing) {
  for (const auto& files : listing.words) {
    auto& words = words_.emplace_back();
    std::optional<std::uint32_t> folder;
    for (auto& clip : read_clips(decoder, files)) {
      if (folder != clip.folder) words.push_back({clip.label, {}});
      folder = clip.folder;
      words.back().clips.push_back(word_clips_.size());
      word_clips_.push_back(std::move(clip));
    }
  }
}

void Dataset::check_keywords(const std::string& name) {
  for (std::uint32_t label = 0; label < labels_.size(); ++label) {
    if (!decide::is_keyword(labels_[label])) continue;
    const auto count = std::count_if(clips_.begin(), clips_.end(), [&](const Clip& clip) {
      return clip.label == label && clip.split == Split::kTraining;
    });
    const auto word = printable(labels_[label]);
    if (count == 0) {
      throw DataError(name + " has no clip of '" + word + "' to train on; wanted " + word +
                      "/*.wav or *.flac");
    }
    if (static_cast<std::size_t>(count) < kFewClips) {
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
