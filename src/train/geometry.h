// SPDX-License-Identifier: MIT
//
// Which input positions a window looks at: what convolutions and pools have in common.
#pragma once

#include <algorithm>
#include <cstddef>

#include "nn/graph.h"

namespace kws::train {

/// One axis of a sliding window. Output o with tap k looks at input o * stride + k * dilation -
/// before.
struct Axis {
  std::ptrdiff_t in = 1;
  std::ptrdiff_t out = 1;
  std::ptrdiff_t kernel = 1;
  std::ptrdiff_t stride = 1;
  std::ptrdiff_t dilation = 1;
  std::ptrdiff_t before = 0;

  [[nodiscard]] std::ptrdiff_t position(std::ptrdiff_t o, std::ptrdiff_t k) const {
    return o * stride + k * dilation - before;
  }
  /// Taps first_tap(o) ≤ k < end_tap(o) lie on the input, the others on the padding.
  [[nodiscard]] std::ptrdiff_t first_tap(std::ptrdiff_t o) const {
    const auto outside = before - o * stride;
    return outside <= 0 ? 0 : std::min(kernel, (outside + dilation - 1) / dilation);
  }
  [[nodiscard]] std::ptrdiff_t end_tap(std::ptrdiff_t o) const {
    const auto room = in - 1 - position(o, 0);
    return room < 0 ? 0 : std::min(kernel, room / dilation + 1);
  }
};

struct Geometry {
  Axis time;
  Axis freq;

  Geometry(const nn::Shape& in, const nn::Shape& out, const nn::Window& window)
      : time{in.time,
             out.time,
             window.kernel_time,
             window.stride_time,
             window.dilation_time,
             window.padding.time_before},
        freq{in.freq,
             out.freq,
             window.kernel_freq,
             window.stride_freq,
             window.dilation_freq,
             window.padding.freq_before} {}

  [[nodiscard]] std::size_t positions() const {
    return static_cast<std::size_t>(time.out * freq.out);
  }
  [[nodiscard]] std::size_t taps() const {
    return static_cast<std::size_t>(time.kernel * freq.kernel);
  }
};

}  // namespace kws::train
