// SPDX-License-Identifier: MIT
//
// What does a feature row cost beside the Fourier transform that it cannot do without? One hop of
// the labs' MFCC (16 kHz, 40/20 ms, 40 mels, 40 coefficients) and of its logmel twin against a bare
// FFTW transform of the same 640 samples, in turns, so that a drifting clock slows all alike.
// bench/features_peers.py runs it beside numpy.
#include <fftw3.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/random.h"
#include "features/extractor.h"

namespace {

constexpr int kRounds = 401;
constexpr int kCallsPerRound = 500;

double nanoseconds_per_call(const std::function<void()>& calls) {
  const auto start = std::chrono::steady_clock::now();
  calls();
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
  return took.count() / kCallsPerRound;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

int main(int argc, char** argv) {
  const bool json = argc > 1 && std::strcmp(argv[1], "--json") == 0;

  using namespace kws::features;
  FeatureSpec spec;
  FeatureExtractor mfcc(spec);
  spec.kind = Kind::kLogMel;
  FeatureExtractor logmel(spec);

  kws::Random random(1);
  std::vector<float> sound(16000);
  for (auto& sample : sound) sample = static_cast<float>(0.1 * random.normal());
  std::vector<float> row(40);

  float* in = fftwf_alloc_real(640);
  auto* out = fftwf_alloc_complex(321);
  const auto plan = fftwf_plan_dft_r2c_1d(640, in, out, FFTW_ESTIMATE);
  std::copy_n(sound.begin(), 640, in);

  float sink = 0.0F;
  const auto rows_by = [&](FeatureExtractor& extractor) {
    for (std::size_t call = 0; call < kCallsPerRound; ++call) {
      extractor.extract(std::span(sound).subspan(call % 48 * 320, 640), row);
      sink += row[0];
    }
  };
  std::vector<double> fft_ns;
  std::vector<double> mfcc_ns;
  std::vector<double> logmel_ns;
  std::vector<double> mfcc_ratios;
  std::vector<double> logmel_ratios;
  for (int round = 0; round < kRounds; ++round) {
    fft_ns.push_back(nanoseconds_per_call([&] {
      for (int call = 0; call < kCallsPerRound; ++call) {
        fftwf_execute(plan);
        sink += out[1][0];
      }
    }));
    mfcc_ns.push_back(nanoseconds_per_call([&] { rows_by(mfcc); }));
    logmel_ns.push_back(nanoseconds_per_call([&] { rows_by(logmel); }));
    mfcc_ratios.push_back(mfcc_ns.back() / fft_ns.back());
    logmel_ratios.push_back(logmel_ns.back() / fft_ns.back());
  }
  fftwf_destroy_plan(plan);
  fftwf_free(in);
  fftwf_free(out);

  if (json) {
    std::printf("{\"fft_ns\":%.1f,\"mfcc_ns\":%.1f,\"logmel_ns\":%.1f,\"mfcc_ratio\":%.3f}\n",
                median(fft_ns), median(mfcc_ns), median(logmel_ns), median(mfcc_ratios));
  } else {
    std::printf("bare FFT of 640 samples  %7.1f ns\n", median(fft_ns));
    std::printf("MFCC hop                 %7.1f ns   %.2f x the FFT\n", median(mfcc_ns),
                median(mfcc_ratios));
    std::printf("logmel hop               %7.1f ns   %.2f x the FFT\n", median(logmel_ns),
                median(logmel_ratios));
  }
  return sink == 12345.0F ? 1 : 0;  // so that no call is optimised away
}
