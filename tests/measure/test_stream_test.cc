// SPDX-License-Identifier: MIT
#include "measure/test_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "base/error.h"
#include "base/random.h"
#include "data/speech_level.h"
#include "data/synthetic_dataset.h"
#include "data/waveform.h"
#include "measure/streaming.h"
#include "measure/tone_spotter.h"
#include "support/scratch_folder.h"

namespace kws::measure {
namespace {

class TestStreamTest : public ::testing::Test {
 protected:
  TestStreamTest() {
    kws::testing::add_word(folder_.path(), "low", kws::testing::kLowHz, 5);
    kws::testing::add_word(folder_.path(), "high", kws::testing::kHighHz, 50);
    data::DatasetOptions options;
    options.labels = {"low", "high"};
    dataset_ = std::make_unique<data::Dataset>(folder_.path(), options);
    Random random(1);
    std::vector<float> hiss(48000);
    for (float& sample : hiss) sample = static_cast<float>(0.05 * random.normal());
    noise_.push_back({data::to_int16(hiss), "hiss", data::rms(hiss)});
  }

  kws::testing::ScratchFolder folder_;
  std::unique_ptr<data::Dataset> dataset_;
  std::vector<data::LongRecording> noise_;
  TestStreamSettings settings_;
};

TEST_F(TestStreamTest, IsDrawnByItsSeedAlone) {
  const auto stream = make_test_stream(*dataset_, noise_, settings_);
  const auto again = make_test_stream(*dataset_, noise_, settings_);
  EXPECT_EQ(stream.samples, again.samples);
  EXPECT_EQ(stream.words, again.words);
  settings_.seed = 2;
  EXPECT_NE(make_test_stream(*dataset_, noise_, settings_).words, stream.words);
}

TEST_F(TestStreamTest, KeepsTheGapsAndTheLength) {
  settings_.seconds = 120.0;
  const auto stream = make_test_stream(*dataset_, noise_, settings_);
  EXPECT_EQ(stream.samples.size(), 120u * 16000u);
  ASSERT_GT(stream.words.size(), 30u);
  // The tone is spoken from 0.2 s to 0.6 s of a clip of 0.9 s.
  for (std::size_t i = 1; i < stream.words.size(); ++i) {
    const double gap = stream.words[i].start_s - 0.2 - (stream.words[i - 1].end_s + 0.3);
    EXPECT_GE(gap, 1.0 - 1e-3);
    EXPECT_LE(gap, 3.0 + 1e-3);
  }
  EXPECT_LE(stream.words.back().end_s, 118.0);
  EXPECT_GE(stream.words.back().end_s, 118.0 - 4.5);
}

TEST_F(TestStreamTest, DrawsWordsEvenlyWhateverTheirClips) {
  settings_.seconds = 1200.0;
  std::map<std::string, int> count;
  for (const auto& word : make_test_stream(*dataset_, noise_, settings_).words) {
    ++count[word.word];
  }
  const int all = count["low"] + count["high"];
  EXPECT_NEAR(count["low"], all / 2, 4 * std::sqrt(all) / 2);
}

TEST_F(TestStreamTest, HasTheRatioAskedForThroughout) {
  for (const double snr : {0.0, 10.0, 20.0}) {
    settings_.snr_db = snr;
    const auto stream = make_test_stream(*dataset_, noise_, settings_);
    for (const auto& word : stream.words) {
      const auto piece = [&](double begin, double end) {
        return std::span(stream.samples)
            .subspan(static_cast<std::size_t>(begin * 16000.0),
                     static_cast<std::size_t>((end - begin) * 16000.0));
      };
      const float loud = data::rms(piece(word.start_s + 0.05, word.end_s - 0.05));
      const float quiet = data::rms(piece(word.start_s - 1.0, word.start_s - 0.25));
      const double speech = std::sqrt(static_cast<double>(loud * loud - quiet * quiet));
      // Crossfades of uncorrelated noise wander by a little more than a decibel.
      EXPECT_NEAR(20.0 * std::log10(speech / static_cast<double>(quiet)), snr, 1.5);
    }
  }
}

TEST_F(TestStreamTest, NeverClips) {
  settings_.snr_db = -20.0;
  const auto stream = make_test_stream(*dataset_, noise_, settings_);
  for (const float sample : stream.samples) ASSERT_LE(std::abs(sample), 0.99F + 1e-6F);
}

TEST_F(TestStreamTest, IsFoundByAModelThatKnowsItsWords) {
  settings_.snr_db = 30.0;
  const auto stream = make_test_stream(*dataset_, noise_, settings_);
  auto pack = kws::testing::tone_spotter();
  pack.model.weights["dense.bias"][3] = -1.0F;  // the hiss is louder than silence
  const auto report = stream_report(pack, stream.samples, stream.words);
  EXPECT_EQ(report.match.correct, stream.words.size());
  EXPECT_EQ(report.match.wrong, 0u);
}

TEST_F(TestStreamTest, RefusesTheImpossible) {
  EXPECT_THROW((void)make_test_stream(*dataset_, {}, settings_), DataError);
  settings_.seconds = 3.0;
  EXPECT_THROW((void)make_test_stream(*dataset_, noise_, settings_), UsageError);
}

}  // namespace
}  // namespace kws::measure
