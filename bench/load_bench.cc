// SPDX-License-Identifier: MIT
//
// How long from a model file to its first posterior: reading and checking the pack, folding and
// packing weights, planning the FFT, and the first context heard at once. The shipped models should
// take at most 5 ms.
#include <benchmark/benchmark.h>

#include <optional>
#include <span>
#include <vector>

#include "base/random.h"
#include "lane/lane.h"
#include "measure/noise.h"
#include "pack/model_pack.h"

namespace {

using namespace kws;

void load(benchmark::State& state, const char* model) {
  const auto sound = measure::noise(16000, Random(1));
  for (auto _ : state) {
    lane::Lane lane(pack::load(model));
    std::span<const float> rest;
    for (std::optional<lane::Hop> hop; !hop || hop->posteriors.empty();) {
      if (rest.empty()) rest = sound;
      rest = rest.subspan(lane.feed(rest, hop));
    }
  }
}

}  // namespace

BENCHMARK_CAPTURE(load, ds_cnn_s, KWS_MODELS "/ds-cnn-s.kws")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(load, ds_cnn_128, KWS_MODELS "/ds-cnn-128.kws")->Unit(benchmark::kMillisecond);

BENCHMARK_MAIN();
