// SPDX-License-Identifier: MIT
//
// Numbers on a cache line boundary: arenas and packed weights.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>

namespace kws::engine {

inline constexpr std::size_t kAlignment = 64;  // bytes: a cache line and the widest vector

/// Zeroed at the start, of one size for life.
template <typename Number>
class Aligned {
 public:
  Aligned() = default;
  explicit Aligned(std::int64_t count)
      : count_(count),
        data_(static_cast<Number*>(::operator new (static_cast<std::size_t>(count) * sizeof(Number),
                                                   std::align_val_t{kAlignment}))) {
    std::fill_n(data_.get(), count, Number{});
  }
  /// A copy of `values` with `slack` zeros behind.
  Aligned(std::span<const Number> values, std::int64_t slack)
      : Aligned(static_cast<std::int64_t>(values.size()) + slack) {
    std::copy(values.begin(), values.end(), data_.get());
  }

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

}  // namespace kws::engine
