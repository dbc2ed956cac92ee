// SPDX-License-Identifier: MIT
//
// x = 2^e (1 + f) with 1 + f between sqrt(1/2) and sqrt(2). With s = f / (2 + f),
//   ln(1 + f) = 2 artanh(s) = 2 s + s z (2/3 + 2/5 z + 2/7 z^2 + ...),   z = s^2 <= 0.0295,
// where the first term left out, 2/13 s z^6, is below 2^-31 of the whole. Written as
// f - (f^2/2 - s (f^2/2 + R)), R = z (2/3 + ...), the large part f is exact (as in fdlibm's log).
#include "features/vector_log.h"

#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "features/lanes.h"

namespace kws::features {

namespace {

constexpr float kLn2High = 0x1.62e4p-1F;    // ln 2 to 15 bits: times an exponent, exact
constexpr float kLn2Low = 0x1.7f7d1cp-20F;  // ln 2 - kLn2High
constexpr std::int32_t kSqrtHalf = std::bit_cast<std::int32_t>(0x1.6a09e6p-1F);
constexpr std::int32_t kMantissa = 0x007fffff;

Lanes log_of(const Lanes& x) {
  // Taking the bits of sqrt(1/2) away makes the exponent field round to the nearest power of two
  // on that scale, and leaves 1 + f relative to it.
  const IntLanes bits = std::bit_cast<IntLanes>(x) - kSqrtHalf;
  const IntLanes exponent = bits >> 23;
  const IntLanes mantissa = (bits & kMantissa) + kSqrtHalf;
  const Lanes e = __builtin_convertvector(exponent, Lanes);
  const Lanes f = std::bit_cast<Lanes>(mantissa) - 1.0F;
  const Lanes s = f / (2.0F + f);
  const Lanes z = s * s;
  const Lanes r =
      z * (2.0F / 3 + z * (2.0F / 5 + z * (2.0F / 7 + z * (2.0F / 9 + z * (2.0F / 11)))));
  const Lanes half_square = 0.5F * f * f;
  const Lanes result = e * kLn2High - ((half_square - (s * (half_square + r) + e * kLn2Low)) - f);
  // Infinity and NaN have no exponent to speak of: they pass as they are.
  const IntLanes finite = x < std::numeric_limits<float>::infinity();
  return finite ? result : x;
}

}  // namespace

void log_above_floor(std::span<float> values, float floor) noexcept {
  assert(values.size() % kLanes == 0);
  for (std::size_t i = 0; i < values.size(); i += kLanes) {
    store(&values[i], log_of(load(&values[i]) + floor));
  }
}

}  // namespace kws::features
