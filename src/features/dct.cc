// SPDX-License-Identifier: MIT
#include "features/dct.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <numbers>

#include "features/lanes.h"

namespace kws::features {

Dct::Dct(std::size_t mels, std::size_t coeffs, DctScale scale)
    : mels_(mels),
      coeffs_(coeffs),
      stride_(round_up_to_lanes(coeffs)),
      matrix_(mels * stride_, 0.0F) {
  const auto count = static_cast<double>(mels);
  for (std::size_t m = 0; m < mels; ++m) {
    for (std::size_t k = 0; k < coeffs; ++k) {
      const double size = scale == DctScale::kOrthonormal && k == 0 ? 1.0 / count : 2.0 / count;
      const double angle =
          std::numbers::pi * static_cast<double>(k) * (static_cast<double>(m) + 0.5) / count;
      matrix_[m * stride_ + k] = static_cast<float>(std::sqrt(size) * std::cos(angle));
    }
  }
}

void Dct::apply(std::span<const float> log_energies, std::span<float> result) noexcept {
  assert(log_energies.size() == mels_ && result.size() == coeffs_);
  for (std::size_t first = 0; first < coeffs_; first += kLanes) {
    Lanes even = {};
    Lanes odd = {};
    std::size_t m = 0;
    for (; m + 1 < mels_; m += 2) {
      even += log_energies[m] * load(&matrix_[m * stride_ + first]);
      odd += log_energies[m + 1] * load(&matrix_[(m + 1) * stride_ + first]);
    }
    if (m < mels_) even += log_energies[m] * load(&matrix_[m * stride_ + first]);
    std::array<float, kLanes> sums;
    store(sums.data(), even + odd);
    const std::size_t count = std::min(kLanes, coeffs_ - first);
    std::copy_n(sums.begin(), count, result.begin() + static_cast<std::ptrdiff_t>(first));
  }
}

}  // namespace kws::features
