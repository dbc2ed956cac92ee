// SPDX-License-Identifier: MIT
//
// What do zeros save? Pointwise layers and dense layers with unstructured zeros, the sparse
// kernel beside the dense one, for every instruction set of this processor. The two take turns and
// the least time of each counts, so that other work on the machine does not.
//
//   sparse_bench [INSTRUCTION_SET]
//
// Prints the ratio of the times, and what the cost model (sparse_choice.h) takes it for.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <limits>
#include <vector>

#include "base/error.h"
#include "base/random.h"
#include "engine/aligned_floats.h"
#include "engine/kernels/f32/kernels.h"
#include "engine/kernels/f32/sparse_choice.h"
#include "engine/kernels/s8/kernels.h"
#include "engine/kernels/s8/sparse_choice.h"

namespace {

using namespace kws;
using namespace kws::engine;
using Clock = std::chrono::steady_clock;

struct Layer {
  const char* kind;
  nn::Shape in;
  nn::Shape out;
};

/// Least of many runs, in nanoseconds, of each.
std::pair<double, double> least_times(const Kernel& a, const Kernel& b, const Layer& layer,
                                      const void* input, void* output) {
  const void* const inputs[] = {input};
  const auto once = [&](const Kernel& kernel) {
    constexpr int kRuns = 5;
    const auto start = Clock::now();
    for (int i = 0; i < kRuns; ++i) kernel.run(inputs, output, {0, layer.out.time});
    return std::chrono::duration<double, std::nano>(Clock::now() - start).count() / kRuns;
  };
  std::pair<double, double> least{std::numeric_limits<double>::max(),
                                  std::numeric_limits<double>::max()};
  for (int round = 0; round < 300; ++round) {
    least.first = std::min(least.first, once(a));
    least.second = std::min(least.second, once(b));
  }
  return least;
}

void print(InstructionSet set, const char* type, const Layer& layer, double zeros,
           std::pair<double, double> times, double expected) {
  const auto [dense_ns, sparse_ns] = times;
  std::printf(
      "%-10s %s %-10s %4lldx%-4lld %4lld positions  zeros %2.0f %%  dense %9.2f us  sparse "
      "%9.2f us  ratio %.3f  model %.3f\n",
      std::string(to_string(set)).c_str(), type, layer.kind,
      static_cast<long long>(layer.in.channels), static_cast<long long>(layer.out.channels),
      static_cast<long long>(layer.out.time * layer.out.freq), 100.0 * zeros, dense_ns / 1e3,
      sparse_ns / 1e3, sparse_ns / dense_ns, expected);
  std::fflush(stdout);
}

void measure(InstructionSet set, const Layer& layer, double zeros) {
  const auto& kernels = f32::kernels_for(set);
  const auto inputs = layer.in.channels;
  const auto outputs = layer.out.channels;
  Random random(1);
  std::vector<float> weight(static_cast<std::size_t>(inputs * outputs));
  for (auto& w : weight) w = random.chance(zeros) ? 0.0F : static_cast<float>(random.normal());
  const std::vector<float> bias(static_cast<std::size_t>(outputs), 0.1F);
  const bool pointwise = layer.out.time > 1;
  const auto dense =
      pointwise ? kernels.conv2d(layer.in, layer.out, {.channels = static_cast<int>(outputs)},
                                 weight, bias, {.low = 0.0F})
                : kernels.dense(layer.in, layer.out, weight, bias, {});
  const auto sparse =
      pointwise ? kernels.sparse_pointwise(layer.in, layer.out, weight, bias, {.low = 0.0F})
                : kernels.sparse_dense(layer.in, layer.out, weight, bias, {});
  const double expected =
      pointwise ? f32::pointwise_cost_ratio(kernels.sparse, layer.in, layer.out, weight)
                : f32::dense_cost_ratio(kernels.sparse, layer.out, weight);
  AlignedFloats input(static_cast<std::int64_t>(layer.in.elements()) + kReadSlack);
  for (std::int64_t i = 0; i < input.count(); ++i) {
    input.data()[i] = static_cast<float>(random.normal());
  }
  AlignedFloats output(static_cast<std::int64_t>(layer.out.elements()));
  print(set, "fp32", layer, zeros, least_times(*dense, *sparse, layer, input.data(), output.data()),
        expected);
}

/// A pointwise layer whose weights were pruned by their size, as kws train prunes, and then
/// quantised, each output channel with a scale of its own: few of what is left are small.
void measure_int8(InstructionSet set, const Layer& layer, double zeros) {
  const auto& kernels = s8::kernels_for(set);
  const auto inputs = layer.in.channels;
  const auto outputs = static_cast<std::size_t>(layer.out.channels);
  Random random(1);
  std::vector<double> real(static_cast<std::size_t>(inputs) * outputs);
  for (auto& w : real) w = random.normal();
  std::vector<double> sizes;
  for (const double w : real) sizes.push_back(std::abs(w));
  std::sort(sizes.begin(), sizes.end());
  const double smallest =
      sizes[static_cast<std::size_t>(zeros * static_cast<double>(sizes.size()))];
  std::vector<double> largest(outputs, smallest);
  for (std::size_t i = 0; i < real.size(); ++i) {
    largest[i % outputs] = std::max(largest[i % outputs], std::abs(real[i]));
  }
  nn::IntegerLayer integers{.bias = std::vector<std::int32_t>(outputs, 1000),
                            .multiplier = std::vector<float>(outputs, 1e-3F)};
  for (std::size_t i = 0; i < real.size(); ++i) {
    const double steps = 127.0 * real[i] / largest[i % outputs];
    integers.weight.push_back(std::abs(real[i]) < smallest
                                  ? std::int8_t{0}
                                  : static_cast<std::int8_t>(std::lround(steps)));
  }
  const s8::TensorSpec in{layer.in, {.scale = 0.05F, .zero_point = -128}};
  const s8::TensorSpec out{layer.out, {.scale = 0.05F, .zero_point = -128}};
  const auto dense = kernels.conv2d(in, out, {.channels = static_cast<int>(outputs)}, integers);
  const auto sparse = kernels.sparse_pointwise(in, out, integers);
  Aligned<std::int8_t> input(static_cast<std::int64_t>(layer.in.elements()) + kReadSlack);
  for (std::int64_t i = 0; i < input.count(); ++i) {
    input.data()[i] = static_cast<std::int8_t>(random.below(256));
  }
  Aligned<std::int8_t> output(static_cast<std::int64_t>(layer.out.elements()));
  print(set, "int8", layer, zeros, least_times(*dense, *sparse, layer, input.data(), output.data()),
        s8::pointwise_cost_ratio(kernels.sparse, layer.in, layer.out, integers.weight));
}

}  // namespace

int main(int argc, char** argv) {
  try {
    auto sets = available_instruction_sets();
    if (argc > 1) sets = {find_instruction_set(argv[1])};
    const double shares[] = {0.5, 0.7, 0.8, 0.9, 0.95};
    const Layer pointwise[] = {{"pointwise", {24, 19, 128}, {24, 19, 128}},
                               {"pointwise", {24, 19, 256}, {24, 19, 256}},
                               {"pointwise", {24, 20, 64}, {24, 20, 64}},
                               {"pointwise", {3, 19, 128}, {3, 19, 128}}};
    const Layer dense[] = {{"dense", {1, 1, 4000}, {1, 1, 4}}, {"dense", {1, 1, 128}, {1, 1, 10}}};
    for (const auto set : sets) {
      if (set == InstructionSet::kReference) continue;
      // VNNI and the dot product of NEON are about int8 alone.
      if (set != InstructionSet::kAvx512Vnni && set != InstructionSet::kNeonDotprod) {
        for (const Layer& layer : pointwise) {
          for (const double zeros : shares) measure(set, layer, zeros);
        }
        for (const Layer& layer : dense) {
          for (const double zeros : shares) measure(set, layer, zeros);
        }
      }
      for (const Layer& layer : pointwise) {
        for (const double zeros : shares) measure_int8(set, layer, zeros);
      }
    }
  } catch (const kws::Error& error) {
    std::fprintf(stderr, "sparse_bench: %s\n", error.what());
    return 2;
  }
}
