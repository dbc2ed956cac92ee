// SPDX-License-Identifier: MIT
//
// Which taps of a window meet the input at an output position, along one axis.
#pragma once

#include <algorithm>
#include <cstdint>

namespace kws::engine {
namespace {  // as in simd.h: each file its own copy

/// Taps begin..end-1 read inputs first, first + dilation, …
struct Taps {
  std::int64_t begin = 0;
  std::int64_t end = 0;
  std::int64_t first = 0;
};

/// One axis of a Window over an input of `size`.
struct Axis {
  std::int64_t size = 1;
  std::int64_t kernel = 1;
  std::int64_t stride = 1;
  std::int64_t dilation = 1;
  std::int64_t padding = 0;  // before

  [[nodiscard]] Taps taps(std::int64_t position) const noexcept {
    const std::int64_t origin = position * stride - padding;
    Taps result;
    result.begin = origin >= 0 ? 0 : std::min(kernel, (-origin + dilation - 1) / dilation);
    const std::int64_t room = size - origin;  // input positions from the origin on
    result.end = room <= 0 ? 0 : std::min(kernel, (room + dilation - 1) / dilation);
    result.end = std::max(result.end, result.begin);
    result.first = origin + result.begin * dilation;
    return result;
  }

  /// Positions, out of `positions`, where every tap meets the input: [first, last).
  void interior(std::int64_t positions, std::int64_t& first, std::int64_t& last) const noexcept {
    first = std::min(positions, (padding + stride - 1) / stride);
    const std::int64_t room = size + padding - dilation * (kernel - 1) - 1;
    last = room < 0 ? first : std::clamp(room / stride + 1, first, positions);
  }
};

}  // namespace
}  // namespace kws::engine
