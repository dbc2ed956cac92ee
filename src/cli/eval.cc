// SPDX-License-Identifier: MIT
//
// `kws eval`: how good a model is, on clips, on a stream with known words, or on speech without
// commands.
#include <cstdio>
#include <memory>
#include <optional>
#include <thread>

#include "base/error.h"
#include "base/text.h"
#include "cli/checks.h"
#include "cli/commands.h"
#include "cli/default_model.h"
#include "cli/eval_report.h"
#include "cli/progress_line.h"
#include "measure/label_track.h"
#include "sound/sound_file.h"

namespace kws::cli {
namespace {

struct Options {
  std::string model;
  std::string against;
  std::string data;
  std::string split = "all";
  std::vector<std::string> only;
  std::vector<std::string> exclude;
  std::string ending;
  std::string stream;
  std::string labels;
  double tolerance_ms = 1000.0 * measure::kMatchToleranceSeconds;
  std::string continuous;
  std::string speakers = "all";
  std::string transcripts;
  int only_held_out = 0;
  std::size_t threads = 0;
  bool json = false;
};

void print(const std::string& text) { std::fputs(text.c_str(), stdout); }

/// The model to compare with, if any: it must read the same sound and know the same labels.
std::optional<pack::ModelPack> load_other(const Options& options, const pack::ModelPack& pack) {
  if (options.against.empty()) return std::nullopt;
  auto other = pack::load(options.against);
  if (other.labels != pack.labels ||
      other.features.sample_rate_hz != pack.features.sample_rate_hz) {
    throw ModelError(printable(options.against) +
                     ": its labels or its sample rate are not those of the other model, so their "
                     "answers cannot be compared");
  }
  return other;
}

/// The clips that were asked for, as long as the context of `pack`.
data::Dataset read_clips(const Options& options, const pack::ModelPack& pack) {
  auto dataset_options = measure::eval_options(pack);
  dataset_options.only = options.only;
  dataset_options.exclude = options.exclude;
  dataset_options.threads = options.threads;
  for (const auto split :
       {data::Split::kTraining, data::Split::kValidation, data::Split::kTesting}) {
    if (options.split == data::to_string(split)) dataset_options.splits = {split};
  }
  ProgressLine progress("reading clips");
  dataset_options.progress = [&](std::size_t done, std::size_t of) { progress.show(done, of); };
  return data::Dataset(options.data, dataset_options);
}

std::vector<std::uint32_t> classify(const Options& options, const pack::ModelPack& pack,
                                    const data::Dataset& dataset,
                                    std::optional<data::Ending> ending = std::nullopt) {
  ProgressLine progress("classifying");
  return measure::classify(
      pack, dataset, options.threads,
      [&](std::size_t done, std::size_t of) { progress.show(done, of); }, ending);
}

/// `said` of the model that was asked for, beside what the other says of the same clips.
Against compare(const Options& options, const pack::ModelPack& other, const data::Dataset& dataset,
                const std::vector<std::uint32_t>& said) {
  // A longer or shorter context hears more or less of a clip.
  const auto heard = read_clips(options, other);
  const auto others = classify(options, other, heard);
  if (others.size() != said.size()) {
    throw DataError(printable(options.data) + ": its clips changed while they were read");
  }
  return {options.against, measure::compare(dataset, said, others)};
}

void eval_clips(const Options& options, const pack::ModelPack& pack) {
  const auto other = load_other(options, pack);
  const auto dataset = read_clips(options, pack);
  for (const auto& warning : dataset.warnings()) {
    std::fprintf(stderr, "kws: warning: %s\n", warning.c_str());
  }
  if (!options.ending.empty()) {
    const auto ending = options.ending == "hiss" ? data::Ending::kHiss : data::Ending::kNone;
    const auto report = measure::ending_report(dataset, classify(options, pack, dataset, ending));
    print(options.json ? to_json(report, options.ending) : to_text(report, options.ending));
    return;
  }
  const auto said = classify(options, pack, dataset);
  const auto report = measure::accuracy_report(dataset, said);
  std::optional<Against> against;
  if (other) against = compare(options, *other, dataset, said);
  print(options.json ? to_json(report, against)
                     : to_text(report) + (against ? to_text(*against) : ""));
}

void eval_stream(const Options& options, const pack::ModelPack& pack) {
  const auto said = measure::read_labels(options.labels);
  const auto recording = sound::read_recording(
      options.stream, Hertz{static_cast<double>(pack.features.sample_rate_hz)});
  warn_of_flaws(recording, options.stream);
  const auto length_s = to_seconds(recording.samples.size(), recording.rate);
  for (const auto& word : said) {
    if (word.start_s < length_s) continue;
    throw DataError(printable(options.labels) + ": '" + printable(word.word) + "' at " +
                    std::to_string(word.start_s) + " s lies behind the end of " +
                    printable(options.stream) + ", " + std::to_string(length_s) + " s");
  }
  ProgressLine progress("listening");
  const auto report =
      measure::stream_report(pack, recording.samples, said, options.tolerance_ms / 1000.0,
                             [&](std::size_t done, std::size_t of) { progress.show(done, of); });
  print(options.json ? to_json(report) : to_text(report));
}

void eval_continuous(const Options& options, const pack::ModelPack& pack) {
  measure::ContinuousOptions continuous;
  if (options.speakers == "even") continuous.speakers.speakers = data::Speakers::kEven;
  if (options.speakers == "odd") continuous.speakers.speakers = data::Speakers::kOdd;
  continuous.speakers.hold_out_every = options.only_held_out;
  continuous.speakers.held_out = options.only_held_out > 0;
  continuous.transcripts = options.transcripts;
  ProgressLine progress("listening");
  const auto report = measure::continuous_report(
      pack, options.continuous, continuous,
      [&](std::size_t done, std::size_t of) { progress.show(done, of); });
  print(options.json ? to_json(report) : to_text(report));
}

void run(Options options) {
  const int sources =
      int{!options.data.empty()} + int{!options.stream.empty()} + int{!options.continuous.empty()};
  if (sources != 1) {
    throw UsageError("give one of --data DIR, --stream FILE or --continuous DIR");
  }
  if (options.stream.empty() != options.labels.empty()) {
    throw UsageError("--stream FILE and --labels FILE go together");
  }
  if (options.threads == 0) {
    options.threads = std::max(1U, std::thread::hardware_concurrency());
  }
  const auto model = find_model(options.model);
  const auto pack = pack::load(model);
  if (!options.json) print("model     " + printable(model.string()) + "\n");
  if (!options.data.empty()) eval_clips(options, pack);
  if (!options.stream.empty()) eval_stream(options, pack);
  if (!options.continuous.empty()) eval_continuous(options, pack);
}

}  // namespace

void add_eval(CLI::App& app) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("eval", "Say how good a model is");
  command
      ->add_option("--model", options->model,
                   "Model file ($KWS_MODEL if not given, else the one that comes with kws)")
      ->type_name("FILE");

  auto* data =
      command->add_option("--data", options->data, "Clips: a folder of recordings per word");
  data->type_name("DIR");
  auto* against = command->add_option("--against", options->against,
                                      "Another model on the same clips, with McNemar's exact test");
  against->type_name("FILE")->needs(data);
  command
      ->add_option("--ending", options->ending,
                   "Replace the end of every keyword by nothing (none) or by a hiss, and say how "
                   "many are taken for no keyword")
      ->check(CLI::IsMember({"none", "hiss"}))
      ->needs(data)
      ->excludes(against);
  command->add_option("--split", options->split, "Which clips, by the lists or the official rule")
      ->check(CLI::IsMember({"all", "training", "validation", "testing"}))
      ->capture_default_str()
      ->needs(data);
  auto* only = command->add_option("--only", options->only, "These folders only");
  only->delimiter(',')->type_name("WORD,…")->needs(data);
  command->add_option("--exclude", options->exclude, "All folders but these")
      ->delimiter(',')
      ->type_name("WORD,…")
      ->needs(data)
      ->excludes(only);

  auto* stream =
      command->add_option("--stream", options->stream, "A recording with known words in it");
  stream->type_name("FILE");
  command->add_option("--labels", options->labels, "What is said when: start_s,end_s,word")
      ->type_name("FILE")
      ->needs(stream);
  command
      ->add_option("--tolerance-ms", options->tolerance_ms,
                   "How far a detection may be from the middle of its word")
      ->check(number_within(0.0, 60'000.0))
      ->capture_default_str()
      ->needs(stream);

  auto* continuous = command->add_option("--continuous", options->continuous,
                                         "Speech without commands: a folder of long recordings");
  continuous->type_name("DIR");
  command->add_option("--speakers", options->speakers, "By the number that file names start with")
      ->check(CLI::IsMember({"all", "even", "odd"}))
      ->capture_default_str()
      ->needs(continuous);
  command
      ->add_option("--only-held-out", options->only_held_out,
                   "Every N-th of these speakers, those that data.negatives.hold_out_every = N "
                   "keeps from training")
      ->check(CLI::Range(2, 1000))
      ->type_name("N")
      ->needs(continuous);
  command
      ->add_option("--transcripts", options->transcripts,
                   "Lines of '<file name> TEXT'; a keyword truly said is no false accept")
      ->type_name("FILE")
      ->needs(continuous);

  command->add_option("--threads", options->threads, "Worker threads (0: as many as processors)")
      ->check(CLI::Range(0, 256));
  command->add_flag("--json", options->json, "One JSON object instead of text");
  command->footer(
      "Examples:\n"
      "  kws eval --model mine.kws --data speech_commands --split validation\n"
      "  kws eval --model mine.kws --against mine-int8.kws --data speech_commands --split "
      "validation\n"
      "  kws eval --model mine.kws --data speech_commands_test --exclude on,off --json\n"
      "  kws eval --model mine.kws --data speech_commands --split validation --ending none\n"
      "  kws eval --model mine.kws --stream demo.flac --labels demo.csv\n"
      "  kws eval --model mine.kws --continuous librispeech --speakers odd --transcripts "
      "librispeech/transcripts.txt");
  command->callback([options] { run(*options); });
}

}  // namespace kws::cli
