// SPDX-License-Identifier: MIT
//
// The spectrum of a real signal out of a complex transform of half its length. Even samples are
// taken for real parts, odd ones for imaginary parts, which is how they lie in memory; afterwards
// the spectra of both are told apart by their symmetry.
#pragma once

#include <cstddef>
#include <span>

#include "base/realtime.h"
#include "features/aligned_floats.h"

namespace kws::features {

class RealSpectrum {
 public:
  /// Of a signal of `length` samples, an even number; the first `bins` of its length / 2 + 1 bins.
  RealSpectrum(std::size_t length, std::size_t bins);

  /// Floats that unpack() reads before and behind `half`, and how many more than 2 * bins it may
  /// write. They must be finite and otherwise do not matter.
  static constexpr std::size_t kMargin = 2 * kLanes;

  /// half: Z[m] = sum over n of (x[2n] + i x[2n + 1]) exp(-2 pi i m n / (length / 2)), shape
  /// [length / 2 + 1, 2], whose last, Z[length / 2] = Z[0], it sets.
  /// spectrum: X[k] = sum over n of x[n] exp(-2 pi i k n / length), shape [bins, 2].
  void unpack(float* half, float* spectrum) const noexcept KWS_REALTIME;

 private:
  std::size_t half_;  // length / 2
  std::size_t bins_;
  // -i/2 exp(-2 pi i k / length) of each bin: what real and imaginary part are multiplied by, and
  // what the two multiply when they change places.
  AlignedFloats straight_;  // [bins, 2] and some behind them, as is
  AlignedFloats crossed_;   //   crossed_
};

}  // namespace kws::features
