// SPDX-License-Identifier: MIT
#include "tui/pacer.h"

#include <algorithm>
#include <ctime>

namespace kws::tui {

RealPacer::Time RealPacer::now() { return std::chrono::steady_clock::now(); }

void RealPacer::wait(std::span<pollfd> descriptors, Time until) {
  using std::chrono::nanoseconds;
  const auto left = std::max(nanoseconds(until - now()), nanoseconds{0});
  const timespec limit{left.count() / 1'000'000'000, left.count() % 1'000'000'000};
  ::ppoll(descriptors.data(), descriptors.size(), &limit, nullptr);
}

}  // namespace kws::tui
