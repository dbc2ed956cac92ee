// SPDX-License-Identifier: MIT
//
// Floats on a cache line boundary: arenas and packed weights.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>

namespace kws::engine {

inline constexpr std::size_t kAlignment = 64;  // bytes: a cache line and the widest vector

/// Zeroed at the start, of one size for life. Its code is no inline code, for kernels use it: the
/// linker must not find it in files that are made for one instruction set.
class AlignedFloats {
 public:
  AlignedFloats() noexcept;
  explicit AlignedFloats(std::int64_t count);
  /// A copy of `values` with `slack` zeros behind.
  AlignedFloats(std::span<const float> values, std::int64_t slack);
  ~AlignedFloats();
  AlignedFloats(AlignedFloats&&) noexcept;
  AlignedFloats& operator=(AlignedFloats&&) noexcept;

  [[nodiscard]] float* data() noexcept { return data_.get(); }
  [[nodiscard]] const float* data() const noexcept { return data_.get(); }
  [[nodiscard]] std::int64_t count() const noexcept { return count_; }

 private:
  struct Free {
    void operator()(float* memory) const noexcept {
      ::operator delete (memory, std::align_val_t{kAlignment});
    }
  };
  std::int64_t count_ = 0;
  std::unique_ptr<float, Free> data_;
};

}  // namespace kws::engine
