// SPDX-License-Identifier: MIT
//
// Numbers on a cache line boundary: arenas and packed weights.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>

namespace kws::engine {

inline constexpr std::size_t kAlignment = 64;  // bytes: a cache line and the widest vector

/// Zeroed at the start, of one size for life. For the types at the end of this file. Its code is no
/// inline code, for kernels use it: the linker must not find it in files that are made for one
/// instruction set.
template <typename Number>
class Aligned {
 public:
  Aligned() noexcept;
  explicit Aligned(std::int64_t count);
  /// A copy of `values` with `slack` zeros behind.
  Aligned(std::span<const Number> values, std::int64_t slack);
  ~Aligned();
  Aligned(Aligned&&) noexcept;
  Aligned& operator=(Aligned&&) noexcept;

  [[nodiscard]] Number* data() noexcept { return data_.get(); }
  [[nodiscard]] const Number* data() const noexcept { return data_.get(); }
  [[nodiscard]] std::int64_t count() const noexcept { return count_; }

 private:
  struct Free {
    void operator()(Number* memory) const noexcept {
      ::operator delete (memory, std::align_val_t{kAlignment});
    }
  };
  std::int64_t count_ = 0;
  std::unique_ptr<Number, Free> data_;
};

// Made once, in aligned.cc.
extern template class Aligned<float>;
extern template class Aligned<std::int8_t>;
extern template class Aligned<std::int32_t>;
extern template class Aligned<unsigned char>;

}  // namespace kws::engine
