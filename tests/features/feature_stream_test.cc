// SPDX-License-Identifier: MIT
//
// Streamed equals whole, bit for bit.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "base/random.h"
#include "features/extractor.h"
#include "features/reference.h"
#include "support/allocation_guard.h"

namespace kws::features {
namespace {

using testing::lively_sound;

FeatureSpec spec_of(double frame_ms, double hop_ms, Kind kind = Kind::kMfcc) {
  FeatureSpec spec;
  spec.kind = kind;
  spec.frame_ms = frame_ms;
  spec.hop_ms = hop_ms;
  return spec;
}

/// All rows that `stream` gives for `sound` in blocks of `block()` samples.
template <typename Block>
std::vector<float> streamed(FeatureStream& stream, std::span<const float> sound, Block block) {
  std::vector<float> values;
  std::vector<float> row(static_cast<std::size_t>(stream.spec().bins()));
  while (!sound.empty()) {
    auto rest = sound.first(std::min(block(), sound.size()));
    sound = sound.subspan(rest.size());
    while (!rest.empty()) {
      const std::size_t wanted = stream.samples_wanted();
      const std::size_t taken = stream.feed(rest);
      EXPECT_EQ(taken, std::min(wanted, rest.size()));
      rest = rest.subspan(taken);
      while (stream.next(row)) values.insert(values.end(), row.begin(), row.end());
    }
  }
  return values;
}

class EveryOverlap : public ::testing::TestWithParam<FeatureSpec> {};

TEST_P(EveryOverlap, StreamedEqualsWholeInBlocksOfAnySize) {
  const FeatureSpec spec = GetParam();
  const auto sound = lively_sound(9000);
  FeatureExtractor extractor(spec);
  const auto whole = extractor.extract_clip(sound);
  ASSERT_GT(whole.frames, 4u);
  FeatureStream stream(spec);
  for (const std::size_t size : {1u, 7u, 160u, 320u, 512u, 640u, 641u, 9000u}) {
    stream.reset();
    EXPECT_EQ(streamed(stream, sound, [&] { return size; }), whole.values) << size;
  }
  Random random(3);
  for (int round = 0; round < 20; ++round) {
    stream.reset();
    const auto block = [&] { return random.below(round % 2 == 0 ? 30 : 3000); };
    EXPECT_EQ(streamed(stream, sound, [&] { return 1 + block(); }), whole.values) << round;
  }
}

INSTANTIATE_TEST_SUITE_P(Specs, EveryOverlap,
                         ::testing::Values(spec_of(40, 20), spec_of(40, 10), spec_of(40, 30),
                                           spec_of(40, 40), spec_of(25, 10, Kind::kLogMel),
                                           spec_of(32, 31), spec_of(10, 1),
                                           spec_of(20, 50)),  // with gaps
                         [](const auto& spec) {
                           return "frame" + std::to_string(spec.param.frame_samples()) + "_hop" +
                                  std::to_string(spec.param.hop_samples());
                         });

TEST(FeatureStream, WantsWhatCompletesTheNextFrame) {
  FeatureStream stream(spec_of(40, 20));
  std::vector<float> row(40);
  const auto sound = lively_sound(2000);
  EXPECT_EQ(stream.samples_wanted(), 640u);
  EXPECT_EQ(stream.feed(std::span(sound).first(600)), 600u);
  EXPECT_EQ(stream.samples_wanted(), 40u);
  EXPECT_FALSE(stream.next(row));
  EXPECT_EQ(stream.feed(sound), 40u);
  EXPECT_EQ(stream.samples_wanted(), 0u);
  EXPECT_EQ(stream.feed(sound), 0u) << "a full frame is waiting";
  EXPECT_TRUE(stream.next(row));
  EXPECT_FALSE(stream.next(row));
  EXPECT_EQ(stream.samples_wanted(), 320u);
}

TEST(FeatureStream, WantsTheGapBetweenFramesToo) {
  FeatureStream stream(spec_of(20, 50));
  std::vector<float> row(40);
  EXPECT_EQ(stream.feed(lively_sound(320)), 320u);
  EXPECT_TRUE(stream.next(row));
  EXPECT_EQ(stream.samples_wanted(), 800u);
}

TEST(FeatureStream, AfterAResetTheNextSampleIsTheFirst) {
  const auto spec = spec_of(40, 20);
  const auto sound = lively_sound(3000);
  FeatureExtractor extractor(spec);
  FeatureStream stream(spec);
  (void)streamed(stream, lively_sound(777, 9), [] { return std::size_t{100}; });
  stream.reset();
  EXPECT_EQ(streamed(stream, sound, [] { return std::size_t{100}; }),
            extractor.extract_clip(sound).values);
}

TEST(FeatureStream, AllocatesNothingAfterStart) {
  FeatureStream stream(spec_of(40, 20));
  const auto sound = lively_sound(320);
  std::vector<float> row(40);
  const testing::AllocationGuard guard;
  bool any = false;
  for (int hop = 0; hop < 10; ++hop) {
    (void)stream.feed(sound);
    any |= stream.next(row);
  }
  stream.reset();
  EXPECT_EQ(guard.allocations(), 0u);
  EXPECT_TRUE(any);
}

}  // namespace
}  // namespace kws::features
