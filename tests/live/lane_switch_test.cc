// SPDX-License-Identifier: MIT
#include "live/lane_switch.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/error.h"
#include "live/small_model.h"

namespace kws::live {
namespace {

using testing::small_pack;
using testing::tones;

std::unique_ptr<LiveLane> make_lane(std::uint32_t model = 0) {
  const auto pack = small_pack();
  return std::make_unique<LiveLane>(pack, pack.decide, model);
}

void hear(SampleHistory& history, std::span<const float> samples) {
  while (!samples.empty()) {
    const auto count = std::min(samples.size(), SampleHistory::kMaxAppend);
    history.append(samples.first(count));
    samples = samples.subspan(count);
  }
}

TEST(LaneSwitch, HandsOverAndGetsBack) {
  LaneSwitch lanes;
  EXPECT_EQ(lanes.take(), nullptr);
  EXPECT_EQ(lanes.collect(), nullptr);
  auto fresh = make_lane(3);
  auto* const raw = fresh.get();
  EXPECT_EQ(lanes.offer(std::move(fresh)), nullptr);
  EXPECT_EQ(lanes.take(), raw);
  EXPECT_EQ(lanes.take(), nullptr);
  lanes.give_back(raw);
  EXPECT_EQ(lanes.collect().get(), raw);
  EXPECT_EQ(lanes.collect(), nullptr);
}

TEST(LaneSwitch, ReturnsAnOfferThatWasNotTaken) {
  LaneSwitch lanes;
  lanes.offer(make_lane(1));
  const auto earlier = lanes.offer(make_lane(2));
  ASSERT_NE(earlier, nullptr);
  EXPECT_EQ(earlier->model, 1U);
}

TEST(LaneSwitch, TakesNothingUntilTheOldOneIsCollected) {
  LaneSwitch lanes;
  lanes.give_back(make_lane(1).release());
  lanes.offer(make_lane(2));
  EXPECT_EQ(lanes.take(), nullptr);
  EXPECT_EQ(lanes.collect()->model, 1U);
  std::unique_ptr<LiveLane> taken(lanes.take());
  ASSERT_NE(taken, nullptr);
  EXPECT_EQ(taken->model, 2U);
}

TEST(LaneSwitch, LosesNoLaneBetweenTwoThreads) {
  LaneSwitch lanes;
  constexpr std::uint32_t kSwaps = 200;
  std::thread recogniser([&] {
    std::unique_ptr<LiveLane> at_work = make_lane(0);
    for (std::uint32_t taken = 0; taken < kSwaps;) {
      if (LiveLane* offered = lanes.take()) {
        ++taken;
        EXPECT_EQ(offered->model, taken);
        lanes.give_back(at_work.release());
        at_work.reset(offered);
      }
      std::this_thread::yield();
    }
  });
  auto spare = make_lane(1);
  for (std::uint32_t swap = 1; swap <= kSwaps; ++swap) {
    spare->model = swap;
    lanes.offer(std::move(spare));
    while ((spare = lanes.collect()) == nullptr) std::this_thread::yield();
    EXPECT_EQ(spare->model, swap - 1);
  }
  recogniser.join();
}

TEST(LiveLane, RefusesMoreLabelsThanCanBeShown) {
  auto pack = small_pack();
  pack.labels.clear();
  for (std::size_t i = 0; i <= kMaxLabels; ++i) pack.labels.push_back("w" + std::to_string(i));
  pack.model.graph = nn::build_network({.kind = "ds_cnn", .channels = 4}, 24, pack.features.bins(),
                                       static_cast<int>(pack.labels.size()));
  pack.model.weights = nn::initial_weights(pack.model.graph, Random(1));
  EXPECT_THROW(LiveLane(pack, pack.decide, 0), ModelError);
}

TEST(Warm, StandsWhereALaneStandsThatHeardEverything) {
  const auto samples = tones(40'000);
  SampleHistory history(32'000);
  hear(history, samples);
  history.set_boundary(39'680);
  const auto fresh = make_lane();
  ASSERT_TRUE(warm(*fresh, history));
  EXPECT_EQ(fresh->lane.position(), 39'680U);

  const auto whole = make_lane();
  whole->lane.start_at(0);
  std::span<const float> rest = samples;
  for (std::optional<lane::Hop> a, b; !rest.empty();) {
    const auto behind = fresh->lane.position() == whole->lane.position();
    const auto taken = whole->lane.feed(rest, a);
    if (behind) {
      ASSERT_EQ(fresh->lane.feed(rest, b), taken);
      ASSERT_EQ(a.has_value(), b.has_value());
      if (a) {
        EXPECT_TRUE(std::equal(a->posteriors.begin(), a->posteriors.end(), b->posteriors.begin(),
                               b->posteriors.end()));
        EXPECT_TRUE(
            std::equal(a->scores.begin(), a->scores.end(), b->scores.begin(), b->scores.end()));
      }
    }
    rest = rest.subspan(taken);
  }
}

TEST(Warm, GoesOnWhereItEnded) {
  SampleHistory history(32'000);
  hear(history, tones(20'000));
  history.set_boundary(19'840);
  const auto fresh = make_lane();
  ASSERT_TRUE(warm(*fresh, history));
  hear(history, tones(640, 2));
  history.set_boundary(20'480);
  fresh->stale = true;
  ASSERT_TRUE(warm(*fresh, history));
  EXPECT_EQ(fresh->lane.position(), 20'480U);
  EXPECT_FALSE(fresh->stale);
}

TEST(Warm, StartsAfreshBehindAGap) {
  SampleHistory history(32'000);
  hear(history, tones(20'000));
  history.set_boundary(19'840);
  const auto fresh = make_lane();
  ASSERT_TRUE(warm(*fresh, history));
  history.start_at(50'000);
  hear(history, tones(1'000));
  history.set_boundary(50'960);
  ASSERT_TRUE(warm(*fresh, history));
  EXPECT_EQ(fresh->origin, 50'000U);
  EXPECT_EQ(fresh->lane.position(), 50'960U);
}

TEST(Warm, HearsNothingBeforeTheFirstHop) {
  const SampleHistory history(32'000);
  const auto fresh = make_lane();
  ASSERT_TRUE(warm(*fresh, history));
  EXPECT_EQ(fresh->lane.position(), 0U);
}

}  // namespace
}  // namespace kws::live
