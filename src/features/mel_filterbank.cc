// SPDX-License-Identifier: MIT
//
// Each band keeps the span of its nonzero weights. Eight bands are summed side by side, so that
// eight sums across lanes become three rounds of additions.
#include "features/mel_filterbank.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>

#include "features/lanes.h"

namespace kws::features {

namespace {

/// Height of the triangle (low, centre, high) at `mel`; all in mel.
double triangle(double mel, double low, double centre, double high) {
  return std::max(0.0, std::min((mel - low) / (centre - low), (high - mel) / (high - centre)));
}

/// One round of summing across lanes: pairs of lanes of `a`, then pairs of lanes of `b`, each
/// within 128 bits (what a vhaddps does).
Lanes add_pairs(const Lanes& a, const Lanes& b) {
  const Lanes even = __builtin_shufflevector(a, b, 0, 2, 8, 10, 4, 6, 12, 14);
  const Lanes odd = __builtin_shufflevector(a, b, 1, 3, 9, 11, 5, 7, 13, 15);
  return even + odd;
}

/// Lane i of the result is the sum of the lanes of sums[i].
Lanes sum_each(const std::array<Lanes, kLanes>& sums) {
  const Lanes low = add_pairs(add_pairs(sums[0], sums[1]), add_pairs(sums[2], sums[3]));
  const Lanes high = add_pairs(add_pairs(sums[4], sums[5]), add_pairs(sums[6], sums[7]));
  return __builtin_shufflevector(low, high, 0, 1, 2, 3, 8, 9, 10, 11) +
         __builtin_shufflevector(low, high, 4, 5, 6, 7, 12, 13, 14, 15);
}

}  // namespace

double hertz_to_mel(double hertz) { return 1127.0 * std::log1p(hertz / 700.0); }

MelFilterbank::MelFilterbank(const FeatureSpec& spec) {
  const auto mels = static_cast<std::size_t>(spec.mels);
  const auto frame = static_cast<std::size_t>(spec.frame_samples());
  const double mel_lo = hertz_to_mel(spec.f_lo_hz);
  const double mel_hi = hertz_to_mel(spec.f_hi_hz);
  const auto edge = [&](std::size_t i) {
    return mel_lo + (mel_hi - mel_lo) * static_cast<double>(i) / static_cast<double>(mels + 1);
  };

  std::vector<std::vector<float>> rows(mels);  // the nonzero span of each band
  std::vector<std::size_t> starts(mels, 0);    // its first FFT bin
  std::size_t end_bin = 0;
  first_bin_ = frame / 2 + 1;
  // Bin 0 is no frequency: HTK and TensorFlow leave it out, as would any f_lo above 0.
  for (std::size_t bin = 1; bin <= frame / 2; ++bin) {
    const double mel =
        hertz_to_mel(static_cast<double>(bin) * spec.sample_rate_hz / static_cast<double>(frame));
    for (std::size_t band = 0; band < mels; ++band) {
      const double height = triangle(mel, edge(band), edge(band + 1), edge(band + 2));
      if (height <= 0.0) continue;
      if (rows[band].empty()) starts[band] = bin;
      rows[band].push_back(static_cast<float>(height));
      first_bin_ = std::min(first_bin_, bin);
      end_bin = bin + 1;
    }
  }
  first_bin_ = std::min(first_bin_, end_bin);  // no bin in any band
  bins_ = end_bin - first_bin_;
  padded_bins_ = round_up_to_lanes(bins_);

  bands_.resize(round_up_to_lanes(mels));
  for (std::size_t band = 0; band < mels; ++band) {
    if (rows[band].empty()) continue;
    const std::size_t padded = round_up_to_lanes(rows[band].size());
    bands_[band] = {starts[band] - first_bin_, weights_.size(), padded / kLanes};
    weights_.insert(weights_.end(), rows[band].begin(), rows[band].end());
    weights_.resize(bands_[band].weights + padded, 0.0F);
    padded_bins_ = std::max(padded_bins_, bands_[band].bin + padded);
  }
}

void MelFilterbank::apply(std::span<const float> spectrum, std::span<float> energies) noexcept {
  assert(spectrum.size() == padded_bins_ && energies.size() == bands_.size());
  for (std::size_t first = 0; first < bands_.size(); first += kLanes) {
    std::array<Lanes, kLanes> sums;
    for (std::size_t i = 0; i < kLanes; ++i) {
      const Band& band = bands_[first + i];
      const float* bins = spectrum.data() + band.bin;
      const float* weights = weights_.data() + band.weights;
      Lanes sum = {};
      for (std::size_t v = 0; v < band.vectors; ++v) {
        sum += load(bins + v * kLanes) * load(weights + v * kLanes);
      }
      sums[i] = sum;
    }
    store(energies.data() + first, sum_each(sums));
  }
}

float MelFilterbank::weight(std::size_t band, std::size_t bin) const {
  const Band& span = bands_.at(band);
  const std::size_t start = first_bin_ + span.bin;
  if (bin < start || bin >= start + span.vectors * kLanes) return 0.0F;
  return weights_[span.weights + bin - start];
}

}  // namespace kws::features
