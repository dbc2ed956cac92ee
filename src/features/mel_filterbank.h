// SPDX-License-Identifier: MIT
//
// Spectrum → energies of mel bands: triangles that overlap by half, equally wide to the ear.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/realtime.h"
#include "features/aligned_floats.h"
#include "features/feature_spec.h"

namespace kws::features {

/// mel(f) = 1127 ln(1 + f / 700): the HTK mel scale.
[[nodiscard]] double hertz_to_mel(double hertz);

class MelFilterbank {
 public:
  /// For the spectrum of one frame of `spec`. Requires a valid spec.
  ///
  /// Between mel(f_lo) and mel(f_hi) lie mels + 2 equally spaced edges; band b rises from edge b to
  /// 1 at edge b + 1 and falls to edge b + 2, linearly in mel, without area normalisation: the
  /// matrix of tf.signal.linear_to_mel_weight_matrix. A band that no FFT bin falls into is 0.
  explicit MelFilterbank(const FeatureSpec& spec);

  /// The FFT bins that any band looks at: [first_bin, first_bin + bins). The rest of the spectrum
  /// need not be computed.
  [[nodiscard]] std::size_t first_bin() const noexcept { return first_bin_; }
  [[nodiscard]] std::size_t bins() const noexcept { return bins_; }

  /// Floats that apply() may read from its spectrum: `bins` and some behind them, which must be
  /// finite and otherwise do not matter.
  [[nodiscard]] std::size_t padded_bins() const noexcept { return padded_bins_; }
  /// Floats that apply() writes: `mels` and some zeros behind them.
  [[nodiscard]] std::size_t padded_mels() const noexcept { return bands_.size(); }

  /// spectrum: shape [padded_bins], from first_bin on.   energies: shape [padded_mels].
  void apply(std::span<const float> spectrum, std::span<float> energies) noexcept KWS_REALTIME;

  /// The weight of an FFT bin in a band, for tests and pictures.
  [[nodiscard]] float weight(std::size_t band, std::size_t bin) const;

 private:
  struct Band {
    std::size_t bin = 0;      // of its first weight, relative to first_bin_
    std::size_t weights = 0;  // where they start in weights_
    std::size_t vectors = 0;  // how many Lanes of them, the last padded with zeros
  };

  std::size_t first_bin_ = 0;
  std::size_t bins_ = 0;
  std::size_t padded_bins_ = 0;
  std::vector<Band> bands_;  // a multiple of kLanes; those added have no weights
  AlignedFloats weights_;
};

}  // namespace kws::features
