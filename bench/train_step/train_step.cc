// SPDX-License-Identifier: MIT
//
// How long one training step takes: forward, backward and the optimiser on a batch, features at
// hand. compare.py runs it beside PyTorch.
//
//   train_step [--threads N] [--batch N] [--kind ds_cnn] [--channels 128] [--frames 49] [--bins 40]
//              [--labels 8] [--steps 40]
//
// Prints, in milliseconds a step, the median and the least time that passed and the median of the
// processor time that was used by all threads together. The last says more on a machine that does
// other things as well.
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "base/random.h"
#include "nn/networks.h"
#include "train/network.h"
#include "train/optimiser.h"

namespace {

double processor_ms() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) * 1e-6;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace kws;
  std::map<std::string, std::string> options{
      {"--threads", "1"}, {"--batch", "32"}, {"--kind", "ds_cnn"}, {"--channels", "128"},
      {"--frames", "49"}, {"--bins", "40"},  {"--labels", "8"},    {"--steps", "40"}};
  for (int i = 1; i + 1 < argc; i += 2) {
    if (!options.contains(argv[i])) {
      std::fprintf(stderr, "train_step: unknown option %s\n", argv[i]);
      return 2;
    }
    options[argv[i]] = argv[i + 1];
  }
  const auto number = [&](const char* name) { return std::atoi(options.at(name).c_str()); };
  const auto batch = static_cast<std::size_t>(number("--batch"));

  const auto graph =
      nn::build_network({.kind = options.at("--kind"), .channels = number("--channels")},
                        number("--frames"), number("--bins"), number("--labels"));
  Random random(1);
  auto weights = nn::initial_weights(graph, random);
  std::vector<float> features(batch * graph.input_shape().elements());
  for (auto& value : features) value = static_cast<float>(random.normal());
  std::vector<std::uint32_t> labels(batch);
  for (auto& label : labels) {
    label = static_cast<std::uint32_t>(random.below(graph.output_shape().elements()));
  }

  train::ThreadTeam team(static_cast<std::size_t>(number("--threads")));
  train::Network network(graph, weights, batch, train::Purpose::kTraining, team);
  train::Optimiser optimiser({.kind = train::OptimiserKind::kAdam}, network.parameters());

  std::vector<double> times;
  std::vector<double> processor_times;
  double loss = 0.0;
  constexpr int kWarmUp = 5;
  for (int step = 0; step < kWarmUp + number("--steps"); ++step) {
    const auto start = std::chrono::steady_clock::now();
    const double used_before = processor_ms();
    loss = network.run(features, labels, 1, static_cast<std::uint64_t>(step)).loss;
    optimiser.update(network.gradient(), 1e-3);
    const std::chrono::duration<double, std::milli> taken =
        std::chrono::steady_clock::now() - start;
    if (step < kWarmUp) continue;
    times.push_back(taken.count());
    processor_times.push_back(processor_ms() - used_before);
  }
  std::sort(times.begin(), times.end());
  std::sort(processor_times.begin(), processor_times.end());
  std::printf("%.3f %.3f %.3f\n", times[times.size() / 2], times.front(),
              processor_times[processor_times.size() / 2]);
  return loss > 0.0 ? 0 : 1;  // the loss is used, so nothing of the step can be left out
}
