// SPDX-License-Identifier: MIT
//
// The recogniser adds to a lane everything that is live, and takes nothing away: same posteriors,
// same detections, whatever the blocks. Losses make gaps that are counted.
#include "live/recogniser.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "live/onlooker.h"
#include "live/small_model.h"
#include "support/allocation_guard.h"

namespace kws::live {
namespace {

using testing::AllocationGuard;
using testing::HeardDetection;
using testing::HeardPosteriors;
using testing::Onlooker;
using testing::small_pack;
using testing::SmallModel;
using testing::tones;

constexpr double kRateHz = 16000.0;

std::unique_ptr<LiveLane> make_lane(const pack::ModelPack& pack, std::uint32_t model = 0) {
  return std::make_unique<LiveLane>(pack, pack.decide, model);
}

/// Telemetry, a recogniser and somebody who looks after every push.
struct Rig {
  explicit Rig(const pack::ModelPack& pack, const Recogniser::Options& options = {})
      : recogniser(make_lane(pack), options, telemetry), onlooker(telemetry) {}

  void push(std::span<const float> samples, std::optional<TimePoint> captured = std::nullopt) {
    recogniser.push(samples, captured);
    onlooker.look();
  }
  /// In blocks of this size.
  void push_all(std::span<const float> samples, std::size_t block) {
    while (!samples.empty()) {
      const auto count = std::min(block, samples.size());
      push(samples.first(count));
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

/// What a bare lane says.
struct Expected {
  std::vector<HeardPosteriors> posteriors;
  std::vector<HeardDetection> detections;
  std::uint64_t hops = 0;
};

Expected run_lane(const pack::ModelPack& pack, std::span<const float> samples,
                  SamplePosition start = 0) {
  lane::Lane lane(pack);
  lane.start_at(start);
  Expected expected;
  while (!samples.empty()) {
    std::optional<lane::Hop> hop;
    samples = samples.subspan(lane.feed(samples, hop));
    if (!hop) continue;
    ++expected.hops;
    if (!hop->posteriors.empty()) {
      expected.posteriors.push_back(
          {hop->end, 0, {hop->posteriors.begin(), hop->posteriors.end()}});
    }
    if (const auto& d = hop->detection) {
      expected.detections.push_back(
          {pack.labels[d->label], pack.name, d->score, static_cast<double>(d->start) / kRateHz,
           static_cast<double>(d->end) / kRateHz, static_cast<double>(d->time) / kRateHz});
    }
  }
  return expected;
}

TEST(Recogniser, SaysWhatTheLaneSaysInBlocksOfAnySize) {
  const auto pack = small_pack();
  const auto samples = tones(80'000);
  const auto expected = run_lane(pack, samples);
  ASSERT_GE(expected.detections.size(), 3U);
  for (const std::size_t block : {std::size_t{1}, std::size_t{7}, std::size_t{160},
                                  std::size_t{320}, std::size_t{1024}, std::size_t{4099}}) {
    Rig rig(pack);
    rig.push_all(samples, block);
    EXPECT_EQ(rig.onlooker.posteriors, expected.posteriors) << "blocks of " << block;
    EXPECT_EQ(rig.onlooker.detections, expected.detections) << "blocks of " << block;
    EXPECT_EQ(rig.state().hops, expected.hops);
    EXPECT_EQ(rig.state().detections, expected.detections.size());
    EXPECT_EQ(rig.state().position, samples.size() / 320 * 320) << "as of the last hop";
  }
}

TEST(Recogniser, TakesNothingFromTheHeap) {
  const auto samples = tones(64'000);
  Rig rig(small_pack());
  const AllocationGuard guard;
  std::span<const float> rest = samples;
  const auto now = std::chrono::steady_clock::now();
  while (rest.size() >= 160) {
    rig.recogniser.push(rest.first(160), now);
    rest = rest.subspan(160);
  }
  rig.recogniser.lose(1000, 1000);
  rig.recogniser.push(rest, now);
  rig.recogniser.skip(1000);
  rig.recogniser.idle();
  rig.recogniser.finish();
  EXPECT_EQ(guard.allocations(), 0U);
  EXPECT_GT(rig.state().hops, 190U);
}

TEST(Recogniser, TakesNothingFromTheHeapWhenLanesAreSwapped) {
  const auto samples = tones(64'000);
  Rig rig(small_pack());
  rig.recogniser.push(std::span(samples).first(40'000), std::nullopt);
  auto fresh = make_lane(small_pack({.kind = features::Kind::kLogMel, .hop_ms = 10.0}), 1);
  ASSERT_TRUE(warm(*fresh, rig.recogniser.history()));
  rig.recogniser.lanes().offer(std::move(fresh));
  const AllocationGuard guard;
  rig.recogniser.push(std::span(samples).subspan(40'000), std::nullopt);
  EXPECT_EQ(guard.allocations(), 0U);
  EXPECT_EQ(rig.state().lane, 1U);
  EXPECT_NE(rig.recogniser.lanes().collect(), nullptr);
}

TEST(Recogniser, TellsTheStateOfTheSound) {
  Rig rig(small_pack());
  EXPECT_EQ(rig.state().sample_rate_hz, kRateHz);
  EXPECT_EQ(rig.state().hop_ms, 20.0);
  EXPECT_EQ(rig.state().labels, 4U);
  EXPECT_GT(rig.state().arena_bytes, 0U);
  EXPECT_GT(rig.state().thresholds[3], 1.0F) << "_unknown_ is no keyword";

  std::vector<float> loud(640, 0.25F);
  loud[600] = -1.0F;
  rig.push(loud);
  EXPECT_TRUE(rig.state().warming_up);
  EXPECT_EQ(rig.state().peak, 1.0F);
  EXPECT_TRUE(rig.state().clipped);
  rig.push(std::vector<float>(320, 0.25F));
  EXPECT_NEAR(rig.state().peak, 0.25F, 1e-6F) << "of the last hop alone";
  EXPECT_NEAR(rig.state().rms, 0.25F, 1e-6F);
  EXPECT_FALSE(rig.state().clipped);

  rig.push(tones(16'000));
  EXPECT_FALSE(rig.state().warming_up);
  float sum = 0.0F;
  for (std::size_t i = 0; i < 4; ++i) sum += rig.state().posteriors[i];
  EXPECT_NEAR(sum, 1.0F, 1e-3F);
}

TEST(Recogniser, HearsWhatIsNoNumberAsSilenceAndCountsIt) {
  auto samples = tones(32'000);
  auto silenced = samples;
  for (const std::size_t at : {std::size_t{0}, std::size_t{9'999}, std::size_t{20'000}}) {
    samples[at] = at % 2 == 0 ? std::numeric_limits<float>::quiet_NaN()
                              : -std::numeric_limits<float>::infinity();
    silenced[at] = 0.0F;
  }
  Rig rig(small_pack());
  rig.push_all(samples, 1000);
  EXPECT_EQ(rig.onlooker.posteriors, run_lane(small_pack(), silenced).posteriors);
  EXPECT_EQ(rig.state().non_finite_samples, 3U);
}

TEST(Recogniser, ShowsRowsOfItsOwnWhateverTheModelLooksAt) {
  const auto samples = tones(20'000);
  Rig rig(small_pack({.hop_ms = 10.0}));
  rig.push_all(samples, 333);
  features::FeatureSpec spec;
  spec.kind = features::Kind::kLogMel;
  spec.mels = 40;
  spec.f_hi_hz = 7600.0;
  const auto expected = features::FeatureExtractor(spec).extract_clip(samples);
  ASSERT_EQ(rig.onlooker.rows.size(), expected.frames);
  for (std::size_t i = 0; i < expected.frames; ++i) {
    const auto& row = rig.onlooker.rows[i];
    EXPECT_EQ(row.end, 640 + 320 * i);
    ASSERT_EQ(row.bins, 40U);
    EXPECT_TRUE(std::equal(expected.row(i).begin(), expected.row(i).end(), row.values.begin()));
  }
}

TEST(Recogniser, ComputesNoRowsForNobody) {
  Recogniser::Options options;
  options.rows = false;
  Rig rig(small_pack(), options);
  rig.push(tones(20'000));
  EXPECT_TRUE(rig.onlooker.rows.empty());
}

TEST(Recogniser, ClocksRunFromCaptureOnlyWhenThereIsOne) {
  Rig without(small_pack());
  without.push_all(tones(32'000), 320);
  without.recogniser.finish();
  const auto clock = [](const State& state, Stage stage) {
    return state.clocks[static_cast<std::size_t>(stage)];
  };
  EXPECT_EQ(clock(without.state(), Stage::kCapture).count, 0U);
  EXPECT_EQ(clock(without.state(), Stage::kEndToEnd).count, 0U);
  EXPECT_EQ(clock(without.state(), Stage::kFeatures).count, without.state().hops);
  EXPECT_EQ(clock(without.state(), Stage::kInference).count, without.onlooker.posteriors.size());

  // Captured an hour ago: latencies of an hour, no matter how fast this runs.
  Rig with(small_pack());
  const auto long_ago = std::chrono::steady_clock::now() - std::chrono::hours(1);
  const auto samples = tones(32'000);
  with.push(samples, long_ago);
  with.recogniser.finish();
  constexpr double kHourUs = 3600e6;
  EXPECT_EQ(clock(with.state(), Stage::kCapture).count, with.state().hops);
  EXPECT_GE(clock(with.state(), Stage::kCapture).p50_us, kHourUs);
  // The first hop's last sample came 1.96 s before the block's last.
  EXPECT_GE(clock(with.state(), Stage::kEndToEnd).max_us, kHourUs + 1.96e6);
  for (const double latency_ms : with.onlooker.latencies_ms) EXPECT_GE(latency_ms, 3600e3);
  EXPECT_FALSE(with.onlooker.latencies_ms.empty());
}

TEST(Recogniser, KnowsWhenItsNextHopIsDue) {
  Rig rig(small_pack());
  EXPECT_EQ(rig.recogniser.samples_to_next_hop(), 640U);
  rig.push(std::vector<float>(600));
  EXPECT_EQ(rig.recogniser.samples_to_next_hop(), 40U);
  rig.push(std::vector<float>(40));
  EXPECT_EQ(rig.recogniser.samples_to_next_hop(), 320U);
  rig.push(std::vector<float>(321));
  EXPECT_EQ(rig.recogniser.samples_to_next_hop(), 319U);
  rig.recogniser.lose(5, 5);
  EXPECT_EQ(rig.recogniser.samples_to_next_hop(), 640U);
}

TEST(Recogniser, StartsAfreshBehindALossAndCountsIt) {
  const auto pack = small_pack();
  const auto before = tones(40'000, 1);
  const auto after = tones(40'000, 2);
  Rig rig(pack);
  rig.push_all(before, 500);
  rig.recogniser.lose(1'600, 4'800);
  rig.push_all(after, 500);

  auto expected = run_lane(pack, before);
  const auto behind = run_lane(pack, after, 41'600);
  expected.posteriors.insert(expected.posteriors.end(), behind.posteriors.begin(),
                             behind.posteriors.end());
  EXPECT_EQ(rig.onlooker.posteriors, expected.posteriors);
  EXPECT_EQ(rig.state().overruns, 1U);
  EXPECT_EQ(rig.state().dropped_samples, 4'800U);
  // Hops ended at 40,000 and would have at 40,320 … 42,240 = 41,600 + 640; that last one is the
  // first of the new count.
  EXPECT_EQ(rig.state().dropped_hops, 6U);
  EXPECT_EQ(rig.state().hops, expected.hops + behind.hops);
}

// hops + dropped_hops is what an unbroken stream has, wherever the gaps are.
TEST(Recogniser, LosesNoHopUncounted) {
  Random random(5);
  for (int trial = 0; trial < 20; ++trial) {
    Rig rig(small_pack());
    SamplePosition position = 0;
    int gaps = 0;
    for (int piece = 0; piece < 6; ++piece) {
      const auto heard = random.below(4'000);
      rig.push_all(tones(heard), 256);
      position += heard;
      if (random.chance(0.7)) {
        const auto lost = random.below(3'000);
        rig.recogniser.lose(lost, lost);
        position += lost;
        ++gaps;
      }
    }
    rig.push_all(tones(6'400), 256);
    position += 6'400;
    // Behind a gap the hops lie up to a hop earlier than they would have.
    const auto unbroken = static_cast<std::uint64_t>(
        small_pack().features.frames_in(static_cast<std::int64_t>(position)));
    const auto told = rig.state().hops + rig.state().dropped_hops;
    EXPECT_GE(told, unbroken);
    EXPECT_LE(told, unbroken + static_cast<std::uint64_t>(gaps));
    EXPECT_EQ(rig.state().overruns, static_cast<std::uint64_t>(gaps));
  }
}

TEST(Recogniser, SkippingIsNoLoss) {
  Rig rig(small_pack());
  rig.push(tones(20'000));
  rig.recogniser.surroundings().paused = true;
  rig.recogniser.skip(5'000);
  EXPECT_TRUE(rig.state().paused);
  EXPECT_EQ(rig.state().position, 25'000U);
  EXPECT_TRUE(rig.state().warming_up);
  EXPECT_EQ(rig.state().overruns, 0U);
  EXPECT_EQ(rig.state().dropped_hops, 0U);
}

TEST(Recogniser, TakesALaneWhileSoundIsSkipped) {
  Rig rig(small_pack());
  rig.push(tones(20'000));
  rig.recogniser.shift_thresholds(0.1F);
  auto fresh = make_lane(small_pack({.kind = features::Kind::kLogMel, .hop_ms = 10.0}), 1);
  ASSERT_TRUE(warm(*fresh, rig.recogniser.history()));
  rig.recogniser.skip(5'000);
  rig.recogniser.lanes().offer(std::move(fresh));
  rig.recogniser.skip(5'000);
  EXPECT_EQ(rig.state().lane, 1U);
  const auto old = rig.recogniser.lanes().collect();
  ASSERT_NE(old, nullptr);
  EXPECT_FALSE(old->stale);
  EXPECT_FLOAT_EQ(old->lane.detector().threshold_shift(), 0.1F);
  rig.push(tones(40'000));
  EXPECT_FALSE(rig.state().warming_up);
}

TEST(Recogniser, MovesThresholdsBeforeTheNextHop) {
  Rig rig(small_pack());
  rig.push(tones(20'000));
  rig.recogniser.shift_thresholds(0.2F);
  rig.recogniser.shift_thresholds(-0.05F);
  rig.push(std::vector<float>(320));
  EXPECT_NEAR(rig.state().thresholds[0], 0.45F, 1e-6F);
  EXPECT_GT(rig.state().thresholds[3], 1.0F);
}

}  // namespace
}  // namespace kws::live
