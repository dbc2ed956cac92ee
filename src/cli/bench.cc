// SPDX-License-Identifier: MIT
//
// `kws bench`: what a model costs on this very machine, a table for people or JSON for programs.
#include <array>
#include <cmath>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "base/text.h"
#include "cli/checks.h"
#include "cli/commands.h"
#include "cli/default_model.h"
#include "cli/input.h"
#include "cli/line_output.h"
#include "engine/instruction_set.h"
#include "measure/latency.h"

namespace kws::cli {
namespace {

struct Options {
  std::string model;
  double seconds = measure::LatencyOptions{}.seconds;
  bool window = false;
  bool json = false;
};

std::string kernels() { return std::string(to_string(engine::chosen_instruction_set())); }

template <typename... Values>
std::string format(const char* pattern, Values... values) {
  std::array<char, 256> buffer;
  std::snprintf(buffer.data(), buffer.size(), pattern, values...);
  return buffer.data();
}

std::string row(const char* what, const measure::Percentiles& us) {
  return format("%-24s %10.2f %10.2f %10.2f\n", what, us.p50, us.p95, us.p99);
}

std::string to_text(const measure::LatencyReport& report, const std::string& model) {
  const std::string load = format("%.2f ms from file to first posterior (the first time %.2f)",
                                  report.load_ms, report.first_load_ms);
  const std::string streams = format("%zu with a hop every %g ms, front end included",
                                     report.streams_per_core, report.hop_ms);
  return "model      " + printable(model, model.size()) + "\nkernels    " + kernels() + "\n\n" +
         format("%-24s %10s %10s %10s\n", "microseconds", "p50", "p95", "p99") +
         row("front end, a row", report.front_end_us) + row("whole window", report.window_us) +
         row("hop", report.hop_us) + "\nload       " + load +
         format("\narena      %.1f kB a stream", static_cast<double>(report.arena_bytes) / 1e3) +
         format("\nresident   %.1f MB of this process, libraries included",
                static_cast<double>(report.resident_bytes) / 1e6) +
         "\nstreams    " + streams;
}

/// Nobody's clock is finer than a nanosecond.
double to_three_places(double value) { return std::round(1000.0 * value) / 1000.0; }

nlohmann::ordered_json to_json(const measure::Percentiles& us) {
  return {{"p50", to_three_places(us.p50)},
          {"p95", to_three_places(us.p95)},
          {"p99", to_three_places(us.p99)}};
}

nlohmann::ordered_json to_json(const measure::LatencyReport& report) {
  return {{"front_end_us", to_json(report.front_end_us)},
          {"window_us", to_json(report.window_us)},
          {"hop_us", to_json(report.hop_us)},
          {"load_ms", to_three_places(report.load_ms)},
          {"arena_bytes", report.arena_bytes},
          {"resident_bytes", report.resident_bytes},
          {"streams_per_core", report.streams_per_core},
          {"kernels", kernels()}};
}

void run(const Options& options) {
  const auto model = find_model(options.model);
  const auto report = measure::measure_latency(
      model, {.seconds = options.seconds,
              .execution = options.window ? engine::Execution::kWholeWindow
                                          : engine::Execution::kIncremental});
  LineOutput().write(options.json ? to_json(report).dump() : to_text(report, model.string()));
}

}  // namespace

void add_bench(CLI::App& app) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("bench", "Say what a model costs on this machine");
  command
      ->add_option("--model", options->model,
                   "Model file ($KWS_MODEL if not given, else the one that comes with kws)")
      ->type_name("FILE");
  command->add_option("--seconds", options->seconds, "How long to measure, roughly")
      ->check(number_within(0.01, 600.0))
      ->capture_default_str();
  add_window_flag(*command, options->window);
  command->add_flag("--json", options->json, "One line for a program to read");
  command->footer(
      "One thread, white noise for sound. Percentiles are of single calls; a hop is the network\n"
      "alone. Streams share the model's weights and take turns on one core.\n"
      "Examples:\n"
      "  kws bench\n"
      "  kws bench --model mine.kws --seconds 10\n"
      "  taskset -c 1 kws bench --json        kept on one core, steadier");
  command->callback([options] { run(*options); });
}

}  // namespace kws::cli
