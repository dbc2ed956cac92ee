// SPDX-License-Identifier: MIT
//
// The chain of stages is nothing but the stages: whole windows of extract_clip() through the plan
// and the detector, and the blocks in which the sound comes do not matter.
#include "lane/lane.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/random.h"
#include "nn/networks.h"
#include "support/allocation_guard.h"

namespace kws::lane {
namespace {

using ::testing::HasSubstr;

/// A small network with random weights. Its posteriors wander with the sound, and the threshold is
/// low, so that there are detections to compare.
pack::ModelPack small_pack(features::FeatureSpec spec = {}) {
  pack::ModelPack pack;
  pack.name = "small";
  pack.labels = {"yes", "no", "up", "_unknown_"};
  spec.mels = 16;
  spec.coeffs = 10;
  pack.features = spec;
  pack.model.graph = nn::build_network({.kind = "ds_cnn", .channels = 12}, 24, spec.bins(), 4);
  pack.model.weights = nn::initial_weights(pack.model.graph, Random(7));
  pack.decide = {.smoothing_ms = 100.0,
                 .threshold = 0.3,
                 .min_scores = 2,
                 .refractory_ms = 200.0,
                 .rearm_ratio = 1.0};
  return pack;
}

/// Tones that come and go over noise.
std::vector<float> sound(std::size_t count, std::uint64_t seed = 1) {
  Random random(seed);
  std::vector<float> samples(count);
  double hertz = 300.0;
  double level = 0.0;
  for (std::size_t i = 0; i < count; ++i) {
    if (i % 3000 == 0) {
      hertz = random.uniform(100.0, 4000.0);
      level = random.chance(0.3) ? 0.0 : random.uniform(0.0, 0.8);
    }
    const double phase = 2.0 * std::numbers::pi * hertz * static_cast<double>(i) / 16000.0;
    samples[i] = static_cast<float>(level * std::sin(phase) + 0.02 * random.normal());
  }
  return samples;
}

/// A hop with its spans copied.
struct Kept {
  SamplePosition end;
  std::vector<float> row;
  std::vector<float> posteriors;
  std::vector<float> scores;
  std::optional<SamplePosition> detection;

  bool operator==(const Kept&) const = default;
};

std::vector<float> copy(std::span<const float> values) { return {values.begin(), values.end()}; }

/// Feeds `samples` in blocks of the sizes that `next_block` gives.
template <typename NextBlock>
std::vector<Kept> run(Lane& lane, std::span<const float> samples, NextBlock next_block) {
  std::vector<Kept> hops;
  while (!samples.empty()) {
    auto block = samples.first(std::min<std::size_t>(next_block(), samples.size()));
    samples = samples.subspan(block.size());
    while (!block.empty()) {
      std::optional<Hop> hop;
      const auto position = lane.position();
      const std::size_t taken = lane.feed(block, hop);
      EXPECT_GT(taken, 0U);
      EXPECT_EQ(lane.position(), position + taken);
      if (taken == 0) return hops;
      block = block.subspan(taken);
      if (!hop) continue;
      EXPECT_EQ(hop->end, lane.position());
      hops.push_back({hop->end, copy(hop->row), copy(hop->posteriors), copy(hop->scores), {}});
      if (hop->detection) hops.back().detection = hop->detection->time;
    }
  }
  return hops;
}

std::vector<Kept> run_whole(Lane& lane, std::span<const float> samples) {
  return run(lane, samples, [&] { return samples.size(); });
}

TEST(Lane, HopsAreTheStagesOneByOne) {
  for (const double hop_ms : {20.0, 40.0, 12.5}) {
    const auto pack = small_pack({.hop_ms = hop_ms});
    const auto samples = sound(40000);
    Lane lane(pack);
    const auto hops = run_whole(lane, samples);

    const auto matrix = features::FeatureExtractor(pack.features).extract_clip(samples);
    engine::Plan plan(pack.model);
    decide::Detector detector(pack.decide, pack.labels, 16000, pack.features.hop_samples(),
                              pack.features.samples_of(24));
    ASSERT_EQ(hops.size(), matrix.frames);
    int detections = 0;
    for (std::size_t i = 0; i < hops.size(); ++i) {
      const auto end =
          static_cast<SamplePosition>(pack.features.samples_of(static_cast<std::int64_t>(i) + 1));
      EXPECT_EQ(hops[i].end, end);
      EXPECT_EQ(hops[i].row, copy(matrix.row(i)));
      if (i + 1 < 24) {
        EXPECT_TRUE(hops[i].posteriors.empty());
        EXPECT_TRUE(hops[i].scores.empty());
        continue;
      }
      std::vector<float> posteriors(4);
      plan.run_window(
          std::span(matrix.values).subspan((i + 1 - 24) * matrix.bins, 24 * matrix.bins),
          posteriors);
      EXPECT_EQ(hops[i].posteriors, posteriors);
      const auto detection = detector.push(posteriors, end);
      EXPECT_EQ(hops[i].scores, copy(detector.scores()));
      EXPECT_EQ(hops[i].detection.has_value(), detection.has_value());
      detections += detection.has_value();
    }
    EXPECT_GT(detections, 0) << "nothing to compare";
  }
}

TEST(Lane, WholeWindowsGiveTheSame) {
  const auto pack = small_pack();
  const auto samples = sound(50000, 2);
  Lane incremental(pack);
  Lane whole(pack, pack.decide, engine::Execution::kWholeWindow);
  EXPECT_EQ(run_whole(incremental, samples), run_whole(whole, samples));
}

TEST(Lane, BlocksDoNotMatter) {
  const auto pack = small_pack();
  const auto samples = sound(50000, 2);
  Lane lane(pack);
  const auto whole = run_whole(lane, samples);
  for (const std::size_t size : {1U, 159U, 160U, 161U, 319U, 320U, 321U, 640U, 1000U, 4096U}) {
    lane.start_at(0);
    EXPECT_EQ(run(lane, samples, [&] { return size; }), whole) << size;
  }
  Random random(5);
  lane.start_at(0);
  EXPECT_EQ(run(lane, samples, [&] { return 1 + random.below(2000); }), whole);
}

TEST(Lane, StartingAgainForgetsEverything) {
  const auto pack = small_pack();
  Lane used(pack);
  (void)run_whole(used, sound(33333, 3));
  used.start_at(90000);
  EXPECT_EQ(used.position(), 90000U);
  Lane fresh(pack);
  fresh.start_at(90000);
  const auto samples = sound(30000, 4);
  EXPECT_EQ(run_whole(used, samples), run_whole(fresh, samples));
}

TEST(Lane, HistoryWarmsItCompletely) {
  const auto pack = small_pack();
  const auto samples = sound(80000, 5);
  Lane always(pack);
  const auto all = run_whole(always, samples);
  // Begin somewhere on the grid of hops, as a lane that is swapped in does.
  Lane late(pack);
  constexpr SamplePosition kStart = 100 * 320;
  late.start_at(kStart);
  const auto rest = run_whole(late, std::span(samples).subspan(kStart));
  ASSERT_EQ(all.back().end, rest.back().end);
  std::size_t compared = 0;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (rest[i].end < kStart + late.history_samples()) continue;
    const auto& other = all[all.size() - rest.size() + i];
    EXPECT_EQ(rest[i].end, other.end);
    EXPECT_EQ(rest[i].posteriors, other.posteriors);
    EXPECT_EQ(rest[i].scores, other.scores);
    ++compared;
  }
  EXPECT_GT(compared, 100U);
}

TEST(Lane, SurvivesSamplesThatAreNotFinite) {
  const auto pack = small_pack();
  auto samples = sound(60000, 6);
  const auto clean = samples;
  for (std::size_t i = 20000; i < 20700; i += 3) {
    samples[i] =
        i % 2 ? std::numeric_limits<float>::quiet_NaN() : std::numeric_limits<float>::infinity();
  }
  Lane lane(pack);
  const auto hops = run_whole(lane, samples);
  lane.start_at(0);
  const auto clean_hops = run_whole(lane, clean);
  ASSERT_EQ(hops.size(), clean_hops.size());
  for (std::size_t i = 0; i < hops.size(); ++i) {
    for (const float p : hops[i].posteriors) EXPECT_TRUE(p >= 0.0F && p <= 1.0F);
    // Once the broken stretch has left context and smoothing, no trace of it is left.
    if (hops[i].end > 20700 + lane.history_samples()) {
      EXPECT_EQ(hops[i].scores, clean_hops[i].scores);
    }
  }
}

TEST(Lane, FeedingDoesNotAllocate) {
  Lane lane(small_pack());
  const auto samples = sound(40000, 7);
  testing::AllocationGuard guard;
  std::span<const float> rest = samples;
  std::optional<Hop> hop;
  while (!rest.empty()) rest = rest.subspan(lane.feed(rest, hop));
  lane.start_at(5);
  EXPECT_EQ(guard.allocations(), 0U);
}

TEST(Lane, RefusesPartsThatDoNotFit) {
  const auto message_of = [](const pack::ModelPack& pack) -> std::string {
    try {
      Lane lane(pack);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  auto pack = small_pack();
  EXPECT_EQ(message_of(pack), "");
  pack.labels.pop_back();
  EXPECT_THAT(message_of(pack), HasSubstr("3 labels, its network gives 4"));
  pack = small_pack();
  pack.features.coeffs = 12;
  EXPECT_THAT(message_of(pack), HasSubstr("12 bins, its network wants 10"));
  pack = small_pack();
  pack.features.mels = 0;
  EXPECT_THAT(message_of(pack), HasSubstr("features.mels"));
  pack = small_pack();
  pack.decide.threshold = 7.0;
  EXPECT_THAT(message_of(pack), HasSubstr("decide.threshold"));
  pack = small_pack();
  pack.model.weights.erase("dense.bias");
  EXPECT_THAT(message_of(pack), HasSubstr("dense.bias"));
}

}  // namespace
}  // namespace kws::lane
