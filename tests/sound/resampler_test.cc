// SPDX-License-Identifier: MIT
//
// The truth is analytic: a sine below both Nyquist frequencies must come out as the same sine, in
// place (the converter's delay is compensated), one above the new Nyquist must vanish.
#include "sound/resampler.h"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <numbers>
#include <random>
#include <vector>

#include "base/error.h"
#include "support/allocation_guard.h"

namespace kws::sound {
namespace {

std::vector<float> sine(double frequency_hz, double rate_hz, double seconds) {
  std::vector<float> wave(static_cast<std::size_t>(seconds * rate_hz));
  for (std::size_t i = 0; i < wave.size(); ++i) {
    const double time_s = static_cast<double>(i) / rate_hz;
    wave[i] = static_cast<float>(0.5 * std::sin(2.0 * std::numbers::pi * frequency_hz * time_s));
  }
  return wave;
}

/// Converts with the given block sizes, taken in turn, on either side.
std::vector<float> convert(Resampler& resampler, const std::vector<float>& input,
                           const std::vector<std::size_t>& in_blocks,
                           const std::vector<std::size_t>& out_blocks) {
  std::vector<float> output;
  std::vector<float> block(65536);
  std::span<const float> rest(input);
  for (std::size_t turn = 0;; ++turn) {
    const auto in = rest.first(std::min(rest.size(), in_blocks[turn % in_blocks.size()]));
    const auto out = std::span(block).first(out_blocks[turn % out_blocks.size()]);
    const bool last = in.size() == rest.size();
    const auto step = resampler.convert(in, out, last);
    EXPECT_LE(step.consumed, in.size());
    EXPECT_LE(step.produced, out.size());
    output.insert(output.end(), block.begin(), block.begin() + static_cast<long>(step.produced));
    rest = rest.subspan(step.consumed);
    if (rest.empty() && !out.empty() && step.produced == 0) return output;
  }
}

std::vector<float> convert(double from_hz, double to_hz, const std::vector<float>& input) {
  Resampler resampler(Hertz{from_hz}, Hertz{to_hz});
  return convert(resampler, input, {65536}, {65536});
}

struct Tone {
  double gain;         // of the sine that was fed
  double phase_rad;    // against the sine that was fed
  double residual_db;  // everything else, relative to the sine that was fed
};

/// Fits a sine of known frequency over whole periods in the middle (away from the edges).
Tone measure(const std::vector<float>& output, double frequency_hz, double rate_hz) {
  const auto first = static_cast<std::size_t>(0.25 * rate_hz);
  const auto count = static_cast<std::size_t>(0.5 * rate_hz);
  std::complex<double> sum = 0.0;
  double power = 0.0;
  for (std::size_t i = first; i < first + count; ++i) {
    const double angle = 2.0 * std::numbers::pi * frequency_hz * static_cast<double>(i) / rate_hz;
    const double value = static_cast<double>(output.at(i));
    sum += value * std::polar(1.0, -angle);
    power += value * value;
  }
  // 0.5 sin(a) = Re(-0.5i e^{ia}), so the sum over whole periods is -0.25i · count · gain.
  const auto amplitude = sum / static_cast<double>(count) / std::complex<double>(0.0, -0.25);
  const double mean_power = power / static_cast<double>(count);
  const double tone_power = 0.125 * std::norm(amplitude);
  return {.gain = std::abs(amplitude),
          .phase_rad = std::arg(amplitude),
          .residual_db = 10.0 * std::log10(std::max(mean_power - tone_power, 1e-30) / 0.125)};
}

TEST(Resampler, EqualRatesPassSamplesUntouched) {
  const auto wave = sine(1000.0, 16000.0, 0.5);
  EXPECT_EQ(convert(16000.0, 16000.0, wave), wave);
}

TEST(Resampler, SinesKeepAmplitudeAndPhase) {
  for (const double from_hz : {8000.0, 11025.0, 22050.0, 32000.0, 44100.0, 48000.0, 96000.0}) {
    const double nyquist_hz = std::min(from_hz, 16000.0) / 2.0;
    for (const double frequency_hz : {20.0, 100.0, 1000.0, 3400.0, 6000.0, 6800.0}) {
      if (frequency_hz > 0.85 * nyquist_hz) continue;  // from there the filter begins to fall
      const auto output = convert(from_hz, 16000.0, sine(frequency_hz, from_hz, 1.0));
      const auto tone = measure(output, frequency_hz, 16000.0);
      EXPECT_NEAR(tone.gain, 1.0, 1e-3) << from_hz << " Hz, a tone of " << frequency_hz;
      EXPECT_NEAR(tone.phase_rad, 0.0, 1e-4) << from_hz << " Hz, a tone of " << frequency_hz;
      EXPECT_LT(tone.residual_db, -100.0) << from_hz << " Hz, a tone of " << frequency_hz;
    }
  }
}

TEST(Resampler, WhatIsAboveTheNewNyquistVanishes) {
  for (const double from_hz : {32000.0, 44100.0, 48000.0, 96000.0}) {
    for (const double frequency_hz : {8100.0, 9000.0, 10000.0, 12000.0, 15000.0}) {
      const auto output = convert(from_hz, 16000.0, sine(frequency_hz, from_hz, 1.0));
      const auto alias = measure(output, 16000.0 - frequency_hz, 16000.0);
      EXPECT_LT(alias.gain, 1e-5) << from_hz << " Hz, a tone of " << frequency_hz;
      EXPECT_LT(alias.residual_db, -100.0) << from_hz << " Hz, a tone of " << frequency_hz;
    }
  }
}

TEST(Resampler, ASecondStaysASecond) {
  for (const double from_hz : {8000.0, 11025.0, 22050.0, 44100.0, 48000.0, 192000.0}) {
    const auto output = convert(from_hz, 16000.0, sine(440.0, from_hz, 1.0));
    EXPECT_NEAR(static_cast<double>(output.size()), 16000.0, 1.0) << from_hz;
  }
}

TEST(Resampler, BlockSizesDoNotChangeABit) {
  std::mt19937 random(5);
  std::vector<float> noise(30000);
  for (auto& value : noise) value = static_cast<float>(random() % 2001) / 1000.0F - 1.0F;
  for (const double from_hz : {8000.0, 16000.0, 44100.0, 48000.0}) {
    Resampler resampler(Hertz{from_hz}, Hertz{16000.0});
    const auto whole = convert(resampler, noise, {65536}, {65536});
    ASSERT_GT(whole.size(), 9000U);
    const std::vector<std::size_t> sizes[] = {{1}, {7, 0, 480, 3}, {441}, {4096, 1}, {160}};
    for (const auto& in : sizes) {
      for (const auto& out : sizes) {
        resampler.reset();
        EXPECT_TRUE(convert(resampler, noise, in, out) == whole)
            << from_hz << " Hz, blocks of " << in[0] << " in, " << out[0] << " out";
      }
    }
  }
}

TEST(Resampler, SpansThatTouchAreNoOverlap) {
  Resampler resampler(Hertz{48000.0}, Hertz{16000.0});
  std::vector<float> memory(2048, 0.25F);
  const std::span<float> left = std::span(memory).first(1024);
  const std::span<float> right = std::span(memory).last(1024);
  EXPECT_EQ(resampler.convert(left, right, false).consumed, 1024U);
  EXPECT_EQ(resampler.convert(right, left, false).consumed, 1024U);
  // An empty input at the very place where the output begins was refused, and nothing flushed.
  EXPECT_GT(resampler.convert(left.last(0), right, true).produced, 0U);
  EXPECT_EQ(resampler.convert(right.last(0), left.first(0), true).produced, 0U);
}

TEST(Resampler, ConvertingTakesNothingFromTheHeap) {
  for (const double from_hz : {16000.0, 44100.0, 48000.0}) {
    Resampler resampler(Hertz{from_hz}, Hertz{16000.0});
    const auto wave = sine(1000.0, from_hz, 1.0);
    std::vector<float> block(1024);
    const kws::testing::AllocationGuard guard;
    for (std::span<const float> rest(wave); !rest.empty();) {
      rest = rest.subspan(resampler.convert(rest, block, false).consumed);
    }
    resampler.reset();
    EXPECT_EQ(guard.allocations(), 0U) << from_hz;
  }
}

TEST(Resampler, RatesThatCannotBeAreRefused) {
  const double bad[][2] = {{0, 16000}, {16000, 0}, {-1, 16000}, {NAN, 16000}, {1, 16000}, {1e9, 1}};
  for (const auto& [from, to] : bad) {
    EXPECT_THROW(Resampler(Hertz{from}, Hertz{to}), DataError) << from << " to " << to;
  }
}

}  // namespace
}  // namespace kws::sound
