// SPDX-License-Identifier: MIT
//
// State where only the latest counts: one writer publishes whole values, one reader takes the
// newest. Three buffers: the writer's, the reader's, and the one between them, so neither side
// ever waits or sees half a value. More readers are served by the one reader fanning out.
#pragma once

#include <atomic>
#include <cstdint>
#include <type_traits>

#include "base/realtime.h"

namespace kws {

template <typename T>
requires std::is_trivially_copyable_v<T>
class Snapshot {
 public:
  Snapshot() = default;
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  /// Writer only. The value under construction. Holds what was there two or three publications
  /// ago: write every field.
  [[nodiscard]] T& back() noexcept KWS_REALTIME { return values_[back_]; }

  /// Writer only. Makes back() the newest value.
  void publish() noexcept KWS_REALTIME {
    // Release: the reader that gets this buffer sees its contents. Acquire: the buffer that comes
    // back is no longer being read.
    back_ = middle_.exchange(back_ | kFresh, std::memory_order_acq_rel) & kIndex;
  }

  /// Reader only. Takes the newest value if there is one; true when it is new since the last call.
  bool refresh() noexcept KWS_REALTIME {
    if ((middle_.load(std::memory_order_relaxed) & kFresh) == 0) return false;
    front_ = middle_.exchange(front_, std::memory_order_acq_rel) & kIndex;  // pairs with publish()
    return true;
  }

  /// Reader only. The value taken by the last refresh(); default-constructed before the first.
  [[nodiscard]] const T& front() const noexcept KWS_REALTIME { return values_[front_]; }

 private:
  static constexpr std::uint8_t kIndex = 3;
  static constexpr std::uint8_t kFresh = 4;

  T values_[3]{};
  std::uint8_t back_ = 0;                // the writer's
  std::uint8_t front_ = 1;               // the reader's
  std::atomic<std::uint8_t> middle_{2};  // index of the third, with kFresh when it is news
};

}  // namespace kws
