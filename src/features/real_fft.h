// SPDX-License-Identifier: MIT
//
// The Fourier transform of one frame, by FFTW in single precision. The only file that knows FFTW.
// FFTW's complex transforms make better use of vectors than its real ones: half the length, with
// the real spectrum unpacked from it, takes less than half the time.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>

#include "base/realtime.h"
#include "features/real_spectrum.h"

struct fftwf_plan_s;  // FFTW's own name for what fftwf_plan points to

namespace kws::features {

class RealFft {
 public:
  /// Any length >= 1, powers of two or not; even ones are faster. Of the spectrum's length / 2 + 1
  /// bins the first `bins` are computed. The plan is an estimate: at the sizes of speech frames it
  /// runs nearly as fast as a measured one and is the same on every start. Throws std::bad_alloc.
  /// Callable from several threads: the planner, which is not, is locked inside.
  RealFft(std::size_t length, std::size_t bins);

  /// shape [length]. execute() leaves it as it is.
  [[nodiscard]] std::span<float> input() noexcept KWS_REALTIME { return {input_.get(), length_}; }

  /// X[k] = sum over n of x[n] exp(-2 pi i k n / length), not scaled.
  /// Returns shape [bins, 2], real and imaginary part in turn; valid until the next call.
  std::span<const float> execute() noexcept KWS_REALTIME;

 private:
  struct FreeBuffer {
    void operator()(float* memory) const noexcept;
  };
  struct DestroyPlan {
    void operator()(fftwf_plan_s* plan) const noexcept;
  };

  std::size_t length_;
  std::size_t bins_;
  std::unique_ptr<float[], FreeBuffer> input_;  // from fftwf_malloc, so aligned for its kernels
  std::unique_ptr<float[], FreeBuffer> transformed_;  // likewise; between margins for unpacking
  std::optional<RealSpectrum> unpacking_;             // of even lengths …
  AlignedFloats spectrum_;                            // … and where to
  std::unique_ptr<fftwf_plan_s, DestroyPlan> plan_;
};

}  // namespace kws::features
