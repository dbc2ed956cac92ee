// SPDX-License-Identifier: MIT
#include "data/equaliser.h"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <numbers>
#include <vector>

namespace kws::data {
namespace {

constexpr Hertz kRate{16000.0};

/// 20 log10 |H(f)|.
double gain_db(const Biquad& filter, double hertz) {
  const auto z = std::polar(1.0, -2.0 * std::numbers::pi * hertz / kRate.value);
  const auto response =
      (filter.b0 + filter.b1 * z + filter.b2 * z * z) / (1.0 + filter.a1 * z + filter.a2 * z * z);
  return 20.0 * std::log10(std::abs(response));
}

TEST(Equaliser, ShelvesReachTheirGainOnOneSideAndHalfOfItAtTheCorner) {
  for (const double db : {-9.0, 6.0}) {
    const auto low = low_shelf(Hertz{300.0}, Decibels{db}, kRate);
    EXPECT_NEAR(gain_db(low, 0.0), db, 1e-9);
    EXPECT_NEAR(gain_db(low, 300.0), db / 2.0, 1e-9);
    EXPECT_NEAR(gain_db(low, 8000.0), 0.0, 1e-9);
    const auto high = high_shelf(Hertz{3000.0}, Decibels{db}, kRate);
    EXPECT_NEAR(gain_db(high, 0.0), 0.0, 1e-9);
    EXPECT_NEAR(gain_db(high, 3000.0), db / 2.0, 1e-9);
    EXPECT_NEAR(gain_db(high, 8000.0), db, 1e-9);
  }
}

TEST(Equaliser, APeakReachesItsGainInTheMiddleAndNowhereElse) {
  for (const double db : {-9.0, 6.0}) {
    const auto filter = peak(Hertz{1000.0}, Decibels{db}, 1.0, kRate);
    EXPECT_NEAR(gain_db(filter, 1000.0), db, 1e-9);
    EXPECT_NEAR(gain_db(filter, 0.0), 0.0, 1e-9);
    EXPECT_NEAR(gain_db(filter, 8000.0), 0.0, 1e-9);
  }
}

TEST(Equaliser, ALowPassFallsTwelveDecibelsAnOctave) {
  const auto filter = low_pass(Hertz{1000.0}, std::numbers::sqrt2 / 2.0, kRate);
  EXPECT_NEAR(gain_db(filter, 0.0), 0.0, 1e-9);
  EXPECT_NEAR(gain_db(filter, 1000.0), -3.0103, 1e-4);
  // By the bilinear transform a frequency f lies where tan(pi f / rate) would in an analogue one.
  const double ratio = std::tan(std::numbers::pi * 0.25) / std::tan(std::numbers::pi / 16.0);
  EXPECT_NEAR(gain_db(filter, 4000.0), -10.0 * std::log10(1.0 + std::pow(ratio, 4.0)), 1e-6);
}

TEST(Equaliser, AHighPassIsALowPassMirrored) {
  const auto high = high_pass(Hertz{1000.0}, std::numbers::sqrt2 / 2.0, kRate);
  const auto low = low_pass(Hertz{7000.0}, std::numbers::sqrt2 / 2.0, kRate);
  EXPECT_NEAR(gain_db(high, 1000.0), -3.0103, 1e-4);
  for (const double hertz : {100.0, 1000.0, 3000.0, 7900.0}) {
    EXPECT_NEAR(gain_db(high, hertz), gain_db(low, 8000.0 - hertz), 1e-6) << hertz;
  }
}

TEST(Equaliser, LimitsTheBandAsAButterworthOfOrderEight) {
  for (const double hertz : {1000.0, 4000.0, 5000.0}) {
    std::vector<float> tone(16000);
    for (std::size_t i = 0; i < tone.size(); ++i) {
      tone[i] = static_cast<float>(
          0.1 * std::sin(2.0 * std::numbers::pi * hertz * static_cast<double>(i) / kRate.value));
    }
    limit_band(Hertz{4000.0}, kRate, tone);
    double squares = 0.0;
    for (std::size_t i = 8000; i < tone.size(); ++i) {
      squares += static_cast<double>(tone[i]) * static_cast<double>(tone[i]);
    }
    const double ratio = std::tan(std::numbers::pi * hertz / kRate.value);  // to tan of a quarter
    EXPECT_NEAR(std::sqrt(squares / 8000.0 * 2.0), 0.1 / std::sqrt(1.0 + std::pow(ratio, 16.0)),
                1e-4)
        << hertz;
  }
  std::vector<float> samples{0.25F, -0.5F, 1.0F};
  limit_band(Hertz{7900.0}, kRate, samples);
  EXPECT_EQ(samples, (std::vector<float>{0.25F, -0.5F, 1.0F}));
}

TEST(Equaliser, FiltersAToneByItsGain) {
  std::vector<float> tone(16000);
  for (std::size_t i = 0; i < tone.size(); ++i) {
    tone[i] = static_cast<float>(
        0.1 * std::sin(2.0 * std::numbers::pi * 1000.0 * static_cast<double>(i) / kRate.value));
  }
  const auto section = peak(Hertz{1200.0}, Decibels{6.0}, 0.7, kRate);
  filter(section, tone);
  double squares = 0.0;
  for (std::size_t i = 8000; i < tone.size(); ++i) {
    squares += static_cast<double>(tone[i]) * static_cast<double>(tone[i]);
  }
  EXPECT_NEAR(std::sqrt(squares / 8000.0 * 2.0),
              0.1 * std::pow(10.0, gain_db(section, 1000.0) / 20.0), 1e-4);
}

TEST(Equaliser, StaysWithinFullScaleAndFiniteAtAnyRate) {
  for (const double rate : {1000.0, 8000.0, 48000.0}) {
    Random random(1);
    for (int i = 0; i < 50; ++i) {
      std::vector<float> noise(2000);
      for (auto& sample : noise) sample = static_cast<float>(random.uniform(-1.0, 1.0));
      equalise(Decibels{12.0}, Hertz{rate}, random, noise);
      for (const float sample : noise) ASSERT_LE(std::abs(sample), 1.0F);
    }
  }
}

}  // namespace
}  // namespace kws::data
