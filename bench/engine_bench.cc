// SPDX-License-Identifier: MIT
//
// How long does a window take, how long a hop, in fp32 and in int8, and how near is that to what
// the core can do? Random weights: dense kernels do not care. GOP/s counts 2 per
// multiply-accumulate of the graph.
#include <benchmark/benchmark.h>

#include <span>
#include <vector>

#include "compress/quantise.h"
#include "engine/plan.h"
#include "nn/costs.h"
#include "nn/networks.h"
#include "nn/rewrite.h"

namespace {

using namespace kws;

enum class Type { kFloat, kInt8 };

nn::Model in_int8(const nn::Model& model) {
  Random random(3);
  std::vector<float> features(4 * model.graph.input_shape().elements());
  for (auto& value : features) value = static_cast<float>(random.normal());
  const nn::Model folded = nn::fold_for_inference(model);
  const auto method = compress::RangeMethod::kMinMax;
  return compress::quantise(folded, compress::calibrate(folded, features, method, 1)).model;
}

nn::Model network(const nn::NetworkSpec& spec, int bins, Type type = Type::kFloat) {
  nn::Model model;
  model.graph = nn::build_network(spec, 49, bins, 10);
  model.weights = nn::initial_weights(model.graph, Random(1));
  return type == Type::kInt8 ? in_int8(model) : model;
}

void window(benchmark::State& state, const nn::NetworkSpec& spec, int bins, Type type) {
  const nn::Model model = network(spec, bins, type);
  engine::Plan plan(model, {.execution = engine::Execution::kWholeWindow});
  Random random(2);
  std::vector<float> features(plan.frames() * plan.bins());
  for (auto& value : features) value = static_cast<float>(random.normal());
  std::vector<float> posteriors(plan.labels());
  for (auto _ : state) {
    plan.run_window(features, posteriors);
    benchmark::DoNotOptimize(posteriors.data());
  }
  const auto macs = static_cast<double>(nn::cost(model.graph).total.macs);
  state.counters["GOP/s"] =
      benchmark::Counter(2e-9 * macs, benchmark::Counter::kIsIterationInvariantRate);
  state.counters["MMAC"] = macs / 1e6;
  state.counters["arena_kB"] = static_cast<double>(plan.arena_bytes()) / 1000.0;
}

/// One new row of features, in the steady state.
void hop(benchmark::State& state, const nn::NetworkSpec& spec, int bins, Type type) {
  engine::Plan plan(network(spec, bins, type));
  Random random(2);
  constexpr std::size_t kRows = 64;
  std::vector<float> rows(kRows * plan.bins());
  for (auto& value : rows) value = static_cast<float>(random.normal());
  std::vector<float> posteriors(plan.labels());
  std::size_t next = 0;
  const auto push = [&] {
    plan.push(std::span(rows).subspan(next * plan.bins(), plan.bins()), posteriors);
    next = (next + 1) % kRows;
  };
  while (next + 1 < kRows) push();
  for (auto _ : state) {
    push();
    benchmark::DoNotOptimize(posteriors.data());
  }
  state.counters["arena_kB"] = static_cast<double>(plan.arena_bytes()) / 1000.0;
}

void load(benchmark::State& state) {
  const nn::Model model = network({.kind = "ds_cnn"}, 40);
  for (auto _ : state) benchmark::DoNotOptimize(engine::Plan(model).arena_bytes());
}

}  // namespace

#define KWS_TYPED(what, name, type, bins, ...)                                           \
  BENCHMARK_CAPTURE(what, name##_##type, nn::NetworkSpec{__VA_ARGS__}, bins, Type::type) \
      ->Unit(benchmark::kMicrosecond)
#define KWS_WINDOW(name, bins, ...)                   \
  KWS_TYPED(window, name, kFloat, bins, __VA_ARGS__); \
  KWS_TYPED(window, name, kInt8, bins, __VA_ARGS__);  \
  KWS_TYPED(hop, name, kFloat, bins, __VA_ARGS__);    \
  KWS_TYPED(hop, name, kInt8, bins, __VA_ARGS__)

KWS_WINDOW(ds_cnn_s_8_blocks_49x40, 40, .kind = "ds_cnn_s", .channels = 64, .blocks = 8,
           .stride_block = 3);
KWS_WINDOW(ds_cnn_s_49x40, 40, .kind = "ds_cnn_s", .channels = 64);
KWS_WINDOW(ds_cnn_128_49x40, 40, .kind = "ds_cnn", .channels = 128);
KWS_WINDOW(ds_cnn_128_unpadded_49x40, 40, .kind = "ds_cnn", .channels = 128, .pad_time = false);
KWS_WINDOW(ds_cnn_256_49x40, 40, .kind = "ds_cnn", .channels = 256);
KWS_WINDOW(ds_cnn_128_49x10, 10, .kind = "ds_cnn", .channels = 128);
KWS_WINDOW(ds_cnn_256_49x10, 10, .kind = "ds_cnn", .channels = 256);
KWS_WINDOW(cnn_128_49x40, 40, .kind = "cnn", .channels = 128);
KWS_WINDOW(tiny_conv_49x40, 40, .kind = "tiny_conv", .channels = 8);
BENCHMARK(load)->Unit(benchmark::kMicrosecond);

BENCHMARK_MAIN();
