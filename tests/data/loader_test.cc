// SPDX-License-Identifier: MIT
#include "data/loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/atomic_file.h"
#include "base/error.h"
#include "data/epoch.h"
#include "data/example.h"
#include "data/speech_level.h"
#include "data/synthetic_dataset.h"
#include "support/scratch_folder.h"

namespace kws::data {
namespace {

using kws::testing::add_recording;
using kws::testing::add_word;
using kws::testing::ScratchFolder;
using ::testing::HasSubstr;

constexpr std::uint64_t kSeed = 11;

/// Two keywords, three other words, noise and read speech; the last clip of each keyword is for
/// validation.
class LoaderTest : public ::testing::Test {
 protected:
  LoaderTest() {
    const auto up = add_word(folder_.path(), "up", 400.0, 12);
    const auto down = add_word(folder_.path(), "down", 700.0, 8);
    add_word(folder_.path(), "bed", 1000.0, 30);
    add_word(folder_.path(), "cat", 1300.0, 4);
    add_word(folder_.path(), "dog", 1600.0, 2);
    add_recording(folder_ / "_background_noise_" / "hiss.wav", 3.0, 0.1);
    add_recording(folder_ / "read" / "2-1.wav", 4.0, 0.2);
    write_file_atomically(folder_ / "validation_list.txt",
                          "up/" + up.back() + ".wav\ndown/" + down.back() + ".wav\n");
    settings_.unknown_rate = 1.0;
    settings_.silence_clips = 5;
    settings_.spliced_clips = 6;
    settings_.embedded_clips = 4;
    settings_.negatives = {{.folder = "read", .clips_per_epoch = 7, .isolated_fraction = 0.5}};
    settings_.shift_ms = 100.0;
    settings_.gain_db = {-6.0, 6.0};
    settings_.speed = {0.9, 1.1};
    settings_.noise_probability = 0.7;
    settings_.spec_augment = {1, 8, 1, 5};
    spec_.kind = features::Kind::kLogMel;
    read();
  }

  void read() {
    dataset_ = std::make_unique<Dataset>(
        folder_.path(),
        dataset_options(settings_, {"up", "down", "_unknown_", "_silence_"}, Hertz{16000.0}, 2));
  }

  [[nodiscard]] FeatureStatistics flat() const {
    const auto bins = static_cast<std::size_t>(spec_.bins());
    return {std::vector<float>(bins, -99.0F), std::vector<float>(bins, 1.0F)};
  }

  ScratchFolder folder_;
  DataSettings settings_;
  features::FeatureSpec spec_;
  std::unique_ptr<Dataset> dataset_;
};

TEST_F(LoaderTest, WordsAreCrossedWithSpeechWhereAsked) {
  const auto spliced = [&](std::uint64_t seed) {
    const EpochPlanner planner(*dataset_, settings_);
    ExampleMaker maker(*dataset_, planner, settings_, spec_);
    Random random(seed);
    EXPECT_EQ(maker.make_sound({Source::Kind::kSpliced, 0}, random), *dataset_->unknown_label());
    return std::vector<float>(maker.sound().begin(), maker.sound().end());
  };
  settings_.spliced_with_speech = 1.0;
  std::vector<std::vector<float>> with;
  for (std::uint64_t seed = 0; seed < 20; ++seed) with.push_back(spliced(seed));
  settings_.spliced_with_speech = 0.0;
  int changed = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) changed += spliced(seed) != with[seed];
  EXPECT_GE(changed, 4);
  EXPECT_LE(changed, 16) << "reversed words and fragments have no use for speech";

  settings_.spliced_with_speech = 0.5;
  settings_.negatives.clear();
  read();
  EXPECT_THROW(EpochPlanner(*dataset_, settings_), ConfigError);
}

TEST_F(LoaderTest, WhatIsPutTogetherIsNotLeftInDigitalSilence) {
  const auto silent = [&](double probability) {
    settings_.noise_probability = probability;
    const EpochPlanner planner(*dataset_, settings_);
    ExampleMaker maker(*dataset_, planner, settings_, spec_);
    std::ptrdiff_t zeros = 0;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      Random random(seed);
      (void)maker.make_sound({Source::Kind::kEmbedded, 0}, random);
      zeros += std::count(maker.sound().begin(), maker.sound().end(), 0.0F);
    }
    return zeros;
  };
  EXPECT_GT(silent(0.0), 20 * 1000);
  EXPECT_LT(silent(1e-9), 20 * 10) << "faint noise, where none is drawn";
}

TEST_F(LoaderTest, KeywordsEndOtherwiseWhereAsked) {
  const auto size = EpochPlanner(*dataset_, settings_).size();
  settings_.endings = {{{"up", "down"}, Ending::kHiss, 200}, {{"down"}, Ending::kNone, 30}};
  settings_.noise_probability = 0.0;
  const EpochPlanner planner(*dataset_, settings_);
  EXPECT_EQ(planner.size(), size + 230u);
  EXPECT_EQ(planner.label_counts()[2], 9u + 6u + 4u + 7u + 230u);
  ExampleMaker maker(*dataset_, planner, settings_, spec_);
  std::map<std::pair<std::size_t, std::string>, int> drawn;
  Random random(3);
  for (const auto& source : planner.plan(kSeed, 0)) {
    if (source.kind != Source::Kind::kEnding) continue;
    const auto& clip = dataset_->clips()[source.index];
    EXPECT_EQ(clip.split, Split::kTraining);
    ++drawn[{source.ending, dataset_->labels()[clip.label]}];
    EXPECT_EQ(maker.make_sound(source, random), *dataset_->unknown_label());
    // The words are 400 ms long, what is left of them without an end at most 60 % at 0.9 of the
    // speed.
    const auto spoken = find_speech(maker.sound(), Hertz{16000.0});
    const auto length_s = static_cast<double>(spoken.end - spoken.begin) / 16000.0;
    if (source.ending == 1) {
      EXPECT_LT(length_s, 0.4 * 0.6 / 0.9 + 0.04);
    }
    EXPECT_GT(length_s, 0.1);
  }
  ASSERT_EQ(drawn.size(), 3u);
  EXPECT_NEAR((drawn[{0, "up"}]), 100, 25);
  EXPECT_EQ((drawn[{1, "down"}]), 30);
  settings_.endings = {{{"bed"}, Ending::kHiss, 1}};
  EXPECT_THROW(EpochPlanner(*dataset_, settings_), ConfigError);
}

TEST_F(LoaderTest, AnEmbeddedKeywordIsSeenWithItsNeighbours) {
  // Of clips without noise, gain and speed: a keyword of 400 ms, and 150 ms of a neighbour at
  // least.
  settings_.noise_probability = 0.0;
  settings_.gain_db = {0.0, 0.0};
  settings_.speed = {1.0, 1.0};
  settings_.roam = true;
  for (const bool read_speech : {true, false}) {
    if (!read_speech) {
      settings_.negatives.clear();  // other keywords are said before and behind it then
      read();
    }
    const EpochPlanner planner(*dataset_, settings_);
    ExampleMaker maker(*dataset_, planner, settings_, spec_);
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
      Random random(seed);
      EXPECT_EQ(maker.make_sound({Source::Kind::kEmbedded, 0}, random), *dataset_->unknown_label());
      const auto loud = std::count_if(maker.sound().begin(), maker.sound().end(),
                                      [](float sample) { return std::abs(sample) > 0.01F; });
      EXPECT_GT(loud, 16000 * 0.5) << seed;
    }
  }
}

TEST_F(LoaderTest, EpochsHoldWhatTheSettingsAskFor) {
  const EpochPlanner planner(*dataset_, settings_);
  // 11 + 7 keywords, as many unknown as the mean of both (9), 5 silence, 6 spliced, 4
  // embedded, 7 negatives.
  EXPECT_EQ(planner.size(), 49u);
  const auto sources = planner.plan(kSeed, 0);
  ASSERT_EQ(sources.size(), 49u);
  std::map<Source::Kind, int> kinds;
  std::map<std::uint32_t, std::multiset<std::size_t>> clips;
  for (const auto& source : sources) {
    ++kinds[source.kind];
    if (source.kind == Source::Kind::kClip) {
      clips[dataset_->clips()[source.index].label].insert(source.index);
      EXPECT_EQ(dataset_->clips()[source.index].split, Split::kTraining);
    }
  }
  EXPECT_EQ(kinds[Source::Kind::kSilence], 5);
  EXPECT_EQ(kinds[Source::Kind::kSpliced], 6);
  EXPECT_EQ(kinds[Source::Kind::kEmbedded], 4);
  EXPECT_EQ(kinds[Source::Kind::kNegative], 7);
  EXPECT_EQ(std::set(clips[0].begin(), clips[0].end()).size(), 11u);  // every one, once
  EXPECT_EQ(clips[0].size(), 11u);
  EXPECT_EQ(clips[2].size(), 9u);
  EXPECT_EQ(std::set(clips[2].begin(), clips[2].end()).size(), 9u);  // without replacement
  EXPECT_EQ(planner.label_counts(), (std::vector<std::size_t>{11, 7, 9 + 6 + 4 + 7, 5}));
}

TEST_F(LoaderTest, WordFoldersAreDrawnFromByWord) {
  const auto size = EpochPlanner(*dataset_, settings_).size();
  add_word(folder_ / "spoken", "up", 450.0, 5);
  add_word(folder_ / "spoken", "down", 750.0, 9);
  add_word(folder_ / "spoken", "cup", 850.0, 30);
  add_word(folder_ / "spoken", "us", 950.0, 2);
  settings_.words = {{"spoken", 11, 400}};
  read();
  const EpochPlanner planner(*dataset_, settings_);
  EXPECT_EQ(planner.size(), size + 411u);
  EXPECT_EQ(planner.label_counts(), (std::vector<std::size_t>{11 + 5, 7 + 6, 26 + 400, 5}));
  std::map<std::size_t, int> words;
  ExampleMaker maker(*dataset_, planner, settings_, spec_);
  Random random(1);
  for (const auto& source : planner.plan(kSeed, 0)) {
    if (source.kind != Source::Kind::kWord) continue;
    const auto& clip = dataset_->word_clips()[source.index];
    ++words[clip.folder];
    EXPECT_EQ(maker.make_sound(source, random), clip.label);
  }
  ASSERT_EQ(words.size(), 4u);  // cup, down, up, us
  EXPECT_NEAR(words[0], 200, 40);
  EXPECT_EQ(words[1], 6);
  EXPECT_EQ(words[2], 5);
  EXPECT_NEAR(words[3], 200, 40);
}

TEST_F(LoaderTest, WordsThatAreNotThereCannotBeDrawn) {
  add_word(folder_ / "spoken", "cup", 850.0, 3);
  settings_ = {};
  settings_.words = {{"spoken", 5, 5}};
  const auto read_with = [&](const std::vector<std::string>& labels) {
    dataset_ = std::make_unique<Dataset>(folder_.path(),
                                         dataset_options(settings_, labels, Hertz{16000.0}, 1));
    EXPECT_THROW(EpochPlanner(*dataset_, settings_), ConfigError) << labels.size();
  };
  read_with({"_unknown_", "_silence_"});  // no label is a keyword
  settings_.words = {{"spoken", 0, 5}};
  read_with({"up", "down"});  // nothing is _unknown_
}

TEST_F(LoaderTest, ANarrowLineCutsWhatIsAboveItsBand) {
  settings_.noise_probability = 0.0;
  settings_.silence_level_db = {-20.0, -20.0};
  settings_.low_pass_probability = 1.0;
  settings_.low_pass_hz = {1000.0, 1000.0};
  const auto level = [&] {
    const EpochPlanner planner(*dataset_, settings_);
    ExampleMaker maker(*dataset_, planner, settings_, spec_);
    Random random(5);
    maker.make_sound({Source::Kind::kSilence, 0}, random);
    return rms(maker.sound());
  };
  // White noise has an eighth of its power below an eighth of the half rate.
  EXPECT_NEAR(level(), 0.1F / std::sqrt(8.0F), 0.003F);
  settings_.low_pass_probability = 0.0;
  EXPECT_NEAR(level(), 0.1F, 0.001F);
}

TEST_F(LoaderTest, EpochsDifferAndRepeat) {
  const EpochPlanner planner(*dataset_, settings_);
  const auto order = [&](std::size_t epoch) {
    std::vector<std::pair<int, std::size_t>> result;
    for (const auto& source : planner.plan(kSeed, epoch)) {
      result.emplace_back(static_cast<int>(source.kind), source.index);
    }
    return result;
  };
  EXPECT_EQ(order(3), order(3));
  EXPECT_NE(order(3), order(4));
}

TEST_F(LoaderTest, BalanceMakesRareWordsCommon) {
  settings_.unknown_rate = 100.0;  // 900 draws
  settings_.unknown_balance = 1.0;
  const EpochPlanner planner(*dataset_, settings_);
  std::map<std::string, int> words;
  for (const auto& source : planner.plan(kSeed, 0)) {
    if (source.kind != Source::Kind::kClip) continue;
    ++words[dataset_->folders()[dataset_->clips()[source.index].folder]];
  }
  for (const char* word : {"bed", "cat", "dog"}) EXPECT_NEAR(words[word], 300, 60) << word;
}

TEST_F(LoaderTest, UnknownRateZeroTakesEachOnce) {
  settings_.unknown_rate = 0.0;
  const EpochPlanner planner(*dataset_, settings_);
  EXPECT_EQ(planner.size(), 18u + 36u + 22u);
}

TEST_F(LoaderTest, BatchesDoNotDependOnThreadsOrOrder) {
  BatchLoader alone(*dataset_, settings_, spec_, flat(), 10, kSeed, 0);
  BatchLoader many(*dataset_, settings_, spec_, flat(), 10, kSeed, 3);
  ASSERT_EQ(alone.steps_per_epoch(), 4u);
  std::map<std::pair<std::size_t, std::size_t>, Batch> wanted;
  for (std::size_t epoch = 0; epoch < 3; ++epoch) {
    for (std::size_t step = 0; step < 4; ++step) wanted[{epoch, step}] = alone.load(epoch, step);
  }
  const auto expect_same = [&](std::size_t epoch, std::size_t step) {
    const auto& batch = many.load(epoch, step);
    const auto& same = wanted[{epoch, step}];
    EXPECT_EQ(batch.count, 10u);
    EXPECT_EQ(batch.labels, same.labels) << epoch << "." << step;
    EXPECT_EQ(batch.features, same.features) << epoch << "." << step;
  };
  for (std::size_t epoch = 0; epoch < 3; ++epoch) {
    for (std::size_t step = 0; step < 4; ++step) expect_same(epoch, step);
  }
  expect_same(1, 2);  // backwards, as a resumed run does
  expect_same(1, 3);
  expect_same(2, 3);  // and ahead
  expect_same(0, 0);
  expect_same(0, 0);
}

TEST_F(LoaderTest, SeedsAndEpochsChangeTheSound) {
  BatchLoader loader(*dataset_, settings_, spec_, flat(), 10, kSeed, 0);
  BatchLoader other(*dataset_, settings_, spec_, flat(), 10, kSeed + 1, 0);
  const Batch first = loader.load(0, 0);
  EXPECT_NE(first.features, other.load(0, 0).features);
  EXPECT_NE(first.features, loader.load(1, 0).features);
}

TEST_F(LoaderTest, FeaturesAreFinite) {
  for (const auto kind : {features::Kind::kLogMel, features::Kind::kMfcc}) {
    spec_.kind = kind;
    BatchLoader loader(*dataset_, settings_, spec_, flat(), 49, kSeed, 0);
    EXPECT_EQ(loader.frames(), 49u);
    EXPECT_EQ(loader.bins(), 40u);
    for (std::size_t epoch = 0; epoch < 3; ++epoch) {
      const auto& batch = loader.load(epoch, 0);
      EXPECT_EQ(batch.features.size(), 49u * 49u * 40u);
      for (const float value : batch.features) ASSERT_TRUE(std::isfinite(value));
    }
  }
}

TEST_F(LoaderTest, SmallEpochsMakeOneSmallBatch) {
  BatchLoader loader(*dataset_, settings_, spec_, flat(), 1000, kSeed, 1);
  EXPECT_EQ(loader.steps_per_epoch(), 1u);
  EXPECT_EQ(loader.load(0, 0).count, 49u);
}

TEST_F(LoaderTest, CanBeAbandonedAtAnyTime) {
  for (std::size_t steps = 0; steps < 4; ++steps) {
    BatchLoader loader(*dataset_, settings_, spec_, flat(), 10, kSeed, 3);
    for (std::size_t step = 0; step < steps; ++step) (void)loader.load(0, step);
  }
}

TEST_F(LoaderTest, MasksCoverWholeRowsAndColumnsWithTheMean) {
  settings_.spec_augment = {1, 8, 1, 5};
  BatchLoader loader(*dataset_, settings_, spec_, flat(), 49, kSeed, 0);
  const auto& batch = loader.load(0, 0);
  std::size_t widest_time = 0;
  std::size_t widest_freq = 0;
  for (std::size_t clip = 0; clip < batch.count; ++clip) {
    const auto at = [&](std::size_t t, std::size_t f) {
      return batch.features[(clip * 49 + t) * 40 + f] == -99.0F;
    };
    std::size_t rows = 0;
    std::size_t columns = 0;
    std::size_t cells = 0;
    for (std::size_t t = 0; t < 49; ++t) {
      std::size_t in_row = 0;
      for (std::size_t f = 0; f < 40; ++f) in_row += at(t, f) ? 1U : 0U;
      cells += in_row;
      rows += in_row == 40 ? 1U : 0U;
    }
    for (std::size_t f = 0; f < 40; ++f) {
      std::size_t in_column = 0;
      for (std::size_t t = 0; t < 49; ++t) in_column += at(t, f) ? 1U : 0U;
      columns += in_column == 49 ? 1U : 0U;
    }
    EXPECT_EQ(cells, rows * 40 + columns * 49 - rows * columns);
    widest_time = std::max(widest_time, rows);
    widest_freq = std::max(widest_freq, columns);
  }
  EXPECT_LE(widest_time, 8u);
  EXPECT_GE(widest_time, 6u);
  EXPECT_LE(widest_freq, 5u);
  EXPECT_GE(widest_freq, 4u);
}

TEST_F(LoaderTest, CepstraAreNotMaskedByBin) {
  spec_.kind = features::Kind::kMfcc;
  settings_.spec_augment = {0, 0, 3, 20};
  BatchLoader loader(*dataset_, settings_, spec_, flat(), 49, kSeed, 0);
  const auto& batch = loader.load(0, 0);
  EXPECT_EQ(std::count(batch.features.begin(), batch.features.end(), -99.0F), 0);
}

TEST_F(LoaderTest, ShiftStaysWithinItsBounds) {
  settings_ = DataSettings{};
  settings_.shift_ms = 100.0;
  read();
  const EpochPlanner planner(*dataset_, settings_);
  ExampleMaker maker(*dataset_, planner, settings_, spec_);
  Random random(1);
  std::size_t earliest = 16000;
  std::size_t latest = 0;
  for (int i = 0; i < 300; ++i) {
    maker.make_sound({Source::Kind::kClip, 0}, random);
    const auto sound = maker.sound();
    const auto loud = std::find_if(sound.begin(), sound.end(), [](float x) { return x > 0.1F; });
    const auto start = static_cast<std::size_t>(loud - sound.begin());
    earliest = std::min(earliest, start);
    latest = std::max(latest, start);
  }
  EXPECT_NEAR(static_cast<double>(earliest), 3200.0 - 1600.0, 60.0);
  EXPECT_NEAR(static_cast<double>(latest), 3200.0 + 1600.0, 60.0);
}

TEST_F(LoaderTest, RoamingWordsGoEverywhereAndStayWhole) {
  settings_ = DataSettings{};
  settings_.roam = true;
  settings_.speed = {0.9, 1.1};
  read();
  const EpochPlanner planner(*dataset_, settings_);
  ExampleMaker maker(*dataset_, planner, settings_, spec_);
  const Clip& clip = dataset_->clips()[0];
  const auto spoken = static_cast<double>(clip.active_end - clip.active_begin);
  Random random(1);
  double earliest = 16000.0;
  double latest = 0.0;
  for (int i = 0; i < 300; ++i) {
    maker.make_sound({Source::Kind::kClip, 0}, random);
    const auto sound = maker.sound();
    const auto loud = [](float x) { return std::abs(x) > 0.1F; };
    const auto begin = std::find_if(sound.begin(), sound.end(), loud) - sound.begin();
    const auto end = sound.rend() - std::find_if(sound.rbegin(), sound.rend(), loud);
    EXPECT_GE(static_cast<double>(end - begin), spoken / 1.1 - 700.0);  // edges are soft
    earliest = std::min(earliest, static_cast<double>(begin));
    latest = std::max(latest, static_cast<double>(end));
  }
  EXPECT_LT(earliest, 600.0);
  EXPECT_GT(latest, 16000.0 - 600.0);
}

TEST_F(LoaderTest, QuietStaysBehindAKeywordThatRoams) {
  settings_.noise_probability = 0.0;
  settings_.shift_ms = 250.0;  // farther than the quiet lets a word go
  settings_.roam = true;
  settings_.quiet_behind_ms = 250.0;
  const EpochPlanner planner(*dataset_, settings_);
  ExampleMaker maker(*dataset_, planner, settings_, spec_);
  std::size_t last_of_keywords = 0;
  std::size_t last_of_others = 0;
  for (const auto index : dataset_->clips_of(Split::kTraining)) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      Random random(seed);
      const bool keyword = maker.make_sound({Source::Kind::kClip, index}, random) < 2;
      const auto end = find_speech(maker.sound(), dataset_->rate()).end;
      auto& last = keyword ? last_of_keywords : last_of_others;
      last = std::max(last, end);
    }
  }
  // What is heard of a word is rounded to windows of 20 ms.
  EXPECT_LE(last_of_keywords, 16000u - 4000u + 640u);
  EXPECT_GT(last_of_keywords, 16000u - 4000u - 640u);
  EXPECT_GT(last_of_others, 16000u - 640u);
}

TEST_F(LoaderTest, RhymesAreNotCrossed) {
  settings_.rhymes = {"up down"};
  EXPECT_THROW(EpochPlanner(*dataset_, settings_), ConfigError) << "nothing is left to cross";
  add_word(folder_.path(), "left", 550.0, 4);
  dataset_ = std::make_unique<Dataset>(
      folder_.path(), dataset_options(settings_, {"up", "down", "left", "_unknown_", "_silence_"},
                                      Hertz{16000.0}, 2));
  const EpochPlanner planner(*dataset_, settings_);
  EXPECT_TRUE(planner.sound_alike(0, 1));
  EXPECT_TRUE(planner.sound_alike(1, 0));
  EXPECT_TRUE(planner.sound_alike(2, 2));
  EXPECT_FALSE(planner.sound_alike(0, 2));
  for (const char* bad : {"up", "up down left", "up bird"}) {
    settings_.rhymes = {bad};
    EXPECT_THROW(EpochPlanner(*dataset_, settings_), ConfigError) << bad;
  }
}

TEST_F(LoaderTest, PhrasesBeginOrEndWithinTheClip) {
  settings_.noise_probability = 0.0;
  settings_.gain_db = {0.0, 0.0};
  settings_.negatives = {{.folder = "read", .clips_per_epoch = 7, .edge_fraction = 1.0}};
  const EpochPlanner planner(*dataset_, settings_);
  ExampleMaker maker(*dataset_, planner, settings_, spec_);
  int begins = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Random random(seed);
    maker.make_sound({Source::Kind::kNegative, 0}, random);
    const auto sound = maker.sound();
    const auto quiet = [&](std::size_t from) { return rms(sound.subspan(from, 1600)) == 0.0F; };
    EXPECT_NE(quiet(0), quiet(16000 - 1600)) << seed << ": silence on one side alone";
    begins += quiet(0) ? 1 : 0;
    const auto heard = std::count_if(sound.begin(), sound.end(), [](float x) { return x != 0.0F; });
    EXPECT_GE(heard, 1500) << seed;
    EXPECT_LE(heard, 14500) << seed;
  }
  EXPECT_NEAR(begins, 100, 30);
}

TEST_F(LoaderTest, GainStaysWithinItsBounds) {
  settings_ = DataSettings{};
  settings_.gain_db = {-12.0, -6.0};
  read();
  const EpochPlanner planner(*dataset_, settings_);
  ExampleMaker maker(*dataset_, planner, settings_, spec_);
  Random random(1);
  for (int i = 0; i < 100; ++i) {
    maker.make_sound({Source::Kind::kClip, 0}, random);
    const auto level = find_speech(maker.sound(), Hertz{16000.0}).level;
    EXPECT_GE(level, 0.3535F * 0.251F * 0.99F);
    EXPECT_LE(level, 0.3535F * 0.502F * 1.01F);
  }
}

TEST_F(LoaderTest, AShorterVocalTractMovesFormantsUp) {
  // A tone in band b is heard, 1.2 times as high, where a tone 1.2 times as high would be.
  settings_ = {};
  const auto loudest_band = [&](double hertz, double factor) {
    std::filesystem::remove_all(folder_ / "up");
    add_word(folder_.path(), "up", hertz, 1);
    settings_.vocal_tract = {factor, factor};
    read();
    const EpochPlanner planner(*dataset_, settings_);
    ExampleMaker maker(*dataset_, planner, settings_, spec_);
    Random random(1);
    const auto& clips = dataset_->clips();
    const auto up =
        std::find_if(clips.begin(), clips.end(), [](const Clip& clip) { return clip.label == 0; });
    maker.make_sound({Source::Kind::kClip, static_cast<std::size_t>(up - clips.begin())}, random);
    std::vector<float> features(maker.frames() * maker.bins());
    maker.extract(features);
    const auto row = std::span(features).subspan(maker.frames() / 2 * maker.bins(), maker.bins());
    return static_cast<int>(std::max_element(row.begin(), row.end()) - row.begin());
  };
  EXPECT_NEAR(loudest_band(1000.0, 1.2), loudest_band(1200.0, 1.0), 1);
  EXPECT_GT(loudest_band(1000.0, 1.2), loudest_band(1000.0, 1.0));
}

TEST_F(LoaderTest, NoiseIsMixedAtTheRatioAskedFor) {
  settings_ = DataSettings{};
  settings_.noise_probability = 1.0;
  settings_.noise_snr_db = {10.0, 10.0};
  read();
  const EpochPlanner planner(*dataset_, settings_);
  ExampleMaker maker(*dataset_, planner, settings_, spec_);
  Random random(1);
  maker.make_sound({Source::Kind::kClip, 0}, random);
  const float noise = rms(maker.sound().first(3000));  // before the word
  EXPECT_NEAR(20.0 * std::log10(0.35355 / static_cast<double>(noise)), 10.0, 0.3);
}

TEST_F(LoaderTest, SilenceHasTheLevelAskedForOrNone) {
  settings_.silence_level_db = {-60.0, -30.0};
  const EpochPlanner planner(*dataset_, settings_);
  ExampleMaker maker(*dataset_, planner, settings_, spec_);
  Random random(1);
  int muted = 0;
  for (int i = 0; i < 400; ++i) {
    EXPECT_EQ(maker.make_sound({Source::Kind::kSilence, 0}, random), 3u);
    const float level = rms(maker.sound());
    muted += level == 0.0F ? 1 : 0;
    if (level == 0.0F) continue;
    EXPECT_GE(level, 0.00099F);
    EXPECT_LE(level, 0.0317F);
  }
  EXPECT_GT(muted, 5);
  EXPECT_LT(muted, 60);
}

TEST_F(LoaderTest, SilenceMayBeginOrEndWithinTheClip) {
  settings_.silence_edges = 1.0;
  const EpochPlanner planner(*dataset_, settings_);
  ExampleMaker maker(*dataset_, planner, settings_, spec_);
  int begins = 0;
  int noisy = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Random random(seed);
    maker.make_sound({Source::Kind::kSilence, 0}, random);
    const bool first = rms(maker.sound().first(1600)) > 0.0F;
    const bool last = rms(maker.sound().last(1600)) > 0.0F;
    if (!first && !last) continue;  // digital silence
    ++noisy;
    EXPECT_NE(first, last) << seed;
    begins += last ? 1 : 0;
  }
  EXPECT_GT(noisy, 170);
  EXPECT_NEAR(begins, noisy / 2, 30);
}

TEST_F(LoaderTest, StatisticsDoNotDependOnThreads) {
  const auto one = feature_statistics(*dataset_, settings_, spec_, kSeed, 1);
  const auto three = feature_statistics(*dataset_, settings_, spec_, kSeed, 3);
  EXPECT_EQ(one.mean, three.mean);
  EXPECT_EQ(one.deviation, three.deviation);
}

TEST_F(LoaderTest, StatisticsAreThoseOfTheEpoch) {
  settings_.spec_augment = {};
  const auto statistics = feature_statistics(*dataset_, settings_, spec_, kSeed, 1);
  BatchLoader loader(*dataset_, settings_, spec_, statistics, 49, kSeed, 0);
  const auto& batch = loader.load(0, 0);
  const auto rows = batch.count * batch.frames;
  for (std::size_t f = 0; f < 40; ++f) {
    double sum = 0.0;
    double squares = 0.0;
    for (std::size_t row = 0; row < rows; ++row) {
      const auto value = static_cast<double>(batch.features[row * 40 + f]);
      sum += value;
      squares += value * value;
    }
    const double mean = sum / static_cast<double>(rows);
    EXPECT_NEAR(statistics.mean[f], mean, 1e-4);
    EXPECT_NEAR(statistics.deviation[f],
                std::sqrt(squares / static_cast<double>(rows) - mean * mean), 1e-3);
  }
}

TEST_F(LoaderTest, AConstantBinHasDeviationOne) {
  settings_ = DataSettings{};
  for (const char* word : {"up", "down", "bed", "cat", "dog", "read"}) {
    std::filesystem::remove_all(folder_ / word);
  }
  std::filesystem::remove(folder_ / "validation_list.txt");
  add_recording(folder_ / "up" / "0a7c2a8d_nohash_0.wav", 1.0, 0.0);
  add_recording(folder_ / "down" / "0a7c2a8d_nohash_0.wav", 1.0, 0.0);
  read();
  const auto statistics = feature_statistics(*dataset_, settings_, spec_, kSeed, 1);
  EXPECT_EQ(statistics.deviation, std::vector<float>(40, 1.0F));
}

TEST_F(LoaderTest, ValidationIsCleanAndHasSilence) {
  const auto batch = clean_features(*dataset_, Split::kValidation, spec_, 2);
  ASSERT_EQ(batch.count, 3u);  // "down", "up", and as many silences as the mean keyword: one
  EXPECT_EQ(batch.labels, (std::vector<std::uint32_t>{1, 0, 3}));
  const auto again = clean_features(*dataset_, Split::kValidation, spec_, 1);
  EXPECT_EQ(batch.features, again.features);
  // The first frame of a clip is silent: log(1e-6) in every bin.
  EXPECT_NEAR(batch.features[0], std::log(1e-6F), 1e-3F);
}

TEST_F(LoaderTest, SilentKeywordsCannotBeCrossed) {
  for (const auto& entry : std::filesystem::directory_iterator(folder_ / "down")) {
    add_recording(entry.path(), 1.0, 0.0);
  }
  read();
  try {
    const BatchLoader loader(*dataset_, settings_, spec_, flat(), 10, kSeed, 0);
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), HasSubstr("digital silence"));
  }
}

TEST_F(LoaderTest, RefusesWhatTheDataLack) {
  const auto failure = [&](const DataSettings& settings) -> std::string {
    try {
      const BatchLoader loader(*dataset_, settings, spec_, flat(), 10, kSeed, 0);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(failure(settings_), "");
  std::filesystem::remove_all(folder_ / "_background_noise_");
  read();
  EXPECT_THAT(failure(settings_), HasSubstr("_background_noise_"));
  settings_.silence_clips = 0;
  settings_.noise_probability = 0.0;
  EXPECT_EQ(failure(settings_), "");
  auto options = dataset_options(settings_, {"up", "down"}, Hertz{16000.0}, 1);
  dataset_ = std::make_unique<Dataset>(folder_.path(), options);
  EXPECT_THAT(failure(settings_), HasSubstr("_unknown_"));
}

}  // namespace
}  // namespace kws::data
