// SPDX-License-Identifier: MIT
#include "live/capture_ledger.h"

#include <gtest/gtest.h>

namespace kws::live {
namespace {

constexpr std::size_t kRing = 1024;

TEST(CaptureLedger, FindsNoGapInAnUnbrokenStream) {
  CaptureLedger ledger(kRing, 1.0);
  for (int i = 0; i < 10; ++i) {
    EXPECT_FALSE(ledger.read(100, 0, 0).found);
    ledger.converted(100);
    EXPECT_EQ(ledger.held(), 0.0);
  }
}

// The ring was full when samples were dropped, so all of it is from before the gap.
TEST(CaptureLedger, PutsAGapBehindAFullRing) {
  CaptureLedger ledger(kRing, 1.0);
  EXPECT_FALSE(ledger.read(kRing, 300, 0).found);
  ledger.converted(kRing);
  const auto gap = ledger.read(50, 300, 0);
  EXPECT_TRUE(gap.found);
  EXPECT_EQ(gap.samples, 300U);
  EXPECT_EQ(gap.device_samples, 300U);
  ledger.converted(50);
  EXPECT_FALSE(ledger.read(50, 300, 0).found);
}

// The callback fills the ring, we read it, and only then the callback counts what did not fit.
TEST(CaptureLedger, FindsALossThatIsCountedLate) {
  CaptureLedger ledger(kRing, 1.0);
  EXPECT_FALSE(ledger.read(kRing, 0, 0).found);
  ledger.converted(kRing);
  EXPECT_EQ(ledger.read(70, 20, 0).samples, 20U);
}

TEST(CaptureLedger, AddsALossOnBothSidesOfAFullRing) {
  CaptureLedger ledger(kRing, 1.0);
  EXPECT_FALSE(ledger.read(kRing, 10, 0).found);
  ledger.converted(kRing);
  EXPECT_EQ(ledger.read(kRing, 15, 0).samples, 10U);  // the other 5 are behind this one
  ledger.converted(kRing);
  EXPECT_EQ(ledger.read(1, 15, 0).samples, 5U);
}

TEST(CaptureLedger, AnOverflowOfTheDeviceIsAGapOfUnknownLength) {
  CaptureLedger ledger(kRing, 1.0);
  EXPECT_FALSE(ledger.read(100, 0, 0).found);
  ledger.converted(100);
  const auto gap = ledger.read(100, 0, 1);
  EXPECT_TRUE(gap.found);
  EXPECT_EQ(gap.samples, 0U);
  EXPECT_EQ(gap.device_samples, 0U);
}

// 48 kHz to 16 kHz: positions after a gap are those of the device's clock, so what the resampler
// had not given yet counts as lost.
TEST(CaptureLedger, KeepsPositionsTrueToTheDevicesClock) {
  CaptureLedger ledger(kRing, 1.0 / 3.0);
  EXPECT_FALSE(ledger.read(900, 0, 0).found);
  ledger.converted(280);
  EXPECT_NEAR(ledger.held(), 60.0, 1e-9);
  const auto gap = ledger.read(300, 600, 0);
  EXPECT_EQ(gap.samples, 220U);  // to (900 + 600) / 3 = 500
  EXPECT_EQ(gap.device_samples, 600U);
  ledger.converted(80);
  EXPECT_NEAR(ledger.held(), 60.0, 1e-9);
}

}  // namespace
}  // namespace kws::live
