// SPDX-License-Identifier: MIT
#include "base/event_ring.h"

#include <gtest/gtest.h>

#include <array>
#include <thread>

#include "support/allocation_guard.h"

namespace kws {
namespace {

TEST(EventRing, GivesEveryReaderEverything) {
  EventRing<int> ring(8);
  EventRing<int>::Reader a(ring);
  ring.push(10);
  EventRing<int>::Reader b(ring);
  ring.push(11);
  int item = 0;
  ASSERT_TRUE(a.next(item));
  EXPECT_EQ(item, 10);
  ASSERT_TRUE(a.next(item));
  EXPECT_EQ(item, 11);
  EXPECT_FALSE(a.next(item));
  ASSERT_TRUE(b.next(item));
  EXPECT_EQ(item, 11);
  EXPECT_EQ(a.missed() + b.missed(), 0U);
}

TEST(EventRing, CountsWhatASlowReaderMissed) {
  EventRing<int> ring(4);
  EventRing<int>::Reader reader(ring);
  for (int i = 0; i < 10; ++i) ring.push(i);
  int item = 0;
  ASSERT_TRUE(reader.next(item));
  EXPECT_EQ(item, 6);
  EXPECT_EQ(reader.missed(), 6U);
  EXPECT_EQ(reader.position(), 7U);
}

TEST(EventRing, NeverAllocates) {
  EventRing<std::array<float, 40>> ring(16);
  EventRing<std::array<float, 40>>::Reader reader(ring);
  std::array<float, 40> item{};
  const testing::AllocationGuard guard;
  for (int i = 0; i < 100; ++i) {
    ring.push(item);
    (void)reader.next(item);
  }
  EXPECT_EQ(guard.allocations(), 0U);
}

TEST(EventRing, IsNeverTornAndAccountsForEveryItem) {
  using Item = std::array<std::uint32_t, 37>;
  constexpr std::uint32_t kItems = 50000;
  EventRing<Item> ring(8);
  EventRing<Item>::Reader slow(ring);
  std::jthread writer([&] {
    for (std::uint32_t i = 0; i < kItems; ++i) {
      Item item;
      item.fill(i);
      ring.push(item);
    }
  });
  std::uint64_t seen = 0;
  while (slow.position() < kItems) {
    Item item;
    if (!slow.next(item)) {
      std::this_thread::yield();
      continue;
    }
    ++seen;
    ASSERT_EQ(item[0] + 1, slow.position());
    for (const auto value : item) ASSERT_EQ(value, item[0]);
  }
  EXPECT_EQ(seen + slow.missed(), kItems);
}

}  // namespace
}  // namespace kws
