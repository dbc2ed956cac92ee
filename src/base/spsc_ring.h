// SPDX-License-Identifier: MIT
//
// Carries samples, rows or events from exactly one thread to exactly one other.
// Wait-free on both ends; all memory is taken (and touched) in the constructor.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <span>
#include <type_traits>
#include <vector>

#include "base/realtime.h"

namespace kws {

template <typename T>
requires std::is_trivially_copyable_v<T>
class SpscRing {
 public:
  /// Room for at least `min_items`, rounded up to a power of two. Throws std::bad_alloc.
  explicit SpscRing(std::size_t min_items)
      : items_(std::bit_ceil(std::max<std::size_t>(min_items, 1))) {}

  SpscRing(const SpscRing&) = delete;
  SpscRing& operator=(const SpscRing&) = delete;

  /// Producer only. Copies what fits and returns that count. A short count is an
  /// overrun: the caller counts the loss, nobody waits.
  [[nodiscard]] std::size_t write(std::span<const T> from) noexcept KWS_REALTIME {
    const auto tail = tail_.load(std::memory_order_relaxed);  // ours
    const auto head = head_.load(std::memory_order_acquire);  // pairs with read()
    const auto count = std::min(from.size(), items_.size() - (tail - head));
    const auto start = tail & (items_.size() - 1);
    const auto until_wrap = std::min(count, items_.size() - start);
    std::copy_n(from.data(), until_wrap, items_.data() + start);
    std::copy_n(from.data() + until_wrap, count - until_wrap, items_.data());
    tail_.store(tail + count, std::memory_order_release);  // publishes the items
    return count;
  }

  /// Consumer only. The mirror of write(): fills what it can, returns that count.
  [[nodiscard]] std::size_t read(std::span<T> into) noexcept KWS_REALTIME {
    const auto head = head_.load(std::memory_order_relaxed);  // ours
    const auto tail = tail_.load(std::memory_order_acquire);  // pairs with write()
    const auto count = std::min(into.size(), tail - head);
    const auto start = head & (items_.size() - 1);
    const auto until_wrap = std::min(count, items_.size() - start);
    std::copy_n(items_.data() + start, until_wrap, into.data());
    std::copy_n(items_.data(), count - until_wrap, into.data() + until_wrap);
    head_.store(head + count, std::memory_order_release);  // gives the room back
    return count;
  }

  /// Items waiting. Exact on either end's own thread, a moment old on any other.
  [[nodiscard]] std::size_t size() const noexcept KWS_REALTIME {
    const auto head = head_.load(std::memory_order_acquire);
    return tail_.load(std::memory_order_acquire) - head;
  }

  [[nodiscard]] std::size_t capacity() const noexcept KWS_REALTIME { return items_.size(); }

 private:
  std::vector<T> items_;  // size is a power of two
  // Items ever read and ever written. Neither is reduced, so no slot is kept empty.
  alignas(64) std::atomic<std::size_t> head_{0};
  alignas(64) std::atomic<std::size_t> tail_{0};
};

}  // namespace kws
