// SPDX-License-Identifier: MIT
//
// How many streams does one core carry? N streams of one plan take turns, each with a front end,
// sound and state of its own; as N grows they push each other out of the caches. a_hop is one
// stream's share of the time; at_real_time is how many such shares fit into the time between two
// hops.
#include <benchmark/benchmark.h>

#include "measure/stream_crowd.h"
#include "pack/model_pack.h"

namespace {

using namespace kws;

void streams(benchmark::State& state, const char* model) {
  const auto pack = pack::load(model);
  const auto count = static_cast<std::size_t>(state.range(0));
  measure::StreamCrowd crowd(pack, engine::Execution::kIncremental, count);
  for (auto _ : state) crowd.hop();
  const double hops = static_cast<double>(count) * static_cast<double>(state.iterations());
  state.counters["a_hop"] =
      benchmark::Counter(hops, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["at_real_time"] =
      benchmark::Counter(1e-3 * pack.features.hop_ms * hops, benchmark::Counter::kIsRate);
}

}  // namespace

#define KWS_STREAMS(name, file)          \
  BENCHMARK_CAPTURE(streams, name, file) \
      ->RangeMultiplier(4)               \
      ->Range(1, 256)                    \
      ->Unit(benchmark::kMicrosecond)

KWS_STREAMS(ds_cnn_s, KWS_MODELS "/ds-cnn-s.kws");
KWS_STREAMS(ds_cnn_128, KWS_MODELS "/ds-cnn-128.kws");

BENCHMARK_MAIN();
