// SPDX-License-Identifier: MIT
//
// The guard itself: a guard that counts nothing would let everything pass.
#include "support/allocation_guard.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <thread>

namespace kws::testing {
namespace {

void* volatile sink = nullptr;  // keeps the compiler from removing the allocations

TEST(AllocationGuard, SeesMallocAndNew) {
  const AllocationGuard guard;
  sink = std::malloc(10);
  std::free(sink);
  EXPECT_GE(guard.allocations(), 1U);
  const AllocationGuard second;
  sink = ::operator new(64);
  ::operator delete(sink);
  EXPECT_GE(second.allocations(), 1U);
}

TEST(AllocationGuard, LooksAtItsOwnThreadOnly) {
  std::size_t counted = 1;
  std::jthread([&] {
    const AllocationGuard guard;
    std::jthread([] {
      sink = std::malloc(10);
      std::free(sink);
    }).join();
    const AllocationGuard quiet;
    counted = quiet.allocations();
  }).join();
  EXPECT_EQ(counted, 0U);
}

}  // namespace
}  // namespace kws::testing
