// SPDX-License-Identifier: MIT
//
// Eight floats that the processor handles as one, for the inner loops of this folder. GCC and clang
// lower them to whatever the target has, so the order of every sum is the same on all of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <vector>

namespace kws::features {

inline constexpr std::size_t kLanes = 8;

typedef float Lanes __attribute__((vector_size(32)));
typedef std::int32_t IntLanes __attribute__((vector_size(32)));

[[nodiscard]] constexpr std::size_t round_up_to_lanes(std::size_t count) {
  return (count + kLanes - 1) / kLanes * kLanes;
}

[[nodiscard]] inline Lanes load(const float* from) noexcept {
  Lanes lanes;
  std::memcpy(&lanes, from, sizeof lanes);
  return lanes;
}
inline void store(float* to, const Lanes& lanes) noexcept { std::memcpy(to, &lanes, sizeof lanes); }

/// Starts tables and buffers on a cache line, so that no load of lanes straddles two.
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
