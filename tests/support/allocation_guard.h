// SPDX-License-Identifier: MIT
//
// Counts what a scope takes from the heap on its own thread, malloc of C libraries included:
//   AllocationGuard guard;
//   recogniser.hop();
//   EXPECT_EQ(guard.allocations(), 0u);
#pragma once

#include <cstddef>

namespace kws::testing {

class AllocationGuard {
 public:
  AllocationGuard() noexcept;
  /// Calls of malloc, calloc, realloc, free and their kin on this thread since construction.
  [[nodiscard]] std::size_t allocations() const noexcept;

 private:
  std::size_t at_start_;
};

}  // namespace kws::testing
