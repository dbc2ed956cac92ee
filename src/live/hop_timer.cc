// SPDX-License-Identifier: MIT
#include "live/hop_timer.h"

#include <ctime>

#include <algorithm>
#include <cerrno>

namespace kws::live {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr milliseconds kBeforeFirst{5};      // between looks until the first block comes
constexpr microseconds kLate{500};           // a late block makes the next wait longer by this
constexpr milliseconds kAgain{1};            // and is looked for again after this
constexpr milliseconds kMostDelivery{20};    // what `delivery_` is kept below
constexpr std::int64_t kShrinkPerRead = 64;  // delivery -= delivery / 64

}  // namespace

nanoseconds HopTimer::duration_of(std::size_t samples) const noexcept {
  return nanoseconds(static_cast<std::int64_t>(1e9 * static_cast<double>(samples) / rate_.value));
}

void HopTimer::heard(std::size_t samples, TimePoint newest) noexcept {
  if (samples == 0) return;
  newest_ = newest;
  delivery_ -= delivery_ / kShrinkPerRead;
  smallest_ = reads_ == 0 ? samples : std::min(smallest_, samples);
  if (block_ == 0 || samples < block_) block_ = samples;
  if (++reads_ == kReads) {
    block_ = smallest_;
    reads_ = 0;
  }
}

TimePoint HopTimer::due(std::size_t wanted, TimePoint now) noexcept {
  if (!newest_) return now + kBeforeFirst;
  if (wanted == 0) return now;
  const auto blocks = (wanted + block_ - 1) / block_;
  const auto expected = *newest_ + duration_of(blocks * block_) + delivery_;
  if (expected > now) return std::min(expected, now + kLongestSleep);
  delivery_ = std::min<nanoseconds>(delivery_ + kLate, kMostDelivery);
  return now + kAgain;
}

void sleep_until(TimePoint time) noexcept {
  const auto since_epoch = std::chrono::duration_cast<nanoseconds>(time.time_since_epoch()).count();
  const timespec wake{.tv_sec = static_cast<std::time_t>(since_epoch / 1'000'000'000),
                      .tv_nsec = static_cast<long>(since_epoch % 1'000'000'000)};
  while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &wake, nullptr) == EINTR) {
  }
}

}  // namespace kws::live
