// SPDX-License-Identifier: MIT
#include "compress/post_training.h"

#include <algorithm>

#include "data/loader.h"
#include "nn/costs.h"
#include "nn/rewrite.h"

namespace kws::compress {
namespace {

data::DatasetOptions clips_for(const pack::ModelPack& pack, const PostTrainingOptions& options) {
  const auto& spec = pack.features;
  data::DatasetOptions wanted;
  wanted.labels = pack.labels;
  wanted.rate = Hertz{static_cast<double>(spec.sample_rate_hz)};
  wanted.clip_ms = 1000.0 *
                   static_cast<double>(spec.samples_of(pack.model.graph.input_shape().time)) /
                   static_cast<double>(spec.sample_rate_hz);
  wanted.splits = {data::Split::kTraining};
  wanted.at_most = options.at_most;
  wanted.noise = false;
  wanted.threads = options.threads;
  if (options.progress) {
    wanted.progress = [&](std::size_t done, std::size_t all) {
      options.progress("reading clips", done, all);
    };
  }
  return wanted;
}

/// What is true of the result for everyone who makes it again, as comments behind the recipe, so
/// that the recipe can still be trained.
std::string recipe_of(const pack::ModelPack& pack, const PostTrainingOptions& options,
                      std::size_t clips) {
  std::string recipe = pack.provenance.recipe;
  if (!recipe.empty() && recipe.back() != '\n') recipe += '\n';
  return recipe + "# compressed: --quantize int8 --calibration " +
         std::string(to_string(options.method)) + " --clips " + std::to_string(clips) + "\n";
}

}  // namespace

PostTraining quantise_after_training(const pack::ModelPack& pack,
                                     const PostTrainingOptions& options) {
  check_is_float(pack.model);
  PostTraining result{.pack = pack};
  result.pack.name = pack.name + "-int8";
  pack::check_description(result.pack);  // a name too long is said before the work, not after it
  const nn::Model folded = nn::fold_for_inference(pack.model);
  const data::Dataset dataset(options.clips, clips_for(pack, options));
  const auto batch = data::clean_features(dataset, data::Split::kTraining, pack.features,
                                          std::max<std::size_t>(options.threads, 1));
  const auto ranges = calibrate(folded, batch.features, options.method, options.threads,
                                [&](std::size_t done, std::size_t all) {
                                  if (options.progress) options.progress("calibrating", done, all);
                                });
  auto quantised = quantise(folded, ranges);

  result.pack.model = std::move(quantised.model);
  result.pack.provenance.recipe = recipe_of(pack, options, batch.count);
  result.pack.provenance.data_counts["calibration clips"] = static_cast<std::int64_t>(batch.count);
  result.pack.provenance.accuracy.clear();  // was measured of another model

  const auto before = nn::cost(folded.graph);
  const auto after = nn::cost(result.pack.model.graph);
  result.report = {.clips = batch.count,
                   .weight_bytes_before = before.total.weight_bytes,
                   .weight_bytes_after = after.total.weight_bytes,
                   .activation_bytes_before = before.peak_activation_bytes,
                   .activation_bytes_after = after.peak_activation_bytes,
                   .stays_float = std::move(quantised.stays_float),
                   .warnings = dataset.warnings()};
  return result;
}

}  // namespace kws::compress
