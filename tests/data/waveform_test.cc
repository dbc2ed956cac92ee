// SPDX-License-Identifier: MIT
#include "data/waveform.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <set>
#include <vector>

namespace kws::data {
namespace {

std::vector<float> ramp(std::size_t count) {
  std::vector<float> samples(count);
  for (std::size_t i = 0; i < count; ++i) samples[i] = static_cast<float>(i + 1);
  return samples;
}

TEST(Play, MovesByWholeSamplesExactly) {
  const auto from = ramp(10);
  std::vector<float> into(10);
  play(from, 3.0, 1.0, into);
  EXPECT_EQ(into, (std::vector<float>{4, 5, 6, 7, 8, 9, 10, 0, 0, 0}));
  play(from, -2.0, 1.0, into);
  EXPECT_EQ(into, (std::vector<float>{0, 0, 1, 2, 3, 4, 5, 6, 7, 8}));
  play(from, 20.0, 1.0, into);
  EXPECT_EQ(into, std::vector<float>(10, 0.0F));
  play(from, -20.0, 1.0, into);
  EXPECT_EQ(into, std::vector<float>(10, 0.0F));
}

TEST(Play, InterpolatesALineExactlyInside) {
  const auto from = ramp(100);
  std::vector<float> into(60);
  play(from, 5.25, 1.25, into);
  for (std::size_t n = 0; n < into.size(); ++n) {
    EXPECT_NEAR(into[n], 6.25 + 1.25 * static_cast<double>(n), 1e-4);
  }
}

TEST(Play, IsTheSameNearTheEdgesAsInside) {
  // What lies outside counts as zero, so padding with zeros changes nothing.
  auto from = ramp(40);
  std::vector<float> bare(80);
  play(from, -7.3, 0.9, bare);
  std::vector<float> padded(140, 0.0F);
  std::copy(from.begin(), from.end(), padded.begin() + 50);
  std::vector<float> inside(80);
  play(padded, 50.0 - 7.3, 0.9, inside);
  for (std::size_t n = 0; n < bare.size(); ++n) EXPECT_NEAR(bare[n], inside[n], 1e-3) << n;
}

TEST(Play, RaisesThePitchWithTheSpeed) {
  std::vector<float> from(16000);
  for (std::size_t i = 0; i < from.size(); ++i) {
    from[i] = static_cast<float>(
        std::sin(2.0 * std::numbers::pi * 440.0 * static_cast<double>(i) / 16000.0));
  }
  std::vector<float> into(12000);
  play(from, 0.0, 1.1, into);
  for (std::size_t n = 10; n + 10 < into.size(); ++n) {
    const double wanted =
        std::sin(2.0 * std::numbers::pi * 484.0 * static_cast<double>(n) / 16000.0);
    ASSERT_NEAR(into[n], wanted, 2e-3) << n;
  }
}

TEST(Play, NeverReadsOutsideForAnyOriginAndSpeed) {
  Random random(3);
  for (int i = 0; i < 2000; ++i) {
    const std::vector<float> from(random.below(9), 1.0F);  // the sanitizer watches
    std::vector<float> into(random.below(9));
    play(from, random.uniform(-12.0, 12.0), random.uniform(0.5, 2.0), into);
    for (const float sample : into) EXPECT_LE(std::abs(sample), 1.3F);
  }
}

TEST(FadeEnds, LeavesTheMiddleAlone) {
  std::vector<float> samples(100, 1.0F);
  fade_ends(samples, 10);
  EXPECT_LT(samples.front(), 0.01F);
  EXPECT_LT(samples.back(), 0.01F);
  EXPECT_EQ(samples[10], 1.0F);
  EXPECT_EQ(samples[89], 1.0F);
  std::vector<float> tiny(3, 1.0F);
  fade_ends(tiny, 10);
  EXPECT_EQ(tiny[1], 1.0F);
}

TEST(TrainingPart, SharesNothingWithTheValidationPart) {
  LongRecording noise;
  for (std::int16_t i = 0; i < 1003; ++i) noise.samples.push_back(i);
  const auto training = training_part(noise);
  const auto validation = validation_part(noise);
  EXPECT_EQ(training.size() + validation.size(), 1003u);
  EXPECT_EQ(training.size(), 903u);
  EXPECT_EQ(validation.front(), 903);
}

TEST(CutNoise, RepeatsWhatIsTooShort) {
  const std::vector<std::int16_t> noise = {3277, 6554, 9830};
  Random random(1);
  std::vector<float> into(10);
  cut_noise(noise, random, into);
  for (std::size_t i = 3; i < into.size(); ++i) EXPECT_EQ(into[i], into[i - 3]);
  EXPECT_EQ(std::set<float>(into.begin(), into.end()).size(), 3u);
}

TEST(AddScaled, StaysWithinFullScale) {
  std::vector<float> samples = {0.9F, -0.9F, 0.1F};
  add_scaled(std::vector<float>{1.0F, -1.0F, 1.0F}, 0.5F, samples);
  EXPECT_EQ(samples, (std::vector<float>{1.0F, -1.0F, 0.6F}));
}

}  // namespace
}  // namespace kws::data
