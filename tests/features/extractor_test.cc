// SPDX-License-Identifier: MIT
//
// Rows against truths that follow from the definition, and against the plain double-precision
// front end of reference.h.
#include "features/extractor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <thread>
#include <vector>

#include "base/error.h"
#include "features/mel_filterbank.h"
#include "features/reference.h"
#include "support/allocation_guard.h"

namespace kws::features {
namespace {

using testing::lively_sound;
using testing::reference_row;

FeatureSpec logmel_spec() {
  FeatureSpec spec;
  spec.kind = Kind::kLogMel;
  return spec;
}

std::vector<float> row_of(const FeatureSpec& spec, std::span<const float> frame) {
  FeatureExtractor extractor(spec);
  std::vector<float> row(static_cast<std::size_t>(spec.bins()));
  extractor.extract(frame, row);
  return row;
}

std::vector<float> sine(double hertz, const FeatureSpec& spec, double amplitude = 0.5) {
  std::vector<float> samples(static_cast<std::size_t>(spec.frame_samples()));
  for (std::size_t n = 0; n < samples.size(); ++n) {
    const double turns = hertz * static_cast<double>(n) / spec.sample_rate_hz;
    samples[n] = static_cast<float>(amplitude * std::sin(2.0 * std::numbers::pi * turns));
  }
  return samples;
}

TEST(FeatureExtractor, SilenceLiesOnTheFloor) {
  const FeatureSpec spec = logmel_spec();
  const std::vector<float> silence(640, 0.0F);
  EXPECT_THAT(row_of(spec, silence), ::testing::Each(::testing::FloatEq(std::log(1e-6F))));
}

TEST(FeatureExtractor, SilenceHasOnlyTheFirstCoefficient) {
  // A constant x over the bands: c[0] = sqrt(2 / mels) * mels * x, everything else cancels.
  const FeatureSpec spec;
  const auto row = row_of(spec, std::vector<float>(640, 0.0F));
  const double expected = std::sqrt(2.0 * spec.mels) * std::log(1e-6);
  EXPECT_NEAR(row[0], expected, 1e-5 * std::abs(expected));
  for (std::size_t k = 1; k < row.size(); ++k) EXPECT_NEAR(row[k], 0.0F, 1e-5 * -expected) << k;
}

TEST(FeatureExtractor, SineIsLoudestInItsOwnBand) {
  const FeatureSpec spec = logmel_spec();
  const double low = hertz_to_mel(spec.f_lo_hz);
  const double step = (hertz_to_mel(spec.f_hi_hz) - low) / (spec.mels + 1);
  for (const double hertz : {300.0, 440.0, 1000.0, 1810.0, 3300.0}) {
    const auto row = row_of(spec, sine(hertz, spec));
    const auto loudest = std::max_element(row.begin(), row.end()) - row.begin();
    const double centre = low + step * static_cast<double>(loudest + 1);
    EXPECT_LE(std::abs(hertz_to_mel(hertz) - centre), 0.75 * step) << hertz;
  }
}

TEST(FeatureExtractor, SineOnABinHasTheEnergyThatTheWindowGives) {
  // A sine of amplitude a on bin k: |X[k]| = a * length / 4 under a Hann window (whose mean is
  // 1/2), and half of that on the bins beside it. 1000 Hz is bin 40 of 640 samples.
  const FeatureSpec spec = logmel_spec();
  const auto row = row_of(spec, sine(1000.0, spec, 0.5));
  const MelFilterbank bank(spec);
  for (std::size_t band = 0; band < row.size(); ++band) {
    const double energy = 80.0 * static_cast<double>(bank.weight(band, 40)) +
                          40.0 * static_cast<double>(bank.weight(band, 39)) +
                          40.0 * static_cast<double>(bank.weight(band, 41));
    if (energy < 1.0) continue;
    EXPECT_NEAR(row[band], std::log(energy), 1e-5) << band;
  }
}

TEST(FeatureExtractor, PowerIsTheSquareOfTheMagnitude) {
  // Doubling the sound adds ln 2 to a magnitude and 2 ln 2 to a power.
  FeatureSpec spec = logmel_spec();
  const auto quiet = lively_sound(640);
  auto loud = quiet;
  for (auto& sample : loud) sample *= 2.0F;
  for (const auto& [spectrum, step] :
       {std::pair{Spectrum::kMagnitude, 1.0}, std::pair{Spectrum::kPower, 2.0}}) {
    spec.spectrum = spectrum;
    const auto before = row_of(spec, quiet);
    const auto after = row_of(spec, loud);
    for (std::size_t i = 0; i < before.size(); ++i) {
      EXPECT_NEAR(after[i] - before[i], step * std::numbers::ln2, 1e-4) << i;
    }
  }
}

TEST(FeatureExtractor, AgreesWithTheDefinition) {
  std::vector<FeatureSpec> specs(1);  // the default of the labs
  const auto add = [&](auto change) {
    FeatureSpec spec;
    change(spec);
    specs.push_back(spec);
  };
  add([](FeatureSpec& s) { s.coeffs = 10; });
  add([](FeatureSpec& s) { s.kind = Kind::kLogMel, s.f_hi_hz = 7600.0; });
  add([](FeatureSpec& s) { s.sample_rate_hz = 8000, s.mels = 16, s.coeffs = 16; });
  add([](FeatureSpec& s) { s.frame_ms = 25.0, s.hop_ms = 10.0; });     // 400 samples
  add([](FeatureSpec& s) { s.frame_ms = 30.0, s.f_hi_hz = 8000.0; });  // up to half the rate
  add([](FeatureSpec& s) { s.frame_ms = 32.0, s.spectrum = Spectrum::kPower; });
  add([](FeatureSpec& s) { s.frame_ms = 10.0, s.hop_ms = 10.0, s.f_lo_hz = 0.0; });
  add([](FeatureSpec& s) { s.dct = DctScale::kOrthonormal, s.mels = 23, s.coeffs = 13; });
  add([](FeatureSpec& s) { s.frame_ms = 37.0625; });  // 593 samples, a prime
  add([](FeatureSpec& s) { s.mels = 1, s.coeffs = 1; });
  add([](FeatureSpec& s) { s.mels = 128, s.coeffs = 128, s.frame_ms = 8.0; });      // empty bands
  add([](FeatureSpec& s) { s.frame_ms = 1.0, s.f_lo_hz = 1.0, s.f_hi_hz = 2.0; });  // no bin at all
  for (const auto& spec : specs) {
    SCOPED_TRACE(std::to_string(spec.frame_samples()) + " samples, " + std::to_string(spec.mels) +
                 " mels, " + std::to_string(spec.bins()) + " bins");
    const auto frame = lively_sound(static_cast<std::size_t>(spec.frame_samples()));
    const auto expected = reference_row(spec, frame);
    const auto row = row_of(spec, frame);
    ASSERT_EQ(row.size(), expected.size());
    const double tolerance = 1e-5 * testing::largest(expected);  // goldens are allowed 1e-4
    for (std::size_t i = 0; i < row.size(); ++i) EXPECT_NEAR(row[i], expected[i], tolerance) << i;
  }
}

TEST(FeatureExtractor, BandWithoutABinStaysOnTheFloor) {
  FeatureSpec spec = logmel_spec();
  spec.frame_ms = 10.0;  // bins every 100 Hz, the lowest bands are narrower
  const auto row = row_of(spec, lively_sound(160));
  const MelFilterbank bank(spec);
  std::size_t empty = 0;
  for (std::size_t band = 0; band < row.size(); ++band) {
    float sum = 0.0F;
    for (std::size_t bin = 0; bin <= 80; ++bin) sum += bank.weight(band, bin);
    if (sum > 0.0F) continue;
    ++empty;
    EXPECT_FLOAT_EQ(row[band], std::log(1e-6F)) << band;
  }
  EXPECT_GT(empty, 0u);
}

TEST(FeatureExtractor, ClipHasTheFramesThatFit) {
  FeatureExtractor extractor(FeatureSpec{});
  const auto sound = lively_sound(16000);
  EXPECT_EQ(extractor.extract_clip(sound).frames, 49u);
  EXPECT_EQ(extractor.extract_clip(sound).bins, 40u);
  EXPECT_EQ(extractor.extract_clip(std::span(sound).first(640)).frames, 1u);
  EXPECT_EQ(extractor.extract_clip(std::span(sound).first(959)).frames, 1u);
  EXPECT_EQ(extractor.extract_clip(std::span(sound).first(960)).frames, 2u);
}

TEST(FeatureExtractor, ClipShorterThanAFrameIsEmpty) {
  FeatureExtractor extractor(FeatureSpec{});
  for (const std::size_t samples : {0u, 1u, 639u}) {
    const auto matrix = extractor.extract_clip(lively_sound(samples));
    EXPECT_EQ(matrix.frames, 0u);
    EXPECT_EQ(matrix.bins, 40u);
    EXPECT_TRUE(matrix.values.empty());
  }
}

TEST(FeatureExtractor, RowOfAFrameDependsOnNothingBefore) {
  FeatureExtractor extractor(FeatureSpec{});
  const auto frame = lively_sound(640, 7);
  std::vector<float> first(40);
  std::vector<float> again(40);
  extractor.extract(frame, first);
  extractor.extract(lively_sound(640, 8), again);
  extractor.extract(frame, again);
  EXPECT_EQ(first, again);
}

TEST(FeatureExtractor, LoudSoundStaysFinite) {
  const FeatureSpec spec;
  for (const float amplitude : {1.0F, 1e6F, 1e12F}) {
    auto frame = lively_sound(640);
    for (auto& sample : frame) sample = std::copysign(amplitude, sample);
    EXPECT_THAT(row_of(spec, frame),
                ::testing::Each(::testing::Truly([](float x) { return std::isfinite(x); })));
  }
}

TEST(FeatureExtractor, SampleThatIsNotANumberIsNotHidden) {
  auto frame = lively_sound(640);
  frame[100] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(row_of(logmel_spec(), frame), ::testing::Each(::testing::IsNan()));
}

TEST(FeatureExtractor, AllocatesNothingInExtract) {
  for (const auto& spec : {FeatureSpec{}, logmel_spec()}) {
    FeatureExtractor extractor(spec);
    const auto frame = lively_sound(640);
    std::vector<float> row(40);
    const testing::AllocationGuard guard;
    for (int hop = 0; hop < 10; ++hop) extractor.extract(frame, row);
    EXPECT_EQ(guard.allocations(), 0u);
  }
}

TEST(FeatureExtractor, IsBuiltAndRunInManyThreadsAtOnce) {
  const auto frame = lively_sound(640);
  const auto expected = row_of(FeatureSpec{}, frame);
  std::vector<std::thread> threads;
  std::vector<std::vector<float>> rows(4);
  for (auto& row : rows) {
    threads.emplace_back([&row, &frame] {
      for (int i = 0; i < 5; ++i) row = row_of(FeatureSpec{}, frame);
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_THAT(rows, ::testing::Each(expected));
}

TEST(FeatureExtractor, RefusesAnImpossibleSpec) {
  FeatureSpec spec;
  spec.mels = 0;
  EXPECT_THROW(FeatureExtractor{spec}, ConfigError);
}

}  // namespace
}  // namespace kws::features
