// SPDX-License-Identifier: MIT
//
// Log mel energies → cepstral coefficients: the DCT-II as a matrix product.
#pragma once

#include <cstddef>
#include <span>

#include "base/realtime.h"
#include "features/aligned_floats.h"
#include "features/feature_spec.h"

namespace kws::features {

class Dct {
 public:
  /// c[k] = s[k] * sum over m of x[m] cos(pi k (m + 1/2) / mels), for k < coeffs, with
  /// s[k] = sqrt(2 / mels); orthonormal: s[0] = sqrt(1 / mels). Requires 1 <= coeffs <= mels.
  Dct(std::size_t mels, std::size_t coeffs, DctScale scale);

  /// log_energies: shape [mels].   result: shape [coeffs], c[0] first.
  void apply(std::span<const float> log_energies, std::span<float> result) noexcept KWS_REALTIME;

 private:
  std::size_t mels_;
  std::size_t coeffs_;
  std::size_t stride_;    // coeffs, rounded up to whole lanes
  AlignedFloats matrix_;  // [mels, stride], so that a step adds x[m] times a contiguous row
};

}  // namespace kws::features
