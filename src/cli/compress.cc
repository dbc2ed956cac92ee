// SPDX-License-Identifier: MIT
//
// `kws compress MODEL --quantize int8 --calibrate DIR --out M2`: makes a model smaller and faster,
// and says what that cost.
#include <cstdio>
#include <exception>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "base/error.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/default_model.h"
#include "cli/progress_line.h"
#include "compress/post_training.h"

namespace kws::cli {
namespace {

struct Options {
  std::string model;
  std::string quantize;
  std::string calibrate;
  std::string calibration = "mse";
  std::size_t clips = 512;
  std::string out;
  std::size_t threads = 0;
};

/// "weights     162,432 -> 49,180 bytes (3.3 x smaller)".
void print_change(const char* what, double before, double after) {
  std::printf("%-12s%.0f -> %.0f bytes (%.1f x smaller)\n", what, before, after,
              after > 0.0 ? before / after : 0.0);
}

/// source_bytes: of the model's file, which may by now be the result's.
void print(const compress::PostTrainingReport& report, double source_bytes,
           const std::string& target) {
  const auto bytes = [](std::int64_t count) { return static_cast<double>(count); };
  std::printf("%-12s%s, calibrated over %zu clips\n", "wrote", printable(target).c_str(),
              report.clips);
  print_change("file", source_bytes, static_cast<double>(std::filesystem::file_size(target)));
  print_change("weights", bytes(report.weight_bytes_before), bytes(report.weight_bytes_after));
  print_change("activations", bytes(report.activation_bytes_before),
               bytes(report.activation_bytes_after));
  for (const auto& one : report.stays_float) {
    std::printf("%-12s%s: %s\n", "stays float", printable(one.layer).c_str(), one.reason.c_str());
  }
}

void run(Options options) {
  if (options.threads == 0) options.threads = std::max(1U, std::thread::hardware_concurrency());
  const auto source = find_model(options.model);
  const auto pack = pack::load(source);
  compress::PostTraining result;
  {
    std::optional<ProgressLine> line;
    std::string shown;
    compress::PostTrainingOptions post_training{
        .clips = options.calibrate,
        .method = compress::range_method(options.calibration),
        .at_most = options.clips,
        .threads = options.threads,
        .progress = [&](const std::string& what, std::size_t done, std::size_t all) {
          if (what != shown) {
            line.reset();
            line.emplace(what);
            shown = what;
          }
          line->show(done, all);
        }};
    try {
      result = compress::quantise_after_training(pack, post_training);
    } catch (const ModelError&) {
      std::throw_with_nested(ModelError(printable(source.string())));
    }
  }
  for (const auto& warning : result.report.warnings) {
    std::fprintf(stderr, "kws: warning: %s\n", warning.c_str());
  }
  const auto source_bytes = static_cast<double>(std::filesystem::file_size(source));
  pack::save(result.pack, options.out);
  print(result.report, source_bytes, options.out);
}

}  // namespace

void add_compress(CLI::App& app) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("compress", "Make a model smaller and faster");
  command->add_option("MODEL", options->model,
                      "a .kws model ($KWS_MODEL if not given, else the one that comes with kws)");
  command->add_option("--quantize", options->quantize, "Arithmetic of the result")
      ->required()
      ->check(CLI::IsMember({"int8"}));
  command
      ->add_option("--calibrate", options->calibrate,
                   "Clips, a folder of recordings per word; those of the training split tell the "
                   "ranges of activations")
      ->required()
      ->option_text("DIR");
  command
      ->add_option("--calibration", options->calibration,
                   "How ranges are chosen: min-max (all that was seen), percentile (99.9 % of it) "
                   "or mse (least squared error)")
      ->check(CLI::IsMember({"min-max", "percentile", "mse"}))
      ->capture_default_str();
  command->add_option("--clips", options->clips, "Clips to calibrate with (0: all)")
      ->check(CLI::Range(0, 1'000'000))
      ->capture_default_str();
  command->add_option("--out", options->out, "Model file to write")
      ->required()
      ->option_text("M2.kws");
  command->add_option("--threads", options->threads, "Worker threads (0: as many as processors)")
      ->check(CLI::Range(0, 256));
  command->footer(
      "Examples:\n"
      "  kws compress mine.kws --quantize int8 --calibrate speech_commands --out mine-int8.kws\n"
      "  kws compress mine.kws --quantize int8 --calibrate speech_commands --calibration min-max "
      "\\\n"
      "      --clips 2000 --out mine-int8.kws\n"
      "  kws eval --model mine.kws --against mine-int8.kws --data speech_commands --split "
      "validation\n"
      "The same model, clips and options give the same file.");
  command->callback([options] { run(*options); });
}

}  // namespace kws::cli
