// SPDX-License-Identifier: MIT
//
// With M = length / 2, E and O the spectra of the even and the odd samples, both of period M and
// E[M - k] = conj E[k], O likewise, because those samples are real:
//   Z[k] = E[k] + i O[k],   conj Z[M - k] = E[k] - i O[k],
//   X[k] = E[k] + exp(-2 pi i k / 2M) O[k],
// so X[k] = (Z[k] + conj Z[M - k]) / 2 + (Z[k] - conj Z[M - k]) * -i/2 exp(-2 pi i k / 2M).
// (Cooley, Lewis and Welch 1970.)
#include "features/real_spectrum.h"

#include <cmath>
#include <numbers>

#include "features/lanes.h"

namespace kws::features {

namespace {

/// Four complex numbers from the last to the first, conjugated.
Lanes reversed_conjugates(const Lanes& z) {
  constexpr Lanes kConjugate = {1, -1, 1, -1, 1, -1, 1, -1};
  return __builtin_shufflevector(z, z, 6, 7, 4, 5, 2, 3, 0, 1) * kConjugate;
}

/// Real and imaginary parts change places.
Lanes swapped(const Lanes& z) { return __builtin_shufflevector(z, z, 1, 0, 3, 2, 5, 4, 7, 6); }

}  // namespace

RealSpectrum::RealSpectrum(std::size_t length, std::size_t bins)
    : half_(length / 2),
      bins_(bins),
      straight_(round_up_to_lanes(2 * bins), 0.0F),
      crossed_(straight_.size(), 0.0F) {
  for (std::size_t k = 0; k < bins; ++k) {
    const double angle =
        2.0 * std::numbers::pi * static_cast<double>(k) / static_cast<double>(length);
    const auto real = static_cast<float>(-0.5 * std::sin(angle));
    const auto imaginary = static_cast<float>(-0.5 * std::cos(angle));
    straight_[2 * k] = straight_[2 * k + 1] = real;
    crossed_[2 * k] = -imaginary;
    crossed_[2 * k + 1] = imaginary;
  }
}

void RealSpectrum::unpack(float* half, float* spectrum) const noexcept {
  half[2 * half_] = half[0];
  half[2 * half_ + 1] = half[1];
  const float* mirror = half + 2 * (half_ + 1) - kLanes;  // ends with Z[M - k]
  for (std::size_t i = 0; i < 2 * bins_; i += kLanes, mirror -= kLanes) {
    const Lanes z = load(half + i);
    const Lanes image = reversed_conjugates(load(mirror));
    const Lanes difference = z - image;
    store(spectrum + i, 0.5F * (z + image) + (difference * load(&straight_[i]) +
                                              swapped(difference) * load(&crossed_[i])));
  }
}

}  // namespace kws::features
