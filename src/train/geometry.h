// SPDX-License-Identifier: MIT
//
// The two axes along which convolutions and pools slide.
#pragma once

#include <cstddef>

#include "nn/sliding.h"

namespace kws::train {

struct Geometry {
  nn::Axis time;
  nn::Axis freq;

  Geometry(const nn::Shape& in, const nn::Shape& out, const nn::Window& window)
      : time(nn::time_axis(in, out, window)), freq(nn::freq_axis(in, out, window)) {}

  [[nodiscard]] std::size_t positions() const {
    return static_cast<std::size_t>(time.outputs * freq.outputs);
  }
  [[nodiscard]] std::size_t taps() const {
    return static_cast<std::size_t>(time.kernel * freq.kernel);
  }
};

}  // namespace kws::train
