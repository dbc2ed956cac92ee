// SPDX-License-Identifier: MIT
//
// Truths about the single stages that follow from what they are.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>
#include <span>
#include <vector>

#include "features/dct.h"
#include "features/mel_filterbank.h"
#include "features/real_fft.h"
#include "features/reference.h"
#include "features/spectrum.h"

namespace kws::features {
namespace {

constexpr float kPi = std::numbers::pi_v<float>;

std::vector<float> cepstrum(const std::vector<float>& logs, std::size_t coeffs, DctScale scale) {
  std::vector<float> result(coeffs);
  Dct(logs.size(), coeffs, scale).apply(logs, result);
  return result;
}

float energy(const std::vector<float>& values) {
  float sum = 0.0F;
  for (const float value : values) sum += value * value;
  return sum;
}

TEST(RealFft, OfAnImpulseIsFlat) {
  for (const std::size_t length : {1u, 2u, 3u, 160u, 593u, 640u}) {
    RealFft fft(length, length / 2 + 1);
    fft.input()[0] = 1.0F;
    const auto spectrum = fft.execute();
    ASSERT_EQ(spectrum.size(), 2 * (length / 2 + 1));
    std::vector<float> flat(length / 2 + 1);
    magnitudes(spectrum, flat);
    EXPECT_THAT(flat, ::testing::Each(::testing::FloatNear(1.0F, 1e-6F))) << length;
  }
}

TEST(RealFft, OfACosineIsOneBin) {
  RealFft fft(480, 241);
  for (std::size_t n = 0; n < 480; ++n) {
    fft.input()[n] = std::cos(2.0F * kPi * 12.0F * static_cast<float>(n) / 480.0F);
  }
  std::vector<float> power(241);
  powers(fft.execute(), power);
  for (std::size_t k = 0; k < power.size(); ++k) {
    EXPECT_NEAR(power[k], k == 12 ? 240.0F * 240.0F : 0.0F, 0.05F) << k;
  }
}

/// X[k], as it is defined.
std::complex<double> transform(std::span<const float> samples, std::size_t k) {
  std::complex<double> sum;
  for (std::size_t n = 0; n < samples.size(); ++n) {
    const auto turns =
        static_cast<double>(n * k % samples.size()) / static_cast<double>(samples.size());
    sum += static_cast<double>(samples[n]) * std::polar(1.0, -2.0 * std::numbers::pi * turns);
  }
  return sum;
}

TEST(RealFft, IsTheTransformAsItIsDefinedForAnyLengthAndCountOfBins) {
  const auto sound = kws::testing::lively_sound(640);
  for (const std::size_t length :
       {1u, 2u, 3u, 4u, 6u, 8u, 10u, 14u, 16u, 18u, 31u, 32u, 160u, 400u, 480u, 593u, 640u}) {
    const std::size_t all = length / 2 + 1;
    for (const std::size_t bins : {std::size_t{0}, std::size_t{1}, all / 2, all - 1, all}) {
      RealFft fft(length, bins);
      std::copy_n(sound.begin(), length, fft.input().begin());
      const auto spectrum = fft.execute();
      ASSERT_EQ(spectrum.size(), 2 * bins);
      const double tolerance = 1e-6 * static_cast<double>(length);
      for (std::size_t k = 0; k < bins; ++k) {
        const auto expected = transform(std::span(sound).first(length), k);
        EXPECT_NEAR(spectrum[2 * k], expected.real(), tolerance) << k << " of " << length;
        EXPECT_NEAR(spectrum[2 * k + 1], expected.imag(), tolerance) << k << " of " << length;
      }
      EXPECT_TRUE(std::ranges::equal(fft.input(), std::span(sound).first(length)));
    }
  }
}

TEST(MelFilterbank, NeighboursAddUpToOneBetweenTheOuterCentres) {
  const FeatureSpec spec;
  const MelFilterbank bank(spec);
  const double low = hertz_to_mel(spec.f_lo_hz);
  const double step = (hertz_to_mel(spec.f_hi_hz) - low) / (spec.mels + 1);
  for (std::size_t bin = 0; bin <= 320; ++bin) {
    float sum = 0.0F;
    for (std::size_t band = 0; band < 40; ++band) sum += bank.weight(band, bin);
    const double mel = hertz_to_mel(25.0 * static_cast<double>(bin));
    if (mel <= low || mel >= low + step * (spec.mels + 1)) {
      EXPECT_EQ(sum, 0.0F) << bin;
    } else if (mel >= low + step && mel <= low + step * spec.mels) {
      EXPECT_NEAR(sum, 1.0F, 1e-6F) << bin;
    } else {
      EXPECT_TRUE(sum > 0.0F && sum < 1.0F) << bin;
    }
  }
}

TEST(MelFilterbank, AddsWeightedBinsOfAFlatSpectrum) {
  // Every band then holds the sum of its weights, however many vectors they take.
  FeatureSpec spec;
  spec.mels = 11;
  spec.f_hi_hz = 8000.0;
  MelFilterbank bank(spec);
  std::vector<float> spectrum(bank.padded_bins(), 0.0F);
  std::fill_n(spectrum.begin(), bank.bins(), 1.0F);
  std::vector<float> energies(bank.padded_mels(), -1.0F);
  bank.apply(spectrum, energies);
  for (std::size_t band = 0; band < energies.size(); ++band) {
    double sum = 0.0;
    for (std::size_t bin = 0; band < 11 && bin <= 320; ++bin) {
      sum += static_cast<double>(bank.weight(band, bin));
    }
    EXPECT_NEAR(energies[band], sum, 1e-5 * (1.0 + sum)) << band;
  }
}

TEST(Dct, OfAConstantIsItsFirstCoefficient) {
  for (const std::size_t mels : {1u, 7u, 16u, 40u}) {
    const std::vector<float> constant(mels, 3.0F);
    const auto count = static_cast<float>(mels);
    const auto tensorflow = cepstrum(constant, mels, DctScale::kTensorFlow);
    const auto orthonormal = cepstrum(constant, mels, DctScale::kOrthonormal);
    EXPECT_NEAR(tensorflow[0], 3.0F * std::sqrt(2.0F * count), 1e-4F);
    EXPECT_NEAR(orthonormal[0], 3.0F * std::sqrt(count), 1e-4F);
    for (std::size_t k = 1; k < mels; ++k) EXPECT_NEAR(tensorflow[k], 0.0F, 1e-5F);
  }
}

TEST(Dct, OfACosineOfItsOwnIsOneCoefficient) {
  std::vector<float> wave(40);
  for (std::size_t m = 0; m < 40; ++m) {
    wave[m] = std::cos(kPi * 5.0F * (static_cast<float>(m) + 0.5F) / 40.0F);
  }
  const auto coeffs = cepstrum(wave, 40, DctScale::kTensorFlow);
  for (std::size_t k = 0; k < 40; ++k) {
    EXPECT_NEAR(coeffs[k], k == 5 ? std::sqrt(20.0F) : 0.0F, 1e-5F) << k;
  }
}

TEST(Dct, OrthonormalKeepsTheEnergy) {
  for (const std::size_t mels : {9u, 16u, 33u, 40u}) {
    const auto logs = testing::lively_sound(mels);
    const auto all = cepstrum(logs, mels, DctScale::kOrthonormal);
    EXPECT_NEAR(energy(all), energy(logs), 1e-5F * energy(logs)) << mels;
  }
}

TEST(Dct, FewerCoefficientsAreTheFirstOfAll) {
  const auto logs = testing::lively_sound(40);
  const auto all = cepstrum(logs, 40, DctScale::kTensorFlow);
  for (const std::size_t coeffs : {1u, 7u, 8u, 9u, 13u, 39u}) {
    const auto some = cepstrum(logs, coeffs, DctScale::kTensorFlow);
    EXPECT_TRUE(std::equal(some.begin(), some.end(), all.begin())) << coeffs;
  }
}

}  // namespace
}  // namespace kws::features
