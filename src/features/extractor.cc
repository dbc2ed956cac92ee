// SPDX-License-Identifier: MIT
//
// window → FFT → magnitude → mel → log → DCT, over tables and buffers made once.
#include "features/extractor.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numbers>
#include <optional>

#include "features/aligned_floats.h"
#include "features/dct.h"
#include "features/mel_filterbank.h"
#include "features/real_fft.h"
#include "features/spectrum.h"
#include "features/vector_log.h"

namespace kws::features {

namespace {

FeatureSpec checked(const FeatureSpec& spec) {
  validate(spec);
  return spec;
}

/// Hann, periodic: w[n] = 1/2 - 1/2 cos(2 pi n / length).
AlignedFloats hann_window(std::size_t length) {
  AlignedFloats window(length);
  for (std::size_t n = 0; n < length; ++n) {
    const double turn = static_cast<double>(n) / static_cast<double>(length);
    window[n] = static_cast<float>(0.5 - 0.5 * std::cos(2.0 * std::numbers::pi * turn));
  }
  return window;
}

}  // namespace

struct FeatureExtractor::Tables {
  explicit Tables(const FeatureSpec& valid_spec)
      : spec(valid_spec),
        window(hann_window(static_cast<std::size_t>(spec.frame_samples()))),
        mel(spec),
        fft(window.size(), mel.first_bin() + mel.bins()),
        spectrum(mel.padded_bins(), 0.0F),
        energies(mel.padded_mels(), 0.0F) {
    if (spec.kind == Kind::kMfcc) {
      dct.emplace(static_cast<std::size_t>(spec.mels), static_cast<std::size_t>(spec.coeffs),
                  spec.dct);
    }
  }

  FeatureSpec spec;
  AlignedFloats window;  // [frame_samples]
  MelFilterbank mel;
  RealFft fft;
  std::optional<Dct> dct;  // mfcc only
  AlignedFloats spectrum;  // [mel.padded_bins()]; what lies behind the bins stays 0
  AlignedFloats energies;  // [mel.padded_mels()]
};

FeatureExtractor::FeatureExtractor(const FeatureSpec& spec)
    : tables_(std::make_unique<Tables>(checked(spec))) {}
FeatureExtractor::~FeatureExtractor() = default;
FeatureExtractor::FeatureExtractor(FeatureExtractor&&) noexcept = default;
FeatureExtractor& FeatureExtractor::operator=(FeatureExtractor&&) noexcept = default;

const FeatureSpec& FeatureExtractor::spec() const noexcept { return tables_->spec; }

void FeatureExtractor::extract(std::span<const float> samples, std::span<float> row) noexcept {
  Tables& t = *tables_;
  assert(samples.size() == t.window.size());
  assert(row.size() == static_cast<std::size_t>(t.spec.bins()));

  const std::span<float> frame = t.fft.input();
  for (std::size_t n = 0; n < frame.size(); ++n) frame[n] = samples[n] * t.window[n];

  const auto bins = t.fft.execute().subspan(2 * t.mel.first_bin());
  const auto spectrum = std::span(t.spectrum).first(t.mel.bins());
  if (t.spec.spectrum == Spectrum::kMagnitude) {
    magnitudes(bins, spectrum);
  } else {
    powers(bins, spectrum);
  }

  t.mel.apply(t.spectrum, t.energies);
  log_above_floor(t.energies, kLogFloor);
  const auto log_energies = std::span(t.energies).first(static_cast<std::size_t>(t.spec.mels));
  if (t.dct) {
    t.dct->apply(log_energies, row);
  } else {
    std::copy(log_energies.begin(), log_energies.end(), row.begin());
  }
}

FeatureMatrix FeatureExtractor::extract_clip(std::span<const float> samples) {
  const FeatureSpec& spec = tables_->spec;
  FeatureMatrix matrix;
  matrix.frames =
      static_cast<std::size_t>(spec.frames_in(static_cast<std::int64_t>(samples.size())));
  matrix.bins = static_cast<std::size_t>(spec.bins());
  matrix.values.resize(matrix.frames * matrix.bins);
  const auto frame = static_cast<std::size_t>(spec.frame_samples());
  const auto hop = static_cast<std::size_t>(spec.hop_samples());
  for (std::size_t i = 0; i < matrix.frames; ++i) {
    extract(samples.subspan(i * hop, frame),
            std::span(matrix.values).subspan(i * matrix.bins, matrix.bins));
  }
  return matrix;
}

}  // namespace kws::features
