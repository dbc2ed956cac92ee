// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <vector>

#include "live/level_meter.h"
#include "live/stage_clocks.h"

namespace kws::live {
namespace {

TEST(LevelMeter, MeasuresASine) {
  std::vector<float> samples(1600);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    samples[i] =
        0.5F * static_cast<float>(std::sin(2.0 * std::numbers::pi * 0.01 * static_cast<double>(i)));
  }
  LevelMeter meter;
  meter.add(samples);
  EXPECT_NEAR(meter.peak(), 0.5, 1e-5);
  EXPECT_NEAR(meter.rms(), 0.5 / std::numbers::sqrt2, 1e-5);
  EXPECT_FALSE(meter.clipped());
}

TEST(LevelMeter, ASilentOrEmptyHopIsZero) {
  LevelMeter meter;
  EXPECT_EQ(meter.rms(), 0.0F);
  meter.add(std::vector<float>(10, 0.0F));
  EXPECT_EQ(meter.rms(), 0.0F);
  EXPECT_EQ(meter.peak(), 0.0F);
}

TEST(LevelMeter, SeesBothEndsOfSixteenBits) {
  for (const float end : {32767.0F / 32768.0F, -1.0F, 1.5F}) {
    LevelMeter meter;
    meter.add(std::vector<float>{0.0F, end});
    EXPECT_TRUE(meter.clipped()) << end;
    meter.clear();
    EXPECT_FALSE(meter.clipped());
  }
}

TEST(StageClocks, BringsEveryStageUpToDateInTurn) {
  StageClocks clocks;
  std::array<StageClock, kStages> figures{};
  for (int i = 1; i <= 100; ++i) clocks.add(Stage::kInference, std::chrono::microseconds(i));
  for (std::size_t i = 0; i < kStages; ++i) clocks.refresh_next(figures);
  const auto& inference = figures[static_cast<std::size_t>(Stage::kInference)];
  EXPECT_EQ(inference.count, 100U);
  EXPECT_NEAR(inference.p50_us, 50.0, 2.0);  // the histogram is good to 1/32
  EXPECT_NEAR(inference.p95_us, 95.0, 3.0);
  EXPECT_NEAR(inference.p99_us, 99.0, 3.2);
  EXPECT_NEAR(inference.max_us, 100.0, 1e-9);
  EXPECT_EQ(figures[static_cast<std::size_t>(Stage::kCapture)].count, 0U);
  EXPECT_EQ(figures[static_cast<std::size_t>(Stage::kCapture)].p99_us, 0.0);
}

}  // namespace
}  // namespace kws::live
