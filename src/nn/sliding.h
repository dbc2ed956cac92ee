// SPDX-License-Identifier: MIT
//
// How the window of a convolution or a pool slides along one axis: which of its taps meet the
// input, and where. The one place for this arithmetic: kernels, the calculus of incremental plans
// and the trainer all take it from here. Inlined always, because files that are compiled for
// different instruction sets must not share a function at link time.
#pragma once

#include <algorithm>
#include <cstdint>

#include "nn/graph.h"

namespace kws::nn {

/// Taps begin ≤ k < end meet the input, the others the padding. Tap `begin` is at input `first`,
/// the next one a dilation further.
struct Taps {
  std::int64_t begin = 0;
  std::int64_t end = 0;
  std::int64_t first = 0;
};

/// Output o looks with tap k at input o * stride + k * dilation - padding.
struct Axis {
  std::int64_t inputs = 1;
  std::int64_t outputs = 1;
  std::int64_t kernel = 1;
  std::int64_t stride = 1;
  std::int64_t dilation = 1;
  std::int64_t padding = 0;  // before the input

  [[nodiscard, gnu::always_inline]] inline std::int64_t input(std::int64_t output,
                                                              std::int64_t tap) const noexcept {
    return output * stride + tap * dilation - padding;
  }

  [[nodiscard, gnu::always_inline]] inline Taps taps(std::int64_t output) const noexcept {
    const std::int64_t origin = input(output, 0);
    const std::int64_t room = inputs - origin;
    Taps taps;
    taps.begin = origin >= 0 ? 0 : std::min(kernel, (-origin + dilation - 1) / dilation);
    taps.end = room <= 0 ? 0 : std::min(kernel, (room + dilation - 1) / dilation);
    taps.end = std::max(taps.end, taps.begin);
    taps.first = input(output, taps.begin);
    return taps;
  }

  /// The outputs whose every tap meets the input: begin ≤ o < end.
  struct Interior {
    std::int64_t begin = 0;
    std::int64_t end = 0;
  };
  [[nodiscard, gnu::always_inline]] inline Interior interior() const noexcept {
    const std::int64_t begin = std::min(outputs, (padding + stride - 1) / stride);
    const std::int64_t last = inputs - 1 + padding - dilation * (kernel - 1);  // origin, padded
    return {begin, last < 0 ? begin : std::clamp(last / stride + 1, begin, outputs)};
  }
};

[[nodiscard, gnu::always_inline]] inline Axis time_axis(const Shape& in, const Shape& out,
                                                        const Window& window) noexcept {
  return {in.time,
          out.time,
          window.kernel_time,
          window.stride_time,
          window.dilation_time,
          window.padding.time_before};
}

[[nodiscard, gnu::always_inline]] inline Axis freq_axis(const Shape& in, const Shape& out,
                                                        const Window& window) noexcept {
  return {in.freq,
          out.freq,
          window.kernel_freq,
          window.stride_freq,
          window.dilation_freq,
          window.padding.freq_before};
}

}  // namespace kws::nn
