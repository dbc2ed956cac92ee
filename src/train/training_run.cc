// SPDX-License-Identifier: MIT
#include "train/training_run.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <system_error>
#include <thread>
#include <utility>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/random.h"
#include "base/sha.h"
#include "base/text.h"
#include "data/dataset.h"
#include "data/draws.h"
#include "data/loader.h"
#include "pack/model_pack.h"
#include "train/balance.h"
#include "train/teacher.h"

namespace kws::train {
namespace {

/// Which stream of random numbers is whose, so that none is drawn from twice.
constexpr std::uint64_t kWeightStream = 1;

class LoaderSource final : public BatchSource {
 public:
  explicit LoaderSource(data::BatchLoader& loader) : loader_(loader) {}

  [[nodiscard]] std::int64_t steps_per_epoch() const override {
    return static_cast<std::int64_t>(loader_.steps_per_epoch());
  }
  [[nodiscard]] BatchView load(std::int64_t epoch, std::int64_t step) override {
    const auto& batch =
        loader_.load(static_cast<std::size_t>(epoch), static_cast<std::size_t>(step));
    return {batch.features, batch.labels};
  }

 private:
  data::BatchLoader& loader_;
};

std::size_t thread_count(const RunRequest& request) {
  auto threads = request.threads > 0 ? request.threads : request.recipe.train.threads;
  if (threads == 0) threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  return std::clamp<std::size_t>(static_cast<std::size_t>(threads), 1, kShards);
}

/// How clips are made of it, a line per count, and one checksum over everything that was heard.
std::string describe_data(const data::Dataset& dataset) {
  const auto bytes_of = [](const std::vector<std::int16_t>& samples) {
    return std::as_bytes(std::span(samples));
  };
  std::string digests;
  for (const auto& clip : dataset.clips()) {
    digests += dataset.folders()[clip.folder] + "/" + clip.stem + " " +
               std::string(data::to_string(clip.split)) + " " + sha256_hex(bytes_of(clip.samples)) +
               "\n";
  }
  std::size_t long_recordings = dataset.noise().size();
  for (const auto& recording : dataset.noise()) digests += sha256_hex(bytes_of(recording.samples));
  for (const auto& folder : dataset.negatives()) {
    long_recordings += folder.size();
    digests += "negatives\n";
    for (const auto& recording : folder) {
      digests += recording.stem + (recording.says_keyword ? " says a keyword " : " ") +
                 sha256_hex(bytes_of(recording.samples)) + "\n";
    }
  }
  for (const auto& clip : dataset.word_clips()) {
    digests += std::to_string(clip.folder) + " " + std::to_string(clip.label) + " " +
               sha256_hex(bytes_of(clip.samples)) + "\n";
  }
  return "draws " + std::to_string(data::kDrawsVersion) + "\nclips " +
         std::to_string(dataset.clips().size()) + "\nlong recordings " +
         std::to_string(long_recordings) + "\nsha256 " +
         sha256_hex(std::as_bytes(std::span(digests))) + "\n";
}

/// The model that the recipe asks for, without what only a training can tell.
pack::ModelPack describe_model(const Recipe& recipe, const nn::Graph& graph) {
  return {.name = recipe.name,
          .labels = recipe.labels,
          .features = recipe.features,
          .model = {.graph = graph},
          .decide = recipe.decide,
          .provenance = {.recipe = recipe.text, .seed = recipe.seed}};
}

/// Empty: there is no teacher.
std::vector<std::string> teacher_files(const RunRequest& request) {
  const auto& settings = request.recipe.train.teacher;
  if (!request.teachers.empty() && !settings) {
    throw UsageError("a teacher's file was given, but the recipe has no [train.teacher]");
  }
  if (!settings) return {};
  auto files = request.teachers.empty() ? settings->models : request.teachers;
  if (files.empty()) {
    throw UsageError(
        "the recipe has a [train.teacher] without models; name its files with "
        "--teacher, or in train.teacher.models");
  }
  return files;
}

struct Splits {
  std::vector<std::size_t> training;
  std::vector<std::size_t> validation;
};

/// Every label must have something to learn from.
void check_labels(const data::Dataset& dataset, const Recipe& recipe, const Splits& splits) {
  std::set<std::uint32_t> seen;
  for (const auto index : splits.training) seen.insert(dataset.clips()[index].label);
  for (std::uint32_t label = 0; label < dataset.labels().size(); ++label) {
    if (seen.contains(label)) continue;
    const auto& word = dataset.labels()[label];
    std::size_t made = 0;  // from something else than recordings of it
    if (dataset.silence_label() == label) {
      made = static_cast<std::size_t>(recipe.data.silence_clips);
    } else if (dataset.unknown_label() == label) {
      made = data::unknown_clips_made(recipe.data);
    }
    if (made == 0) {
      throw DataError("no clip to train '" + printable(word) + "' from: " +
                      (word == data::kSilenceLabel
                           ? "set data.silence_clips in the recipe"
                           : "put some into a folder of that name, or take the label out"));
    }
  }
}

std::map<std::string, std::int64_t> count_data(const data::Dataset& dataset, const Splits& splits,
                                               std::size_t clips_per_epoch) {
  const auto count = [](std::size_t value) { return static_cast<std::int64_t>(value); };
  return {{"training clips", count(splits.training.size())},
          {"training speakers", count(dataset.speakers_in(splits.training))},
          {"validation clips", count(splits.validation.size())},
          {"validation speakers", count(dataset.speakers_in(splits.validation))},
          {"clips per epoch", count(clips_per_epoch)}};
}

}  // namespace

std::filesystem::path checkpoint_path(const std::filesystem::path& out) {
  auto path = out;
  path += ".checkpoint";
  return path;
}

void check_request(const RunRequest& request) {
  const auto data = printable(request.data.string());
  if (!std::filesystem::exists(request.data)) {
    throw DataError(data +
                    ": no such folder; --data wants one that holds a folder of clips per "
                    "word, as Google Speech Commands does");
  }
  if (!std::filesystem::is_directory(request.data)) throw DataError(data + " is not a folder");
  if (std::filesystem::is_directory(request.out)) {
    throw DataError(printable(request.out.string()) +
                    " is a folder; --out wants the name of a file");
  }
  check_writable(request.out);
  const auto graph = build_graph(request.recipe);
  pack::check_description(describe_model(request.recipe, graph));
  for (const auto& file : teacher_files(request)) {
    (void)load_teacher(file, request.recipe.labels, request.recipe.features, graph);
  }

  const auto checkpoint = checkpoint_path(request.out);
  const auto file = printable(checkpoint.string());
  const bool there = std::filesystem::exists(checkpoint);
  if (there && !request.resume && !request.restart) {
    throw UsageError(file +
                     " is there: a training to this file was interrupted. Go on with "
                     "--resume, or throw it away with --restart");
  }
  if (!there && request.resume && std::filesystem::exists(request.out)) {
    throw UsageError("nothing to resume: " + printable(request.out.string()) +
                     " is finished. Leave --resume out to train it again");
  }
}

Outcome run_training(const RunRequest& request, RunObserver& observer,
                     const std::atomic<bool>& stop) {
  check_request(request);
  const Recipe& recipe = request.recipe;
  const auto threads = thread_count(request);
  auto data_settings = recipe.data;
  if (request.negatives_root) data_settings.negatives_root = *request.negatives_root;

  observer.on_phase("reading the recordings");
  auto options =
      data::dataset_options(data_settings, recipe.labels,
                            Hertz{static_cast<double>(recipe.features.sample_rate_hz)}, threads);
  options.splits = {data::Split::kTraining, data::Split::kValidation};
  options.progress = [&](std::size_t done, std::size_t all) { observer.on_reading(done, all); };
  const data::Dataset dataset(request.data, options);
  const Splits splits{dataset.clips_of(data::Split::kTraining),
                      dataset.clips_of(data::Split::kValidation)};
  check_labels(dataset, recipe, splits);

  observer.on_phase("measuring the features");
  const auto statistics =
      data::feature_statistics(dataset, data_settings, recipe.features, recipe.seed, threads);
  const auto validation =
      data::clean_features(dataset, data::Split::kValidation, recipe.features, threads);
  data::BatchLoader loader(dataset, data_settings, recipe.features, statistics,
                           static_cast<std::size_t>(recipe.train.batch), recipe.seed, threads);
  LoaderSource source(loader);

  nn::Model model{.graph = build_graph(recipe)};
  model.weights = nn::initial_weights(model.graph, Random(recipe.seed, {kWeightStream}));
  for (const auto& node : model.graph.nodes) {
    if (node.op != nn::Op::kInputNorm) continue;
    model.weights.at(node.name + ".mean") = statistics.mean;
    model.weights.at(node.name + ".deviation") = statistics.deviation;
  }
  const auto graph = model.graph;
  Identity identity{recipe.text, describe_data(dataset)};
  std::vector<nn::Model> teachers;
  for (const auto& file : teacher_files(request)) {
    teachers.push_back(load_teacher(file, recipe.labels, recipe.features, model.graph));
    identity.data += "teacher sha256 " + sha256_hex(read_file(file, pack::kMaxFileBytes)) + "\n";
  }
  const auto checkpoint_file = checkpoint_path(request.out);

  Trainer trainer(recipe.train, recipe.seed, std::move(model), source,
                  {validation.features, validation.labels}, threads, teachers,
                  recipe.train.balance > 0.0
                      ? logit_offsets(loader.label_counts(), recipe.train.balance)
                      : std::vector<double>{});
  RunStart start{.training_clips = splits.training.size(),
                 .validation_clips = validation.count,
                 .training_speakers = dataset.speakers_in(splits.training),
                 .clips_per_epoch = loader.clips_per_epoch(),
                 .threads = threads,
                 .steps = source.steps_per_epoch() * recipe.train.epochs,
                 .warnings = dataset.warnings()};
  for (const auto& spec : nn::parameters(graph)) {
    if (spec.role != nn::ParameterRole::kStatistic) start.parameters += spec.elements();
  }
  if (request.resume && std::filesystem::exists(checkpoint_file)) {
    auto checkpoint = load_checkpoint(checkpoint_file);
    check_fits(checkpoint, identity, graph, checkpoint_file);
    start.resumed_step = checkpoint.step;
    trainer.restore(std::move(checkpoint));
  }
  observer.on_start(start);

  const auto outcome = trainer.run(observer, stop, [&](Checkpoint&& checkpoint) {
    checkpoint.identity = identity;
    save_checkpoint(checkpoint, checkpoint_file);
  });
  if (outcome == Outcome::kStopped) return outcome;

  auto pack = describe_model(recipe, graph);
  pack.model.weights = trainer.result();
  pack.provenance.data_counts = count_data(dataset, splits, loader.clips_per_epoch());
  if (trainer.result_accuracy() >= 0.0) {
    pack.provenance.accuracy.emplace("validation", trainer.result_accuracy());
  }
  pack::save(pack, request.out);
  std::error_code ignored;
  std::filesystem::remove(checkpoint_file, ignored);
  return outcome;
}

}  // namespace kws::train
