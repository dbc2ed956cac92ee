// SPDX-License-Identifier: MIT
#include "live/hop_timer.h"

#include <gtest/gtest.h>

namespace kws::live {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr Hertz kRate{16000.0};
const TimePoint kStart{std::chrono::seconds(1000)};

TEST(HopTimer, LooksOftenUntilTheFirstBlock) {
  HopTimer timer(kRate);
  EXPECT_EQ(timer.due(320, kStart), kStart + milliseconds(5));
}

TEST(HopTimer, WakesWhenTheBlockThatCompletesTheHopIsCaptured) {
  HopTimer timer(kRate);
  timer.heard(160, kStart);  // blocks of 10 ms
  EXPECT_EQ(timer.due(320, kStart), kStart + milliseconds(20));
  EXPECT_EQ(timer.due(161, kStart), kStart + milliseconds(20));
  EXPECT_EQ(timer.due(160, kStart), kStart + milliseconds(10));
  EXPECT_EQ(timer.due(1, kStart), kStart + milliseconds(10));
}

TEST(HopTimer, DoesNotSleepWhenNothingIsMissing) {
  HopTimer timer(kRate);
  timer.heard(160, kStart);
  EXPECT_EQ(timer.due(0, kStart), kStart);
}

TEST(HopTimer, LooksAgainSoonWhenABlockIsLate) {
  HopTimer timer(kRate);
  timer.heard(160, kStart);
  const auto now = kStart + milliseconds(11);
  EXPECT_EQ(timer.due(160, now), now + milliseconds(1));
}

// Blocks that arrive some time after their capture: the timer learns that time and then mostly
// wakes when they are there.
TEST(HopTimer, LearnsHowLongDeliveryTakes) {
  HopTimer timer(kRate);
  constexpr microseconds kDelivery{3300};
  constexpr milliseconds kBlock{20};
  int wakes = 0;
  auto captured = kStart;
  auto now = kStart + kDelivery;
  for (int block = 0; block < 500; ++block) {
    timer.heard(320, captured);
    captured += kBlock;
    const auto arrival = captured + kDelivery;
    if (block == 100) wakes = 0;  // after the time to learn
    do {
      const auto due = timer.due(320, now);
      ASSERT_GE(due, now);
      now = due;
      ++wakes;
    } while (now < arrival);
    ASSERT_LT(now - arrival, milliseconds(2)) << "block " << block;
  }
  EXPECT_LT(wakes, 400 * 1.3);
}

TEST(HopTimer, NeverSleepsLong) {
  HopTimer timer(kRate);
  timer.heard(16000, kStart);
  EXPECT_EQ(timer.due(16000, kStart), kStart + HopTimer::kLongestSleep);
}

TEST(HopTimer, ForgetsALargeFirstRead) {
  HopTimer timer(kRate);
  timer.heard(3200, kStart);  // what had piled up
  timer.heard(160, kStart);
  EXPECT_EQ(timer.due(100, kStart), kStart + milliseconds(10));
}

TEST(HopTimer, FollowsBlocksThatBecomeLarger) {
  HopTimer timer(kRate);
  timer.heard(160, kStart);
  for (int i = 0; i < 40; ++i) timer.heard(480, kStart);
  EXPECT_EQ(timer.due(100, kStart), kStart + milliseconds(30));
}

}  // namespace
}  // namespace kws::live
