// SPDX-License-Identifier: MIT
#include "base/snapshot.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <thread>

namespace kws {
namespace {

TEST(Snapshot, GivesNothingBeforeTheFirstAndTheLatestAfterwards) {
  Snapshot<int> snapshot;
  EXPECT_FALSE(snapshot.refresh());
  EXPECT_EQ(snapshot.front(), 0);
  for (const int value : {1, 2, 3}) {
    snapshot.back() = value;
    snapshot.publish();
  }
  EXPECT_TRUE(snapshot.refresh());
  EXPECT_EQ(snapshot.front(), 3);
  EXPECT_FALSE(snapshot.refresh());
  EXPECT_EQ(snapshot.front(), 3);
}

TEST(Snapshot, IsNeverTornAndNeverGoesBack) {
  using Value = std::array<std::uint64_t, 64>;
  Snapshot<Value> snapshot;
  std::atomic<bool> done{false};
  std::jthread writer([&] {
    for (std::uint64_t i = 1; i <= 50000; ++i) {
      snapshot.back().fill(i);
      snapshot.publish();
    }
    done = true;
  });
  std::uint64_t last = 0;
  for (bool finished = false; !finished;) {
    finished = done;
    if (!snapshot.refresh()) {
      std::this_thread::yield();
      continue;
    }
    const auto& value = snapshot.front();
    ASSERT_GT(value[0], last);
    last = value[0];
    for (const auto item : value) ASSERT_EQ(item, last);
  }
  EXPECT_EQ(last, 50000U);
}

}  // namespace
}  // namespace kws
