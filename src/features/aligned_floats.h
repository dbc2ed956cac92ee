// SPDX-License-Identifier: MIT
//
// Tables and buffers for loops that take kLanes floats at a time.
#pragma once

#include <cstddef>
#include <new>
#include <vector>

namespace kws::features {

/// Floats that the inner loops handle as one, on every processor: so the order of every sum is the
/// same on all of them.
inline constexpr std::size_t kLanes = 8;

[[nodiscard]] constexpr std::size_t round_up_to_lanes(std::size_t count) {
  return (count + kLanes - 1) / kLanes * kLanes;
}

/// Starts on a cache line, so that no aligned group of lanes straddles two.
template <typename T>
struct CacheLineAllocator {
  using value_type = T;
  static constexpr std::align_val_t kAlignment{64};

  CacheLineAllocator() = default;
  template <typename U>
  explicit CacheLineAllocator(const CacheLineAllocator<U>&) noexcept {}

  [[nodiscard]] T* allocate(std::size_t count) {
    return static_cast<T*>(::operator new(count * sizeof(T), kAlignment));
  }
  void deallocate(T* memory, std::size_t) noexcept { ::operator delete(memory, kAlignment); }

  friend bool operator==(const CacheLineAllocator&, const CacheLineAllocator&) { return true; }
};

using AlignedFloats = std::vector<float, CacheLineAllocator<float>>;

}  // namespace kws::features
