// SPDX-License-Identifier: MIT
//
// Streams for onlookers: feature rows, posteriors per hop, detections. One writer that never
// waits, any number of readers, each with its own cursor. Items are numbered from 0; a reader that
// is too slow learns exactly how many it missed.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <vector>

#include "base/realtime.h"

namespace kws {

template <typename T>
requires std::is_trivially_copyable_v<T>
class EventRing {
 public:
  /// Keeps the last `min_items` (rounded up to a power of two) events.
  explicit EventRing(std::size_t min_items)
      : slots_(std::bit_ceil(std::max<std::size_t>(min_items, 1))) {}

  EventRing(const EventRing&) = delete;
  EventRing& operator=(const EventRing&) = delete;

  /// Writer only.
  void push(const T& item) noexcept KWS_REALTIME {
    const auto number = written_.load(std::memory_order_relaxed);  // ours
    Slot& slot = slots_[number & (slots_.size() - 1)];
    Words words{};
    std::memcpy(words.data, &item, sizeof(T));
    // A sequence lock per slot: odd while it is written, 2(n + 1) once it holds item n. The fence
    // keeps the words after the odd mark; the release store keeps them before the even one.
    slot.sequence.store(2 * number + 1, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_release);
    for (std::size_t i = 0; i < kWords; ++i) {
      slot.words[i].store(words.data[i], std::memory_order_relaxed);
    }
    slot.sequence.store(2 * (number + 1), std::memory_order_release);
    written_.store(number + 1, std::memory_order_release);  // pairs with Reader::next()
  }

  /// Items that are kept.
  [[nodiscard]] std::size_t capacity() const noexcept KWS_REALTIME { return slots_.size(); }

  /// Items ever written: the number that the next one gets.
  [[nodiscard]] std::uint64_t written() const noexcept KWS_REALTIME {
    return written_.load(std::memory_order_acquire);
  }

  /// A cursor. Belongs to one thread; must not outlive the ring.
  class Reader {
   public:
    /// Starts at `first`, by default at what comes next.
    explicit Reader(const EventRing& ring) : ring_(&ring), next_(ring.written()) {}
    Reader(const EventRing& ring, std::uint64_t first) : ring_(&ring), next_(first) {}

    /// Copies the next item into `item`; false when there is none yet.
    [[nodiscard]] bool next(T& item) noexcept KWS_REALTIME {
      for (;;) {
        const auto written = ring_->written();
        if (next_ >= written) return false;
        if (written - next_ > ring_->slots_.size()) skip_to(written - ring_->slots_.size());
        const Slot& slot = ring_->slots_[next_ & (ring_->slots_.size() - 1)];
        const auto before = slot.sequence.load(std::memory_order_acquire);
        Words words;
        for (std::size_t i = 0; i < kWords; ++i) {
          words.data[i] = slot.words[i].load(std::memory_order_relaxed);
        }
        std::atomic_thread_fence(std::memory_order_acquire);  // pairs with the writer's fence
        const auto after = slot.sequence.load(std::memory_order_relaxed);
        if (before == after && before == 2 * (next_ + 1)) {
          std::memcpy(&item, words.data, sizeof(T));
          ++next_;
          return true;
        }
        skip_to(next_ + 1);  // overwritten under our eyes
      }
    }

    /// Items that were overwritten before this reader came to them.
    [[nodiscard]] std::uint64_t missed() const noexcept { return missed_; }

    /// Number of the item that next() would give.
    [[nodiscard]] std::uint64_t position() const noexcept { return next_; }

   private:
    void skip_to(std::uint64_t number) noexcept {
      missed_ += number - next_;
      next_ = number;
    }

    const EventRing* ring_;
    std::uint64_t next_;
    std::uint64_t missed_ = 0;
  };

 private:
  static constexpr std::size_t kWords = (sizeof(T) + 7) / 8;
  struct Words {
    std::uint64_t data[kWords];
  };
  struct Slot {
    std::atomic<std::uint64_t> sequence{0};
    std::atomic<std::uint64_t> words[kWords]{};
  };

  std::vector<Slot> slots_;  // size is a power of two
  alignas(64) std::atomic<std::uint64_t> written_{0};
};

}  // namespace kws
