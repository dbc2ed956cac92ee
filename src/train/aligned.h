// SPDX-License-Identifier: MIT
//
// Floats on cache line borders: activations, gradients and packed weights of the trainer.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
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
  explicit AlignedFloats(std::size_t count)
      : data_(static_cast<float*>(::operator new (std::max<std::size_t>(count, 1) * sizeof(float),
                                                  std::align_val_t{kCacheLineBytes}))),
        size_(count) {
    std::fill_n(data_.get(), count, 0.0F);
  }

  [[nodiscard]] float* data() { return data_.get(); }
  [[nodiscard]] const float* data() const { return data_.get(); }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::span<float> span() { return {data_.get(), size_}; }
  [[nodiscard]] std::span<const float> span() const { return {data_.get(), size_}; }

 private:
  struct Delete {
    void operator()(float* data) const {
      ::operator delete (data, std::align_val_t{kCacheLineBytes});
    }
  };
  std::unique_ptr<float, Delete> data_;
  std::size_t size_ = 0;
};

}  // namespace kws::train
