// SPDX-License-Identifier: MIT
//
// Each rule of docs/decide.md by an example whose answer can be counted on the fingers; the rules
// together are in detector_property_test.cc.
#include "decide/detector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "base/error.h"
#include "support/allocation_guard.h"

namespace kws::decide {
namespace {

using ::testing::HasSubstr;

constexpr std::int64_t kRate = 16000;
constexpr std::int64_t kHop = 320;        // 20 ms
constexpr std::int64_t kContext = 16000;  // 1 s
const std::vector<std::string> kLabels{"yes", "no", "_unknown_"};

/// Feeds one posterior per hop and remembers what came out.
class Stream {
 public:
  explicit Stream(const Settings& settings)
      : detector(settings, kLabels, kRate, kHop, kContext), end(kContext) {}

  /// `hops` posteriors: `yes`, `no`, and the rest.
  void feed(int hops, float yes, float no = 0.0F) {
    for (int i = 0; i < hops; ++i) {
      const float posteriors[] = {yes, no, 1.0F - yes - no};
      if (const auto found = detector.push(posteriors, end)) detections.push_back(*found);
      end += kHop;
    }
  }

  Detector detector;
  SamplePosition end;
  std::vector<Detection> detections;
};

TEST(Detector, FiresWhenTheMeanReachesTheThreshold) {
  Stream stream({.smoothing_ms = 200.0, .threshold = 0.75});  // 10 posteriors
  stream.feed(20, 0.0F);
  const auto began = stream.end;
  stream.feed(10, 1.0F);
  ASSERT_EQ(stream.detections.size(), 1U);
  EXPECT_EQ(stream.detections[0].label, 0U);
  EXPECT_FLOAT_EQ(stream.detections[0].score, 0.8F);  // 8 of 10: 0.7 was too little
  EXPECT_EQ(stream.detections[0].time, began + 7 * kHop);
}

TEST(Detector, AveragesAudioTimeAndNotPosteriors) {
  // Every second hop is missing: the same stretch of sound holds half the posteriors, and the mean
  // is the same.
  Detector detector({.smoothing_ms = 200.0}, kLabels, kRate, kHop, kContext);
  const float yes[] = {1.0F, 0.0F, 0.0F};
  const float none[] = {0.0F, 0.0F, 1.0F};
  SamplePosition end = kContext;
  for (int i = 0; i < 20; ++i, end += 2 * kHop) (void)detector.push(none, end);
  for (int i = 0; i < 2; ++i, end += 2 * kHop) (void)detector.push(yes, end);
  EXPECT_FLOAT_EQ(detector.scores()[0], 2.0F / 5.0F);
}

TEST(Detector, SmoothingOfZeroTakesTheLatestAlone) {
  Stream stream({.smoothing_ms = 0.0, .min_scores = 1});
  stream.feed(3, 0.1F);
  stream.feed(1, 0.9F);
  EXPECT_FLOAT_EQ(stream.detector.scores()[0], 0.9F);
  EXPECT_EQ(stream.detections.size(), 1U);
}

TEST(Detector, WaitsForMinScores) {
  Stream stream({.min_scores = 5});
  const auto began = stream.end;
  stream.feed(10, 1.0F);
  ASSERT_EQ(stream.detections.size(), 1U);
  EXPECT_EQ(stream.detections[0].time, began + 4 * kHop);
}

TEST(Detector, HearsNothingBeforeAWholeContext) {
  Detector detector({.smoothing_ms = 0.0, .min_scores = 1}, kLabels, kRate, kHop, kContext);
  const float yes[] = {1.0F, 0.0F, 0.0F};
  EXPECT_FALSE(detector.push(yes, kContext - 1));
  EXPECT_TRUE(detector.push(yes, kContext));

  detector.reset(50000);
  EXPECT_FALSE(detector.push(yes, 50000 + kContext - 1));
  EXPECT_TRUE(detector.push(yes, 50000 + kContext));
}

TEST(Detector, KeepsQuietForTheRefractoryTimeWhateverTheWord) {
  Stream stream({.smoothing_ms = 0.0, .min_scores = 1, .refractory_ms = 1000.0});
  stream.feed(1, 0.9F);
  const auto first = stream.detections.at(0).time;
  stream.feed(60, 0.0F, 0.9F);
  ASSERT_EQ(stream.detections.size(), 2U);
  EXPECT_EQ(stream.detections[1].label, 1U);
  EXPECT_EQ(stream.detections[1].time, first + kRate);
}

TEST(Detector, RearmsBelowTheRatio) {
  Stream stream({.smoothing_ms = 0.0,
                 .threshold = 0.8,
                 .min_scores = 1,
                 .refractory_ms = 100.0,
                 .rearm_ratio = 0.5});
  stream.feed(100, 0.9F);  // a word that never ends is one word
  stream.feed(1, 0.4F);    // not below 0.4
  stream.feed(100, 0.9F);
  EXPECT_EQ(stream.detections.size(), 1U);
  stream.feed(1, 0.39F);
  stream.feed(1, 0.9F);
  EXPECT_EQ(stream.detections.size(), 2U);
}

TEST(Detector, PatienceWantsScoresInARow) {
  Stream stream({.smoothing_ms = 0.0, .min_scores = 1, .patience = 3});
  for (int i = 0; i < 10; ++i) {
    stream.feed(2, 0.9F);
    stream.feed(1, 0.79F);
  }
  EXPECT_TRUE(stream.detections.empty());
  stream.feed(3, 0.9F);
  EXPECT_EQ(stream.detections.size(), 1U);
}

TEST(Detector, TheStrongerKeywordWins) {
  Stream stream({.smoothing_ms = 0.0, .threshold = 0.3, .min_scores = 1});
  stream.feed(1, 0.4F, 0.5F);
  ASSERT_EQ(stream.detections.size(), 1U);
  EXPECT_EQ(stream.detections[0].label, 1U);
}

TEST(Detector, UnknownAndSilenceAreNeverDetected) {
  Stream stream({.smoothing_ms = 0.0, .threshold = 0.0, .min_scores = 1});
  stream.feed(50, -1.0F, -1.0F);
  for (const auto& detection : stream.detections) EXPECT_NE(detection.label, 2U);
  EXPECT_GT(stream.detector.thresholds()[2], 1.0F);
}

TEST(Detector, ThresholdsOfTheirOwnGoBeforeTheCommonOne) {
  Stream stream(
      {.smoothing_ms = 0.0, .threshold = 0.9, .thresholds = {{"no", 0.5}}, .min_scores = 1});
  stream.feed(1, 0.4F, 0.6F);
  ASSERT_EQ(stream.detections.size(), 1U);
  EXPECT_EQ(stream.detections[0].label, 1U);
}

TEST(Detector, ShiftsThresholdsWithinTheirRange) {
  Stream stream({.threshold = 0.8, .thresholds = {{"no", 0.5}}});
  stream.detector.shift_thresholds(0.1F);
  EXPECT_FLOAT_EQ(stream.detector.thresholds()[0], 0.9F);
  EXPECT_FLOAT_EQ(stream.detector.thresholds()[1], 0.6F);
  stream.detector.shift_thresholds(5.0F);
  EXPECT_FLOAT_EQ(stream.detector.thresholds()[0], 1.0F);
  stream.detector.shift_thresholds(-5.0F);
  EXPECT_FLOAT_EQ(stream.detector.thresholds()[1], 0.01F);
  EXPECT_GT(stream.detector.thresholds()[2], 1.0F);
}

TEST(Detector, ThresholdsThatWereHeldKeepTheirDistance) {
  Stream stream({.threshold = 0.8, .thresholds = {{"no", 0.5}}});
  stream.detector.shift_thresholds(0.4F);
  EXPECT_FLOAT_EQ(stream.detector.thresholds()[0], 1.0F);
  EXPECT_FLOAT_EQ(stream.detector.thresholds()[1], 0.9F);
  stream.detector.shift_thresholds(0.4F);  // all at the end: more than that is not remembered
  EXPECT_FLOAT_EQ(stream.detector.threshold_shift(), 0.5F);
  stream.detector.shift_thresholds(-0.5F);
  EXPECT_FLOAT_EQ(stream.detector.thresholds()[0], 0.8F);
  EXPECT_FLOAT_EQ(stream.detector.thresholds()[1], 0.5F);
}

TEST(Detector, ResetIsLikeNew) {
  const Settings settings{.smoothing_ms = 100.0, .refractory_ms = 10000.0};
  Stream used(settings);
  used.feed(30, 0.95F);
  ASSERT_EQ(used.detections.size(), 1U);
  used.detector.reset(used.end);
  EXPECT_EQ(used.detector.scores()[0], 0.0F);
  used.end += kContext;
  used.feed(30, 0.95F);
  EXPECT_EQ(used.detections.size(), 2U);
}

TEST(Detector, WhatIsNoNumberCountsAsZero) {
  Stream stream({.smoothing_ms = 40.0, .min_scores = 2});
  stream.feed(1, 1.0F);
  stream.feed(1, std::numeric_limits<float>::quiet_NaN());
  EXPECT_FLOAT_EQ(stream.detector.scores()[0], 0.5F);
}

TEST(Detector, IgnoresAPositionThatDoesNotMoveOn) {
  Detector detector({.smoothing_ms = 200.0}, kLabels, kRate, kHop, kContext);
  const float yes[] = {1.0F, 0.0F, 0.0F};
  const float none[] = {0.0F, 0.0F, 1.0F};
  (void)detector.push(yes, 20000);
  EXPECT_FALSE(detector.push(none, 20000));
  EXPECT_FALSE(detector.push(none, 19000));
  EXPECT_FLOAT_EQ(detector.scores()[0], 1.0F);
}

// A network that has learnt from clips of one second speaks up while the word is inside its
// context: here from 60 ms before the word's end until its first 60 ms have left.
TEST(Detector, StretchLiesOnTheWord) {
  constexpr SamplePosition kWordStart = 5 * kRate;
  constexpr SamplePosition kSlack = 60 * kRate / 1000;
  for (const std::int64_t duration_ms : {300, 450, 600}) {
    const SamplePosition word_end = kWordStart + static_cast<SamplePosition>(duration_ms) * 16;
    Stream stream({});
    while (stream.end < 8 * kRate) {
      const bool inside =
          stream.end + kSlack >= word_end && stream.end - kContext <= kWordStart + kSlack;
      stream.feed(1, inside ? 0.97F : 0.01F);
    }
    ASSERT_EQ(stream.detections.size(), 1U);
    const auto& found = stream.detections[0];
    EXPECT_LE(found.start, kWordStart + kSlack) << duration_ms;
    EXPECT_GE(found.end + kSlack, word_end) << duration_ms;
    EXPECT_LE(found.end - found.start, static_cast<SamplePosition>(kContext)) << duration_ms;
    EXPECT_LE(found.end, found.time) << duration_ms;
    // Its middle is less than half a second from the word's.
    const double middle = static_cast<double>(found.start + found.end) / 2.0;
    const double word_middle = static_cast<double>(kWordStart + word_end) / 2.0;
    EXPECT_LT(std::abs(middle - word_middle), 0.5 * kRate) << duration_ms;
  }
}

TEST(Detector, StretchOfAnEndlessWordIsTheNewestContext) {
  Stream stream({.smoothing_ms = 2000.0, .min_scores = 80});
  stream.feed(100, 1.0F);
  ASSERT_EQ(stream.detections.size(), 1U);
  EXPECT_EQ(stream.detections[0].end, stream.detections[0].time);
  EXPECT_EQ(stream.detections[0].start + kContext, stream.detections[0].end);
}

TEST(Detector, PushDoesNotAllocate) {
  Detector detector({}, kLabels, kRate, kHop, kContext);
  const float yes[] = {1.0F, 0.0F, 0.0F};
  const float none[] = {0.0F, 0.0F, 1.0F};
  testing::AllocationGuard guard;
  SamplePosition end = 0;
  for (int i = 0; i < 500; ++i, end += kHop) (void)detector.push(i / 60 % 2 ? yes : none, end);
  detector.shift_thresholds(0.05F);
  detector.reset(end);
  EXPECT_EQ(guard.allocations(), 0U);
}

std::string message_of(const Settings& settings) {
  try {
    Detector(settings, kLabels, kRate, kHop, kContext);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(Settings, BadOnesAreNamed) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(message_of({.smoothing_ms = -1.0}), HasSubstr("decide.smoothing_ms"));
  EXPECT_THAT(message_of({.smoothing_ms = nan}), HasSubstr("decide.smoothing_ms"));
  EXPECT_THAT(message_of({.threshold = 1.01}), HasSubstr("decide.threshold"));
  EXPECT_THAT(message_of({.thresholds = {{"no", -0.1}}}), HasSubstr("decide.thresholds.no"));
  EXPECT_THAT(message_of({.thresholds = {{"yess", 0.5}}}), HasSubstr("did you mean 'yes'?"));
  EXPECT_THAT(message_of({.thresholds = {{"_unknown_", 0.5}}}), HasSubstr("no keyword"));
  EXPECT_THAT(message_of({.min_scores = 0}), HasSubstr("decide.min_scores"));
  EXPECT_THAT(message_of({.smoothing_ms = 100.0, .min_scores = 6}), HasSubstr("holds only 5"));
  EXPECT_THAT(message_of({.refractory_ms = 1e9}), HasSubstr("decide.refractory_ms"));
  EXPECT_THAT(message_of({.rearm_ratio = 1.5}), HasSubstr("decide.rearm_ratio"));
  EXPECT_THAT(message_of({.patience = 0}), HasSubstr("decide.patience"));
}

TEST(Settings, EveryPresetWorksAtTheUsualHop) {
  for (const auto& name : preset_names()) {
    const auto settings = preset(name);
    EXPECT_EQ(message_of(settings), "") << name;
    EXPECT_NO_THROW(Detector(settings, kLabels, kRate, 480, kContext)) << name;  // 30 ms
  }
  EXPECT_EQ(preset("default"), Settings{});
  EXPECT_EQ(preset("tensorflow").refractory_ms, 500.0);
  EXPECT_THROW((void)preset("tensorflo"), ConfigError);
}

TEST(Settings, LabelsBetweenUnderscoresAreNoKeywords) {
  EXPECT_TRUE(is_keyword("yes"));
  EXPECT_TRUE(is_keyword("_yes"));
  EXPECT_TRUE(is_keyword("_"));
  EXPECT_FALSE(is_keyword("_silence_"));
  EXPECT_FALSE(is_keyword(""));
}

}  // namespace
}  // namespace kws::decide
