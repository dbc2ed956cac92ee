// SPDX-License-Identifier: MIT
//
// A swap loses nothing: from the hop at which the new lane takes over, the stream is, bit for bit,
// that of the new lane as if it had always been at work.
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>

#include "live/onlooker.h"
#include "live/recogniser.h"
#include "live/small_model.h"

namespace kws::live {
namespace {

using testing::HeardPosteriors;
using testing::Onlooker;
using testing::small_pack;
using testing::SmallModel;
using testing::tones;

std::unique_ptr<LiveLane> make_lane(const pack::ModelPack& pack, std::uint32_t model) {
  return std::make_unique<LiveLane>(pack, pack.decide, model);
}

struct Rig {
  explicit Rig(const pack::ModelPack& pack)
      : recogniser(make_lane(pack, 0), {}, telemetry), onlooker(telemetry) {}

  void push(std::span<const float> samples, std::size_t block = 400) {
    while (!samples.empty()) {
      const auto count = std::min(block, samples.size());
      recogniser.push(samples.first(count), std::nullopt);
      onlooker.look();
      samples = samples.subspan(count);
    }
  }
  const State& state() {
    telemetry.state.refresh();
    return telemetry.state.front();
  }

  Telemetry telemetry;
  Recogniser recogniser;
  Onlooker onlooker;
};

std::vector<HeardPosteriors> posteriors_of(const pack::ModelPack& pack,
                                           std::span<const float> samples) {
  Rig rig(pack);
  rig.push(samples);
  return rig.onlooker.posteriors;
}

const std::vector<SmallModel>& models() {
  using features::Kind;
  static const std::vector<SmallModel> kModels{
      {.name = "a"},
      {.name = "b", .seed = 8},                                       // same front end
      {.name = "c", .kind = Kind::kLogMel, .seed = 9},                // same hops, other rows
      {.name = "d", .frame_ms = 25.0, .hop_ms = 10.0, .frames = 49},  // twice as many hops
      {.name = "e", .frame_ms = 64.0, .hop_ms = 32.0, .frames = 30},  // hops that rarely meet
      {.name = "f", .frame_ms = 30.0, .hop_ms = 12.5, .frames = 40},
  };
  return kModels;
}

TEST(Swap, GoesOnAsTheNewLaneAlone) {
  const auto samples = tones(64'000, 3);
  std::vector<std::vector<HeardPosteriors>> alone;
  for (const auto& model : models()) alone.push_back(posteriors_of(small_pack(model), samples));

  Random random(11);
  for (std::size_t a = 0; a < models().size(); ++a) {
    for (std::size_t b = 0; b < models().size(); ++b) {
      const auto at = 1'000 + random.below(60'000);  // of the swap
      const auto late = random.below(2'000);         // heard while the lane was on its way
      Rig rig(small_pack(models()[a]));
      rig.push(std::span(samples).first(at), 1 + random.below(3'000));

      auto fresh = make_lane(small_pack(models()[b]), 1);
      ASSERT_TRUE(warm(*fresh, rig.recogniser.history()));
      rig.push(std::span(samples).subspan(at, late), 1 + random.below(3'000));
      const auto last_of_a = rig.recogniser.history().boundary();
      rig.recogniser.lanes().offer(std::move(fresh));
      rig.push(std::span(samples).subspan(at + late), 1 + random.below(3'000));
      ASSERT_NE(rig.recogniser.lanes().collect(), nullptr);

      std::vector<HeardPosteriors> expected;
      std::copy_if(alone[a].begin(), alone[a].end(), std::back_inserter(expected),
                   [&](const auto& hop) { return hop.end <= last_of_a; });
      const auto own = std::ssize(expected);
      std::copy_if(alone[b].begin(), alone[b].end(), std::back_inserter(expected),
                   [&](const auto& hop) { return hop.end > last_of_a; });
      std::for_each(expected.begin() + own, expected.end(), [](auto& hop) { hop.lane = 1; });
      ASSERT_EQ(rig.onlooker.posteriors, expected)
          << models()[a].name << " to " << models()[b].name << " at " << at << ", " << late
          << " samples late";
      EXPECT_EQ(rig.state().generation, 1U);
      EXPECT_EQ(rig.state().lane, 1U);
      EXPECT_EQ(rig.state().dropped_hops, 0U);
      EXPECT_EQ(rig.onlooker.missed(), 0U);
    }
  }
}

TEST(Swap, ToTheSameModelChangesNothing) {
  const auto pack = small_pack();
  const auto samples = tones(160'000, 4);
  Rig unswapped(pack);
  unswapped.push(samples);
  ASSERT_GE(unswapped.onlooker.detections.size(), 5U);

  Random random(12);
  Rig rig(pack);
  std::span<const float> rest = samples;
  std::uint32_t swaps = 0;
  while (!rest.empty()) {
    const auto piece = std::min<std::size_t>(rest.size(), random.below(6'000));
    rig.push(rest.first(piece));
    rest = rest.subspan(piece);
    auto fresh = make_lane(pack, 0);
    ASSERT_TRUE(warm(*fresh, rig.recogniser.history()));
    const auto late = std::min<std::size_t>(rest.size(), random.below(1'000));
    rig.push(rest.first(late));
    rest = rest.subspan(late);
    rig.recogniser.lanes().offer(std::move(fresh));
    rig.recogniser.idle();
    ASSERT_FALSE(rig.recogniser.lanes().collect()->stale);
    ++swaps;
  }
  rig.onlooker.look();
  EXPECT_EQ(rig.onlooker.detections, unswapped.onlooker.detections) << "none twice, none missing";
  EXPECT_EQ(rig.onlooker.posteriors, unswapped.onlooker.posteriors);
  EXPECT_EQ(rig.state().generation, swaps);
}

// The predecessor has just reported a word; a newcomer that is slower to decide hears the same word
// after the swap.
TEST(Swap, KeepsThePredecessorsRefractoryTime) {
  const auto pack = small_pack();
  const auto samples = tones(160'000, 4);
  Rig alone(pack);
  alone.push(samples);
  for (const auto& detection : alone.onlooker.detections) {
    const auto at = static_cast<std::size_t>(detection.time_s * 16'000.0 + 0.5);
    Rig rig(pack);
    rig.push(std::span(samples).first(at));
    ASSERT_EQ(rig.onlooker.detections.back(), detection);
    auto slower = pack;
    slower.decide.smoothing_ms = 200.0;
    slower.decide.threshold = 0.25;
    auto fresh = make_lane(slower, 1);
    ASSERT_TRUE(warm(*fresh, rig.recogniser.history()));
    rig.recogniser.lanes().offer(std::move(fresh));
    const auto before = rig.onlooker.detections.size();
    rig.push(std::span(samples).subspan(at, std::min<std::size_t>(3'199, samples.size() - at)));
    EXPECT_EQ(rig.onlooker.detections.size(), before) << "within 200 ms of " << detection.time_s;
  }
}

// A word that the newcomer decided on a moment before the swap, and its predecessor would have a
// moment after it.
TEST(Swap, LetsNoWordFallBetweenTheLanes) {
  auto deaf = small_pack();
  deaf.decide.threshold = 1.0;
  const auto pack = small_pack();
  const auto samples = tones(160'000, 4);
  Rig alone(pack);
  alone.push(samples);
  ASSERT_GE(alone.onlooker.detections.size(), 5U);
  for (const auto& detection : alone.onlooker.detections) {
    const auto time = static_cast<std::size_t>(detection.time_s * 16'000.0 + 0.5);
    for (const std::size_t after : {0U, 320U, 1'600U, 3'200U}) {
      if (time + after > samples.size()) continue;
      Rig rig(deaf);
      rig.push(std::span(samples).first(time + after));
      ASSERT_TRUE(rig.onlooker.detections.empty());
      auto fresh = make_lane(pack, 1);
      ASSERT_TRUE(warm(*fresh, rig.recogniser.history()));
      rig.recogniser.lanes().offer(std::move(fresh));
      rig.recogniser.idle();
      rig.onlooker.look();
      const bool recent = after < 1'600;  // less than the smoothing window
      ASSERT_EQ(rig.onlooker.detections.size(), recent ? 1U : 0U) << after;
      if (recent) {
        EXPECT_EQ(rig.onlooker.detections[0], detection);
      }
    }
  }
}

TEST(Swap, RefusesALaneThatIsTooFarBehind) {
  const auto pack = small_pack();
  const auto samples = tones(96'000);
  Rig rig(pack);
  rig.push(std::span(samples).first(40'000));
  auto fresh = make_lane(pack, 1);
  ASSERT_TRUE(warm(*fresh, rig.recogniser.history()));
  rig.push(std::span(samples).subspan(40'000, 16'000));
  rig.recogniser.lanes().offer(std::move(fresh));
  rig.recogniser.idle();
  EXPECT_EQ(rig.state().generation, 0U);
  fresh = rig.recogniser.lanes().collect();
  ASSERT_NE(fresh, nullptr);
  EXPECT_TRUE(fresh->stale);
  ASSERT_TRUE(warm(*fresh, rig.recogniser.history()));
  rig.recogniser.lanes().offer(std::move(fresh));
  rig.recogniser.idle();
  EXPECT_EQ(rig.state().generation, 1U);
}

TEST(Swap, RefusesALaneFromBeforeAGap) {
  const auto pack = small_pack();
  Rig rig(pack);
  rig.push(tones(40'000));
  auto fresh = make_lane(pack, 1);
  ASSERT_TRUE(warm(*fresh, rig.recogniser.history()));
  rig.recogniser.lose(0, 0);
  rig.recogniser.lanes().offer(std::move(fresh));
  rig.recogniser.idle();
  EXPECT_EQ(rig.state().generation, 0U);
  EXPECT_TRUE(rig.recogniser.lanes().collect()->stale);
}

// A gap of unknown length leaves the position where it is, so the origin alone tells it.
TEST(Swap, WorksRightBehindAGapAndBeforeTheFirstHop) {
  const auto pack = small_pack();
  const auto samples = tones(32'000, 2);
  Rig rig(pack);
  rig.push(tones(12'345));
  rig.recogniser.lose(55, 55);
  rig.push(std::span(samples).first(100));
  auto fresh = make_lane(pack, 1);
  ASSERT_TRUE(warm(*fresh, rig.recogniser.history()));
  rig.recogniser.lanes().offer(std::move(fresh));
  rig.push(std::span(samples).subspan(100));
  EXPECT_EQ(rig.state().generation, 1U);

  lane::Lane alone(pack);
  alone.start_at(12'400);
  std::vector<HeardPosteriors> expected;
  for (std::span<const float> rest = samples; !rest.empty();) {
    std::optional<lane::Hop> hop;
    rest = rest.subspan(alone.feed(rest, hop));
    if (hop && !hop->posteriors.empty()) {
      expected.push_back({hop->end, 1, {hop->posteriors.begin(), hop->posteriors.end()}});
    }
  }
  const auto& heard = rig.onlooker.posteriors;
  ASSERT_GE(heard.size(), expected.size());
  EXPECT_TRUE(std::equal(expected.begin(), expected.end(), heard.end() - std::ssize(expected)));
}

}  // namespace
}  // namespace kws::live
