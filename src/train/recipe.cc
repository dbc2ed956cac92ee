// SPDX-License-Identifier: MIT
#include "train/recipe.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/text.h"
#include "decide/settings_toml.h"
#include "features/feature_spec_toml.h"
#include "pack/model_pack.h"

namespace kws::train {
namespace {

bool is_name(const std::string& text) {
  return !text.empty() && text.size() <= pack::kMaxWordBytes && printable(text) == text;
}

std::vector<std::string> read_labels(const config::Table& document) {
  auto labels = document.strings("labels");
  if (labels.size() < 2 || labels.size() > pack::kMaxLabels) {
    throw ConfigError(document.where("labels") + " has " + std::to_string(labels.size()) +
                      " labels; a model has 2 to " + std::to_string(pack::kMaxLabels));
  }
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (!is_name(labels[i]) || labels[i].find('/') != std::string::npos) {
      throw ConfigError(document.where("labels") + ": '" + printable(labels[i]) +
                        "' is no name of a folder of clips, of at most " +
                        std::to_string(pack::kMaxWordBytes) + " bytes of printable text");
    }
    if (std::find(labels.begin(), labels.begin() + static_cast<std::ptrdiff_t>(i), labels[i]) !=
        labels.begin() + static_cast<std::ptrdiff_t>(i)) {
      throw ConfigError(document.where("labels") + " names '" + printable(labels[i]) + "' twice");
    }
  }
  return labels;
}

nn::NetworkSpec read_network(const config::Table& table) {
  nn::NetworkSpec spec;
  spec.kind = table.choice("kind", nn::network_kinds());
  spec.channels = static_cast<int>(table.integer_or("channels", 0, 0, 4096));
  spec.blocks = static_cast<int>(table.integer_or("blocks", 0, 0, 64));
  spec.stride_block = static_cast<int>(table.integer_or("stride_block", 0, 0, 64));
  spec.stride_time = table.choice_or("stride_axes", "both", {"both", "freq"}) == "both";
  spec.pad_time = table.choice_or("time_padding", "same", {"same", "valid"}) == "same";
  spec.residual = table.boolean_or("residual", false);
  spec.width = table.number_or("width", spec.width, 0.001, 100.0);
  spec.width_rounds = table.choice_or("width_rounding", "down", {"down", "nearest"}) == "nearest";
  if (table.has("dropout")) spec.dropout = table.number("dropout", 0.0, 0.99);
  return spec;
}

}  // namespace

Recipe read_recipe(const config::Table& document) {
  Recipe recipe;
  recipe.name = document.string("name");
  if (!is_name(recipe.name)) {
    throw ConfigError(document.where("name") + " has " + std::to_string(recipe.name.size()) +
                      " bytes, must be 1 to " + std::to_string(pack::kMaxWordBytes) +
                      " of printable text");
  }
  recipe.labels = read_labels(document);
  recipe.seed = static_cast<std::uint64_t>(
      document.integer_or("seed", 1, 0, std::numeric_limits<std::int64_t>::max()));
  recipe.features = features::read_feature_spec(document.table_or_empty("features"));
  recipe.network = read_network(document.table("network"));
  recipe.data = data::read_data_settings(document.table_or_empty("data"));
  recipe.train = read_train_settings(document.table_or_empty("train"));
  recipe.decide = decide::read_settings(document.table_or_empty("decide"));
  decide::validate(recipe.decide, recipe.labels);
  document.reject_unknown();
  recipe.text = document.to_toml();
  return recipe;
}

Recipe load_recipe(const std::filesystem::path& path, std::span<const std::string> overrides) {
  auto document = config::Table::load(path);
  for (const auto& assignment : overrides) document.set(assignment);
  return read_recipe(document);
}

nn::Graph build_graph(const Recipe& recipe) {
  const auto samples = std::llround(recipe.data.clip_ms * 1e-3 *
                                    static_cast<double>(recipe.features.sample_rate_hz));
  const auto frames = recipe.features.frames_in(samples);
  if (frames < 1) {
    throw ConfigError(
        "features.frame_ms: a frame of " + std::to_string(recipe.features.frame_samples()) +
        " samples does not fit into a clip of " + std::to_string(samples) + " (data.clip_ms)");
  }
  return nn::build_network(recipe.network, static_cast<int>(frames), recipe.features.bins(),
                           static_cast<int>(recipe.labels.size()));
}

}  // namespace kws::train
