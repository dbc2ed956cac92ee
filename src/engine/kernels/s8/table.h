// SPDX-License-Identifier: MIT
//
// Functions of one int8 value as what they are: tables of 256.
#pragma once

#include <array>
#include <cstdint>

#include "nn/graph.h"

namespace kws::engine::s8 {

struct Table {
  std::array<std::int8_t, 256> values{};  // by q + 128

  [[nodiscard]] std::int8_t operator[](std::int8_t q) const noexcept {
    return values[static_cast<std::size_t>(q + 128)];
  }
};

/// clamp(z_y + rne(f(scale_x (q - z_x)) / scale_y)) for ReLU, ReLU6, hard-swish or swish, in double
/// precision. Requires one of them.
[[nodiscard]] Table activation_table(nn::Op op, const nn::Quantisation& x,
                                     const nn::Quantisation& y);

/// clamp(z_y + rne(float(q - z_x) * float(scale_x / scale_y))): the same value under another scale.
[[nodiscard]] Table rescaling_table(const nn::Quantisation& x, const nn::Quantisation& y);

}  // namespace kws::engine::s8
