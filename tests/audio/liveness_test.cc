// SPDX-License-Identifier: MIT
//
// The faults that were seen with PortAudio 19.6, replayed on a clock of the test's.
#include "audio/liveness.h"

#include <gtest/gtest.h>

namespace kws::audio {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Liveness::TimePoint kStart{std::chrono::hours(1)};
constexpr Hertz kRate{16000.0};

/// A healthy stream, `age` after its start: a block every 10 ms.
Liveness::Signs healthy(std::chrono::milliseconds age) {
  return {.last_block = kStart + age - milliseconds(5),
          .delivered = static_cast<std::uint64_t>(age.count()) * 16};
}

TEST(Liveness, AHealthyStreamLives) {
  Liveness liveness(kRate, kStart);
  for (milliseconds age(10); age < seconds(100); age += milliseconds(250)) {
    ASSERT_TRUE(liveness.check(healthy(age), kStart + age)) << age.count();
  }
}

TEST(Liveness, AFinishedOrInactiveStreamIsDeadForGood) {
  Liveness liveness(kRate, kStart);
  auto signs = healthy(seconds(1));
  signs.finished = true;
  EXPECT_FALSE(liveness.check(signs, kStart + seconds(1)));
  EXPECT_FALSE(liveness.check(healthy(seconds(2)), kStart + seconds(2)));
  Liveness other(kRate, kStart);
  signs = healthy(seconds(1));
  signs.active = false;
  EXPECT_FALSE(other.check(signs, kStart + seconds(1)));
}

TEST(Liveness, ACallbackThatStaysAwayThreeSecondsIsALoss) {
  Liveness liveness(kRate, kStart);
  const auto signs = healthy(seconds(10));
  EXPECT_TRUE(liveness.check(signs, *signs.last_block + milliseconds(2999)));
  EXPECT_FALSE(liveness.check(signs, *signs.last_block + milliseconds(3001)));
}

TEST(Liveness, TheFirstBlockMayTakeLonger) {
  Liveness liveness(kRate, kStart);
  EXPECT_TRUE(liveness.check({}, kStart + milliseconds(5900)));
  EXPECT_FALSE(liveness.check({}, kStart + milliseconds(6100)));
}

TEST(Liveness, AFileAtItsEndRunsAwayAndIsDead) {
  Liveness liveness(kRate, kStart);
  EXPECT_TRUE(liveness.check(healthy(seconds(5)), kStart + seconds(5)));
  auto signs = healthy(seconds(7));
  signs.delivered += 2 * 2000 * 16000;
  EXPECT_FALSE(liveness.check(signs, kStart + seconds(7)));
}

TEST(Liveness, ATestAtTwoHundredTimesRealTimeIsNone) {
  Liveness liveness(kRate, kStart);
  auto signs = healthy(seconds(2));
  signs.delivered = 200 * 2 * 16000;
  EXPECT_TRUE(liveness.check(signs, kStart + seconds(2)));
}

TEST(Liveness, TheBurstAfterThisProcessWasStoppedIsNone) {
  Liveness liveness(kRate, kStart);
  EXPECT_TRUE(liveness.check(healthy(seconds(5)), kStart + seconds(5)));
  EXPECT_TRUE(liveness.check(healthy(seconds(8)), kStart + milliseconds(8001)));
}

}  // namespace
}  // namespace kws::audio
