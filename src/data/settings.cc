// SPDX-License-Identifier: MIT
#include "data/settings.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace kws::data {
namespace {

constexpr double kSlowest = 0.5;
constexpr double kFastest = 2.0;
constexpr double kLowestCorner = 500.0;  // Hz: below, no word is left
constexpr double kHighestCorner = 96'000.0;

/// `key = [low, high]`.
Range read_range(const config::Table& table, const char* key, Range fallback, double min,
                 double max) {
  if (!table.has(key)) return fallback;
  const auto values = table.numbers(key, min, max);
  if (values.size() != 2 || values[0] > values[1]) {
    throw ConfigError(table.where(key) + " must be two numbers, [lowest, highest]");
  }
  return {values[0], values[1]};
}

int read_count(const config::Table& table, const char* key, int fallback, int max) {
  return static_cast<int>(table.integer_or(key, fallback, 0, max));
}

NegativeFolder read_negative_folder(const config::Table& table) {
  NegativeFolder negatives;
  negatives.folder = table.string("folder");
  negatives.clips_per_epoch = static_cast<int>(table.integer("clips_per_epoch", 0, 1'000'000));
  const auto speakers = table.choice_or("speakers", "all", {"all", "even", "odd"});
  if (speakers == "even") negatives.speakers = Speakers::kEven;
  if (speakers == "odd") negatives.speakers = Speakers::kOdd;
  negatives.hold_out_every = read_count(table, "hold_out_every", 0, 1000);
  if (negatives.hold_out_every == 1) {
    throw ConfigError(table.where("hold_out_every") +
                      " of 1 leaves no speaker; give 0 or 2 and more");
  }
  negatives.transcripts = table.string_or("transcripts", "");
  negatives.keywords_in_speech = table.boolean_or("keywords_in_speech", false);
  negatives.isolated_fraction = table.number_or("isolated_fraction", 0.0, 0.0, 1.0);
  negatives.edge_fraction = table.number_or("edge_fraction", 0.0, 0.0, 1.0);
  if (table.has("speed")) negatives.speed = read_range(table, "speed", {}, kSlowest, kFastest);
  return negatives;
}

WordFolder read_word_folder(const config::Table& table) {
  WordFolder words;
  words.folder = table.string("folder");
  words.keyword_clips = read_count(table, "keyword_clips", 0, 1'000'000);
  words.unknown_clips = read_count(table, "unknown_clips", 0, 1'000'000);
  return words;
}

OtherEnding read_ending(const config::Table& table) {
  OtherEnding result;
  result.words = table.strings("words");
  if (result.words.empty()) {
    throw ConfigError(table.where("words") + " must name a keyword at least");
  }
  auto words = result.words;
  std::sort(words.begin(), words.end());
  if (const auto twice = std::adjacent_find(words.begin(), words.end()); twice != words.end()) {
    throw ConfigError(table.where("words") + " names '" + printable(*twice) + "' twice");
  }
  const auto ending = table.choice("ending", {"none", "hiss"});
  result.ending = ending == "hiss" ? Ending::kHiss : Ending::kNone;
  result.clips_per_epoch = static_cast<int>(table.integer("clips_per_epoch", 0, 1'000'000));
  return result;
}

}  // namespace

DataSettings read_data_settings(const config::Table& data) {
  DataSettings settings;
  settings.clip_ms = data.number_or("clip_ms", settings.clip_ms, 100.0, 10'000.0);
  settings.unknown_rate = data.number_or("unknown_rate", settings.unknown_rate, 0.0, 1000.0);
  settings.unknown_balance = data.number_or("unknown_balance", settings.unknown_balance, 0.0, 1.0);
  settings.silence_clips = read_count(data, "silence_clips", settings.silence_clips, 1'000'000);
  settings.silence_edges = data.number_or("silence_edges", settings.silence_edges, 0.0, 1.0);
  settings.spliced_clips = read_count(data, "spliced_clips", settings.spliced_clips, 1'000'000);
  settings.embedded_clips = read_count(data, "embedded_clips", settings.embedded_clips, 1'000'000);
  settings.spliced_with_speech =
      data.number_or("spliced_with_speech", settings.spliced_with_speech, 0.0, 1.0);
  for (const auto& table : data.tables("endings")) settings.endings.push_back(read_ending(table));
  settings.negatives_root = data.string_or("negatives_root", settings.negatives_root);
  for (const auto& table : data.tables("negatives")) {
    settings.negatives.push_back(read_negative_folder(table));
  }
  for (const auto& table : data.tables("words")) {
    settings.words.push_back(read_word_folder(table));
  }
  settings.roam = data.boolean_or("roam", settings.roam);
  settings.quiet_behind_ms = data.number_or("quiet_behind_ms", 0.0, 0.0, settings.clip_ms);
  settings.rhymes = data.strings_or("rhymes", {});
  settings.shift_ms = data.number_or("shift_ms", settings.shift_ms, 0.0, settings.clip_ms);
  settings.gain_db = read_range(data, "gain_db", settings.gain_db, -60.0, 60.0);
  settings.speed = read_range(data, "speed", settings.speed, kSlowest, kFastest);
  settings.vocal_tract = read_range(data, "vocal_tract", settings.vocal_tract, kSlowest, kFastest);
  settings.equaliser_db = data.number_or("equaliser_db", settings.equaliser_db, 0.0, 40.0);
  settings.low_pass_probability =
      data.number_or("low_pass_probability", settings.low_pass_probability, 0.0, 1.0);
  settings.low_pass_hz =
      read_range(data, "low_pass_hz", settings.low_pass_hz, kLowestCorner, kHighestCorner);
  settings.noise_probability =
      data.number_or("noise_probability", settings.noise_probability, 0.0, 1.0);
  settings.noise_snr_db = read_range(data, "noise_snr_db", settings.noise_snr_db, -40.0, 100.0);
  settings.silence_level_db =
      read_range(data, "silence_level_db", settings.silence_level_db, -120.0, 0.0);
  const auto masks = data.table_or_empty("spec_augment");
  settings.spec_augment.time_masks = read_count(masks, "time_masks", 0, 100);
  settings.spec_augment.time_max_frames = read_count(masks, "time_max_frames", 0, 10'000);
  settings.spec_augment.freq_masks = read_count(masks, "freq_masks", 0, 100);
  settings.spec_augment.freq_max_bins = read_count(masks, "freq_max_bins", 0, 10'000);
  return settings;
}

std::size_t unknown_clips_made(const DataSettings& settings) {
  auto made = static_cast<std::size_t>(settings.spliced_clips) +
              static_cast<std::size_t>(settings.embedded_clips);
  for (const auto& ending : settings.endings) {
    made += static_cast<std::size_t>(ending.clips_per_epoch);
  }
  for (const auto& folder : settings.negatives) {
    made += static_cast<std::size_t>(folder.clips_per_epoch);
  }
  for (const auto& folder : settings.words) {
    made += static_cast<std::size_t>(folder.unknown_clips);
  }
  return made;
}

}  // namespace kws::data
