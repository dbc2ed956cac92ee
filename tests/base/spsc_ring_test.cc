// SPDX-License-Identifier: MIT
#include "base/spsc_ring.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <numeric>
#include <thread>

#include "base/random.h"
#include "support/allocation_guard.h"

namespace kws {
namespace {

TEST(SpscRing, RoundsItsCapacityUpToAPowerOfTwo) {
  EXPECT_EQ(SpscRing<int>(0).capacity(), 1U);
  EXPECT_EQ(SpscRing<int>(5).capacity(), 8U);
  EXPECT_EQ(SpscRing<int>(8).capacity(), 8U);
}

TEST(SpscRing, TakesWhatFitsAndGivesWhatThereIs) {
  SpscRing<int> ring(4);
  const int from[] = {1, 2, 3, 4, 5, 6};
  EXPECT_EQ(ring.write(from), 4U);
  EXPECT_EQ(ring.write(from), 0U);
  int into[3];
  EXPECT_EQ(ring.read(into), 3U);
  EXPECT_EQ(into[2], 3);
  EXPECT_EQ(ring.write(std::span(from).subspan(4)), 2U);  // wraps
  EXPECT_EQ(ring.size(), 3U);
  EXPECT_EQ(ring.read(into), 3U);
  EXPECT_EQ(into[0], 4);
  EXPECT_EQ(into[2], 6);
  EXPECT_EQ(ring.read(into), 0U);
}

TEST(SpscRing, NeverAllocates) {
  SpscRing<float> ring(256);
  float block[100]{};
  const testing::AllocationGuard guard;
  for (int i = 0; i < 100; ++i) {
    (void)ring.write(block);
    (void)ring.read(block);
  }
  EXPECT_EQ(guard.allocations(), 0U);
}

class SpscRingThreads : public ::testing::TestWithParam<std::size_t> {};

TEST_P(SpscRingThreads, CarriesEveryItemOnceAndInOrder) {
  SpscRing<std::uint32_t> ring(GetParam());
  constexpr std::uint32_t kItems = 200000;
  std::jthread producer([&] {
    Random random(1);
    std::vector<std::uint32_t> block(97);
    for (std::uint32_t next = 0; next < kItems;) {
      const auto count = std::min<std::size_t>(1 + random.below(block.size()), kItems - next);
      std::iota(block.begin(), block.end(), next);
      const auto taken = ring.write(std::span(block).first(count));
      next += static_cast<std::uint32_t>(taken);
      if (taken == 0) std::this_thread::yield();  // one core would spin a time slice away
    }
  });
  Random random(2);
  std::vector<std::uint32_t> block(89);
  for (std::uint32_t next = 0; next < kItems;) {
    const auto count = ring.read(std::span(block).first(1 + random.below(block.size())));
    for (std::size_t i = 0; i < count; ++i) ASSERT_EQ(block[i], next++);
    if (count == 0) std::this_thread::yield();
  }
  EXPECT_EQ(ring.size(), 0U);
}

INSTANTIATE_TEST_SUITE_P(Capacities, SpscRingThreads, ::testing::Values(1, 2, 64, 4096));

}  // namespace
}  // namespace kws
