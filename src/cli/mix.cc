// SPDX-License-Identifier: MIT
//
// `kws mix`: a long recording with known words, for the demo and for `kws eval --stream`.
#include <cstdio>
#include <filesystem>
#include <limits>
#include <memory>
#include <thread>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/checks.h"
#include "cli/commands.h"
#include "data/folders.h"
#include "data/speech_level.h"
#include "data/waveform.h"
#include "decide/detector.h"
#include "measure/test_stream.h"
#include "sound/sound_file.h"

namespace kws::cli {
namespace {

constexpr Hertz kRate{16000.0};

struct Options {
  std::string data;
  std::string noise;
  std::vector<std::string> words;
  std::string gap = "1-3";
  measure::TestStreamSettings settings;
  std::string out;
  std::string labels;
};

/// "1-3" → 1 … 3 seconds.
data::Range parse_gap(const std::string& text) {
  double low = 0.0;
  double high = 0.0;
  char rest = 0;
  if (std::sscanf(text.c_str(), "%lf-%lf%c", &low, &high, &rest) != 2 || !(low >= 0.0) ||
      !(high >= low) || !(high <= 3600.0)) {
    throw UsageError("--gap '" + printable(text) + "' must be two numbers of seconds, like 1-3");
  }
  return {low, high};
}

std::vector<data::LongRecording> read_noise(const std::filesystem::path& folder) {
  const auto inner = folder / data::kNoiseFolder;
  std::vector<data::LongRecording> noise;
  for (const auto& file :
       data::recordings_in(std::filesystem::is_directory(inner) ? inner : folder)) {
    const auto recording = sound::read_recording(file, kRate);
    noise.push_back(
        {data::to_int16(recording.samples), file.stem().string(), data::rms(recording.samples)});
  }
  if (noise.empty()) throw DataError(printable(folder.string()) + ": no noise recordings");
  return noise;
}

/// The folders that are words, in order.
std::vector<std::string> words_in(const std::filesystem::path& folder) {
  std::vector<std::string> words;
  for (const auto& path : data::folders_in(folder)) {
    const auto word = path.filename().string();
    if (decide::is_keyword(word) && !word.starts_with('.')) words.push_back(word);
  }
  return words;
}

void run(Options options) {
  options.settings.gap_s = parse_gap(options.gap);
  const auto ending = std::filesystem::path(options.out).extension();
  if (ending != ".flac" && ending != ".wav") {
    throw UsageError("--out '" + printable(options.out) + "' must end in .flac or .wav");
  }
  if (std::filesystem::path(options.out).lexically_normal() ==
      std::filesystem::path(options.labels).lexically_normal()) {
    throw UsageError("--out and --labels are the same file, '" + printable(options.out) + "'");
  }
  data::DatasetOptions dataset_options;
  dataset_options.labels = options.words.empty() ? words_in(options.data) : options.words;
  dataset_options.only = dataset_options.labels;
  dataset_options.rate = kRate;
  dataset_options.noise = false;
  dataset_options.threads = std::max(1U, std::thread::hardware_concurrency());
  const data::Dataset dataset(options.data, dataset_options);
  for (const auto& warning : dataset.warnings()) {
    std::fprintf(stderr, "kws: warning: %s\n", warning.c_str());
  }
  const auto stream =
      measure::make_test_stream(dataset, read_noise(options.noise), options.settings);
  sound::write_recording(options.out, stream.samples, kRate);
  write_file_atomically(options.labels, measure::format_labels(stream.words));
  std::printf("%s: %.1f s, %zu words\n", printable(options.out).c_str(),
              to_seconds(stream.samples.size(), kRate), stream.words.size());
}

}  // namespace

void add_mix(CLI::App& app) {
  auto options = std::make_shared<Options>();
  auto* command =
      app.add_subcommand("mix", "Make a recording with known words over background noise");
  command->add_option("--data", options->data, "Clips: a folder of recordings per word")
      ->type_name("DIR")
      ->required();
  command
      ->add_option("--noise", options->noise,
                   "Noise recordings, or a folder that holds _background_noise_")
      ->type_name("DIR")
      ->required();
  command->add_option("--words", options->words, "Folders to draw from (default: all words)")
      ->delimiter(',')
      ->type_name("WORD,…");
  command->add_option("--seconds", options->settings.seconds, "Length")
      ->check(number_within(3.0, 86'400.0))
      ->capture_default_str();
  command->add_option("--snr", options->settings.snr_db, "Words over noise, dB")
      ->check(number_within(-40.0, 60.0))
      ->capture_default_str();
  command->add_option("--gap", options->gap, "Seconds between clips, shortest-longest")
      ->type_name("LO-HI")
      ->capture_default_str();
  command->add_option("--seed", options->settings.seed, "Another seed, another draw")
      ->check(CLI::Range(std::int64_t{0}, std::numeric_limits<std::int64_t>::max()))
      ->capture_default_str();
  command->add_option("--out", options->out, "Where the sound goes (.flac or .wav)")
      ->type_name("FILE")
      ->required();
  command->add_option("--labels", options->labels, "Where start_s,end_s,word lines go")
      ->type_name("FILE")
      ->required();
  command->footer(
      "Example:\n"
      "  kws mix --data speech_commands_test --noise speech_commands --words yes,no --seconds 60 "
      "--snr 10 --gap 1-3 --seed 1 --out demo.flac --labels demo.csv");
  command->callback([options] { run(*options); });
}

}  // namespace kws::cli
