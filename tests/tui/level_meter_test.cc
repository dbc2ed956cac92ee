// SPDX-License-Identifier: MIT
#include "tui/level_meter.h"

#include <gtest/gtest.h>

#include <cmath>

namespace kws::tui {
namespace {

using std::chrono::milliseconds;
const LevelMeter::Time kStart{std::chrono::hours(5)};

TEST(LevelMeter, ShowsDecibelsOfFullScale) {
  LevelMeter meter;
  meter.hear(0.1F, 1.0F, false, kStart);
  EXPECT_NEAR(meter.rms_db(), -20.0, 1e-4);
  EXPECT_NEAR(meter.peak_db(), 0.0, 1e-4);
}

TEST(LevelMeter, SilenceIsTheFloor) {
  LevelMeter meter;
  EXPECT_EQ(meter.rms_db(), LevelMeter::kFloorDb);
  meter.hear(0.0F, 0.0F, false, kStart);
  EXPECT_EQ(meter.peak_db(), LevelMeter::kFloorDb);
}

TEST(LevelMeter, HoldsThePeakThenLetsItFall) {
  LevelMeter meter;
  meter.hear(0.1F, 0.5F, false, kStart);
  const double held = meter.peak_db();
  for (int ms = 100; ms <= 1500; ms += 100) {
    meter.hear(0.01F, 0.02F, false, kStart + milliseconds(ms));
    EXPECT_EQ(meter.peak_db(), held);
  }
  meter.hear(0.01F, 0.02F, false, kStart + milliseconds(1600));
  EXPECT_NEAR(meter.peak_db(), held - 2.0, 1e-6) << "20 dB a second";
  for (int ms = 1700; ms <= 6000; ms += 100) {
    meter.hear(0.01F, 0.02F, false, kStart + milliseconds(ms));
  }
  EXPECT_NEAR(meter.peak_db(), 20.0 * std::log10(0.02), 2.0) << "down to the present peak";
}

TEST(LevelMeter, ClipStaysLitForThreeSeconds) {
  LevelMeter meter;
  meter.hear(0.5F, 1.0F, true, kStart);
  meter.hear(0.1F, 0.2F, false, kStart + milliseconds(2900));
  EXPECT_TRUE(meter.clipped());
  meter.hear(0.1F, 0.2F, false, kStart + milliseconds(3100));
  EXPECT_FALSE(meter.clipped());
}

TEST(LevelMeter, TakesWhatIsNotFiniteForSilence) {
  LevelMeter meter;
  meter.hear(NAN, INFINITY, false, kStart);
  EXPECT_EQ(meter.rms_db(), LevelMeter::kFloorDb);
  EXPECT_EQ(meter.peak_db(), LevelMeter::kFloorDb);
}

}  // namespace
}  // namespace kws::tui
