// SPDX-License-Identifier: MIT
//
// How do we stand beside what a user would take instead? Equal networks in ONNX Runtime, oneDNN,
// XNNPACK and ours, in turns on one core, so that a drifting clock meets all alike. Ratios count.
#include <sched.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "compress/quantise.h"
#include "measure/latency.h"
#include "nn/rewrite.h"
#include "peers/contender.h"

namespace {

using namespace kws;
using namespace kws::peers;
using Clock = std::chrono::steady_clock;

struct Options {
  std::string onnx_runtime;
  std::string only;
  int rounds = 101;
  double round_ms = 4.0;
  bool json = false;
};

const char* to_string(Precision precision) {
  return precision == Precision::kFloat32 ? "fp32" : "int8";
}

struct Row {
  std::string who;
  std::string what;  // "window", "hop", "hop, streaming"
  Precision precision = Precision::kFloat32;
  std::unique_ptr<Contender> contender;
  std::vector<double> medians_us;  // of each round
  double least_us = 0.0;

  [[nodiscard]] double median_us() const { return measure::percentiles(medians_us).p50; }
  [[nodiscard]] bool peer() const { return who != "kws"; }
};

std::vector<Network> make_networks() {
  const nn::NetworkSpec ds128{.kind = "ds_cnn", .channels = 128};
  const nn::NetworkSpec ds256{.kind = "ds_cnn", .channels = 256};
  std::vector<Network> networks;
  networks.push_back(make_network("DS128 49x40", ds128, 40));
  networks.push_back(make_network("DS256 49x40", ds256, 40));
  networks.push_back(make_network("DS128 49x10", ds128, 10));
  networks.push_back(make_network("DS256 49x10", ds256, 10));
  networks.push_back(make_network("CNN128 49x40", {.kind = "cnn", .channels = 128}, 40));
  return networks;
}

/// In int8 with the ranges of the one input, as the peers have them.
nn::Model in_precision(const nn::Model& model, const std::vector<float>& input,
                       Precision precision) {
  if (precision == Precision::kFloat32) return model;
  const nn::Model folded = nn::fold_for_inference(model);
  const auto ranges = compress::calibrate(folded, input, compress::RangeMethod::kMinMax, 1);
  return compress::quantise(folded, ranges).model;
}

/// Rounding to 8 bits moves logits by a few per cent of the largest; an error in the wiring of a
/// network moves them by far more. In fp32 only the order of sums differs.
void check(const Row& row, const Network& network) {
  const auto logits = row.contender->logits();
  double largest = 0.0;
  double error = 0.0;
  for (std::size_t i = 0; i < network.logits.size(); ++i) {
    const auto expected = static_cast<double>(network.logits[i]);
    largest = std::max(largest, std::abs(expected));
    error = std::max(error, std::abs(static_cast<double>(logits.at(i)) - expected));
  }
  if (error <= (row.precision == Precision::kFloat32 ? 1e-4 : 0.1) * largest) return;
  throw Error(network.name + ", " + row.who + " " + to_string(row.precision) + " " + row.what +
              ": logits are off by " + std::to_string(error / largest) + " of the largest");
}

std::vector<Row> make_rows(const Network& network, const Options& options) {
  std::vector<Row> rows;
  const auto add = [&](std::string who, std::string what, Precision precision,
                       std::unique_ptr<Contender> contender) {
    rows.push_back({std::move(who), std::move(what), precision, std::move(contender)});
  };
  for (const auto precision : {Precision::kFloat32, Precision::kInt8}) {
    if (!options.onnx_runtime.empty()) {
      add("ONNX Runtime", "window", precision,
          onnx_runtime(network, precision, options.onnx_runtime));
    }
    add("oneDNN", "window", precision, onednn(network, precision));
    add("XNNPACK", "window", precision, xnnpack(network, precision));
    const nn::Model model = in_precision(network.model, network.input, precision);
    add("kws", "window", precision, our_window(model, network.input));
    add("kws", "hop", precision, our_hop(model, network.input));
  }
  for (const Row& row : rows) check(row, network);
  for (const auto precision : {Precision::kFloat32, Precision::kInt8}) {
    add("kws", "hop, streaming", precision,
        our_hop(in_precision(network.streaming, network.input, precision), network.input));
  }
  return rows;
}

/// One contender's turn. The first calls fetch its weights back into the caches.
void take_turn(Row& row, double milliseconds) {
  constexpr int kWarmUps = 3;
  constexpr std::size_t kLeastCalls = 3;
  for (int i = 0; i < kWarmUps; ++i) row.contender->run();
  std::vector<double> calls_us;
  const auto began = Clock::now();
  while (calls_us.size() < kLeastCalls ||
         Clock::now() - began < std::chrono::duration<double, std::milli>(milliseconds)) {
    const auto start = Clock::now();
    row.contender->run();
    calls_us.push_back(std::chrono::duration<double, std::micro>(Clock::now() - start).count());
  }
  const double least = *std::min_element(calls_us.begin(), calls_us.end());
  row.least_us = row.medians_us.empty() ? least : std::min(row.least_us, least);
  row.medians_us.push_back(measure::percentiles(std::move(calls_us)).p50);
}

/// The median of the rounds' ratios: both numbers of a ratio are of the same few milliseconds.
double ratio(const Row& row, const Row& peer) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < row.medians_us.size(); ++i) {
    ratios.push_back(row.medians_us[i] / peer.medians_us[i]);
  }
  return measure::percentiles(std::move(ratios)).p50;
}

/// What goals are stated against: ONNX Runtime's fp32 window and the best int8 window of a peer.
struct Yardsticks {
  const Row* onnx_runtime_fp32 = nullptr;
  const Row* best_int8 = nullptr;
};

Yardsticks yardsticks(const std::vector<Row>& rows) {
  Yardsticks result;
  for (const Row& row : rows) {
    if (!row.peer()) continue;
    if (row.precision == Precision::kFloat32) {
      if (row.who == "ONNX Runtime") result.onnx_runtime_fp32 = &row;
    } else if (result.best_int8 == nullptr || row.median_us() < result.best_int8->median_us()) {
      result.best_int8 = &row;
    }
  }
  return result;
}

nlohmann::ordered_json to_json(const Network& network, const std::vector<Row>& rows) {
  const Yardsticks peers = yardsticks(rows);
  nlohmann::ordered_json json{{"network", network.name}, {"mmac", network.macs / 1e6}};
  for (const Row& row : rows) {
    nlohmann::ordered_json entry{{"who", row.who},
                                 {"what", row.what},
                                 {"precision", to_string(row.precision)},
                                 {"median_us", row.median_us()},
                                 {"least_us", row.least_us}};
    const auto beside = [&](const std::string& key, const Row* peer) {
      if (peer == nullptr) return;
      entry[key] = {{"who", peer->who},
                    {"median", ratio(row, *peer)},
                    {"least", row.least_us / peer->least_us}};
    };
    beside("of_onnx_runtime_fp32", peers.onnx_runtime_fp32);
    beside("of_best_int8", peers.best_int8);
    json["rows"].push_back(entry);
  }
  return json;
}

void print(const Network& network, const std::vector<Row>& rows) {
  const Yardsticks peers = yardsticks(rows);
  std::printf("\n%s, %.1f MMAC%*s %9s %9s  %s\n", network.name.c_str(), network.macs / 1e6,
              static_cast<int>(18 - network.name.size()), "", "median", "least",
              "of ONNX Runtime fp32, of the best int8");
  for (const Row& row : rows) {
    std::printf("  %-13s %-5s %-15s %8.1f %9.1f", row.who.c_str(), to_string(row.precision),
                row.what.c_str(), row.median_us(), row.least_us);
    for (const Row* peer : {peers.onnx_runtime_fp32, peers.best_int8}) {
      if (peer != nullptr) {
        std::printf("  %6.3f", ratio(row, *peer));
      } else {
        std::printf("  %6s", "-");
      }
    }
    std::printf("\n");
  }
  std::fflush(stdout);
}

void require_one_core() {
  cpu_set_t cores;
  if (sched_getaffinity(0, sizeof(cores), &cores) == 0 && CPU_COUNT(&cores) == 1) return;
  throw UsageError("run it on one core, as in: taskset -c 1 peers_bench; peers start threads else");
}

void run(const Options& options) {
  require_one_core();
  auto results = nlohmann::ordered_json::array();
  for (const Network& network : make_networks()) {
    if (network.name.find(options.only) == std::string::npos) continue;
    auto rows = make_rows(network, options);
    for (int round = 0; round < options.rounds; ++round) {
      for (Row& row : rows) take_turn(row, options.round_ms);
    }
    if (options.json) {
      results.push_back(to_json(network, rows));
    } else {
      print(network, rows);
    }
  }
  if (options.json) std::printf("%s\n", results.dump(1).c_str());
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Equal networks in ONNX Runtime, oneDNN, XNNPACK and ours, microseconds"};
  Options options;
  app.add_option("--onnx-runtime", options.onnx_runtime,
                 "libonnxruntime.so; without, ONNX Runtime is left out");
  app.add_option("--only", options.only, "Networks whose name holds this");
  app.add_option("--rounds", options.rounds, "Turns of each")->check(CLI::Range(1, 100000));
  app.add_option("--round-ms", options.round_ms, "A turn takes so long")
      ->check(CLI::Range(0.0, 1000.0));
  app.add_flag("--json", options.json);
  CLI11_PARSE(app, argc, argv);
  try {
    run(options);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "peers_bench: %s\n", describe(error).c_str());
    return exit_code(error);
  }
}
