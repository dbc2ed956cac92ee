// SPDX-License-Identifier: MIT
//
// From sums back to int8, for one value: the definition that the vectors of simd.h follow, and the
// ratios of scales it multiplies by.
#pragma once

#include <algorithm>
#include <cstdint>

#include "nn/graph.h"

namespace kws::engine::s8 {
namespace {

/// To the nearest integer, ties to even, for |x| <= 2^22: 1.5 * 2^23 leaves no bits behind the
/// point. The same everywhere, needs no instruction and no library.
inline std::int32_t round_even(float x) noexcept {
  constexpr float kMagic = 12582912.0F;
  return static_cast<std::int32_t>((x + kMagic) - kMagic);
}

/// clamp(zero_point + rne(steps)) to -128..127. The bounds are integers, so that clamping first is
/// the same.
inline std::int8_t to_int8(float steps, std::int32_t zero_point) noexcept {
  const auto zero = static_cast<float>(zero_point);
  const float clamped = std::clamp(steps, -128.0F - zero, 127.0F - zero);
  return static_cast<std::int8_t>(zero_point + round_even(clamped));
}

inline std::int8_t requantise(std::int32_t sum, float multiplier,
                              std::int32_t zero_point) noexcept {
  return to_int8(static_cast<float>(sum) * multiplier, zero_point);
}

/// scale_x / (count * scale_y), in double, rounded to float.
inline float ratio(const nn::Quantisation& x, const nn::Quantisation& y,
                   std::int64_t count = 1) noexcept {
  return static_cast<float>(static_cast<double>(x.scale) /
                            (static_cast<double>(count) * static_cast<double>(y.scale)));
}

}  // namespace
}  // namespace kws::engine::s8
