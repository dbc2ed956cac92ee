// SPDX-License-Identifier: MIT
//
// Floats on cache line borders: activations, gradients and packed weights of the trainer.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

namespace kws::train {

inline constexpr std::size_t kCacheLineBytes = 64;
inline constexpr std::size_t kCacheLineFloats = kCacheLineBytes / sizeof(float);

/// `count` rounded up to whole cache lines.
[[nodiscard]] constexpr std::size_t whole_lines(std::size_t count) {
  return (count + kCacheLineFloats - 1) / kCacheLineFloats * kCacheLineFloats;
}

/// A fixed number of floats, zero at first.
class AlignedFloats {
 public:
  AlignedFloats() = default;
  /// Throws std::bad_alloc.
  explicit AlignedFloats(std::size_t count);

  [[nodiscard]] float* data() { return data_.get(); }
  [[nodiscard]] const float* data() const { return data_.get(); }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::span<float> span() { return {data_.get(), size_}; }
  [[nodiscard]] std::span<const float> span() const { return {data_.get(), size_}; }

 private:
  struct Delete {
    std::size_t count;  // of floats
    void operator()(float* data) const;
  };
  std::unique_ptr<float, Delete> data_;
  std::size_t size_ = 0;
};

}  // namespace kws::train
