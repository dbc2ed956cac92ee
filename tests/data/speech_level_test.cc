// SPDX-License-Identifier: MIT
#include "data/speech_level.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "data/synthetic_dataset.h"

namespace kws::data {
namespace {

constexpr Hertz kRate{16000.0};

TEST(Rms, OfASineIsItsAmplitudeOverRootTwo) {
  const auto samples = kws::testing::tone_clip(500.0);
  EXPECT_NEAR(rms(std::span(samples).subspan(3200, 6400)), 0.5 / std::sqrt(2.0), 1e-4);
  EXPECT_EQ(rms({}), 0.0F);
}

TEST(FindSpeech, FindsTheLoudPartAndItsLevel) {
  const auto part = find_speech(kws::testing::tone_clip(500.0), kRate);
  EXPECT_EQ(part.begin, 3200u);
  EXPECT_EQ(part.end, 9600u);
  EXPECT_NEAR(part.level, 0.5 / std::sqrt(2.0), 1e-3);
}

TEST(FindSpeech, LevelDoesNotDependOnThePadding) {
  auto samples = kws::testing::tone_clip(500.0);
  const float level = find_speech(samples, kRate).level;
  samples.resize(32000, 0.0F);
  EXPECT_NEAR(find_speech(samples, kRate).level, level, 1e-6F);
}

TEST(FindSpeech, OfNothingIsNothing) {
  const std::vector<float> silence(1000, 0.0F);
  const auto part = find_speech(silence, kRate);
  EXPECT_EQ(part.begin, part.end);
  EXPECT_EQ(part.level, 0.0F);
  EXPECT_EQ(find_speech({}, kRate).end, 0u);
}

TEST(FindSpeech, TakesSteadyNoiseAsOnePart) {
  const std::vector<float> steady(16000, 0.1F);
  const auto part = find_speech(steady, kRate);
  EXPECT_EQ(part.begin, 0u);
  EXPECT_EQ(part.end, 16000u);
}

}  // namespace
}  // namespace kws::data
