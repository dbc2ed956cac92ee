// SPDX-License-Identifier: MIT
#include "features/reference.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstddef>
#include <numbers>

#include "base/random.h"

namespace kws::testing {

namespace {

constexpr double kPi = std::numbers::pi;

std::vector<double> reference_spectrum(const features::FeatureSpec& spec,
                                       std::span<const float> frame) {
  const std::size_t length = frame.size();
  std::vector<double> spectrum;
  for (std::size_t k = 0; k <= length / 2; ++k) {
    std::complex<double> sum = 0.0;
    for (std::size_t n = 0; n < length; ++n) {
      const double turn = static_cast<double>(n) / static_cast<double>(length);
      const double window = 0.5 - 0.5 * std::cos(2.0 * kPi * turn);
      // The turns of k * n that make no whole one, so that the angle stays small and exact.
      const double angle =
          2.0 * kPi * static_cast<double>(k * n % length) / static_cast<double>(length);
      sum += static_cast<double>(frame[n]) * window * std::polar(1.0, -angle);
    }
    spectrum.push_back(spec.spectrum == features::Spectrum::kPower ? std::norm(sum)
                                                                   : std::abs(sum));
  }
  return spectrum;
}

double mel_of(double hertz) { return 1127.0 * std::log(1.0 + hertz / 700.0); }

}  // namespace

std::vector<double> reference_row(const features::FeatureSpec& spec, std::span<const float> frame) {
  const std::vector<double> spectrum = reference_spectrum(spec, frame);
  const double low = mel_of(spec.f_lo_hz);
  const double step = (mel_of(spec.f_hi_hz) - low) / (spec.mels + 1);
  std::vector<double> logs;
  for (int band = 0; band < spec.mels; ++band) {
    const double centre = low + step * (band + 1);
    double energy = 0.0;
    for (std::size_t k = 1; k < spectrum.size(); ++k) {
      const double hertz =
          static_cast<double>(k) * spec.sample_rate_hz / static_cast<double>(frame.size());
      energy += spectrum[k] * std::max(0.0, 1.0 - std::abs(mel_of(hertz) - centre) / step);
    }
    logs.push_back(std::log(energy + 1e-6));
  }
  if (spec.kind == features::Kind::kLogMel) return logs;

  std::vector<double> coeffs;
  for (int k = 0; k < spec.coeffs; ++k) {
    double sum = 0.0;
    for (int m = 0; m < spec.mels; ++m) {
      sum += logs[static_cast<std::size_t>(m)] * std::cos(kPi * k * (m + 0.5) / spec.mels);
    }
    const bool shorter = spec.dct == features::DctScale::kOrthonormal && k == 0;
    coeffs.push_back(sum * std::sqrt((shorter ? 1.0 : 2.0) / spec.mels));
  }
  return coeffs;
}

std::vector<float> lively_sound(std::size_t samples, unsigned seed) {
  Random random(seed);
  std::vector<float> sound(samples);
  for (std::size_t n = 0; n < samples; ++n) {
    const auto t = static_cast<double>(n);
    sound[n] = static_cast<float>(0.05 * random.normal() + 0.3 * std::sin(0.11 * t) +
                                  0.2 * std::sin(0.73 * t + 1.0));
  }
  return sound;
}

double largest(std::span<const double> values) {
  double result = 0.0;
  for (const double value : values) result = std::max(result, std::abs(value));
  return result;
}

}  // namespace kws::testing
