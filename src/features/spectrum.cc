// SPDX-License-Identifier: MIT
//
// Plain loops that the compiler turns into vector code; for the root it needs -fno-math-errno,
// which this file is compiled with. Both are exactly rounded operations, so nothing changes.
#include "features/spectrum.h"

#include <cassert>
#include <cmath>
#include <cstddef>

namespace kws::features {

void magnitudes(std::span<const float> complex, std::span<float> result) noexcept {
  assert(complex.size() == 2 * result.size());
  const float* from = complex.data();
  float* to = result.data();
  for (std::size_t k = 0; k < result.size(); ++k) {
    to[k] = std::sqrt(from[2 * k] * from[2 * k] + from[2 * k + 1] * from[2 * k + 1]);
  }
}

void powers(std::span<const float> complex, std::span<float> result) noexcept {
  assert(complex.size() == 2 * result.size());
  const float* from = complex.data();
  float* to = result.data();
  for (std::size_t k = 0; k < result.size(); ++k) {
    to[k] = from[2 * k] * from[2 * k] + from[2 * k + 1] * from[2 * k + 1];
  }
}

}  // namespace kws::features
