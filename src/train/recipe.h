// SPDX-License-Identifier: MIT
//
// A recipe: everything that decides what a training gives, apart from the recordings themselves.
// `kws train` reads one from config/recipes/, `kws inspect` shows the network it describes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "config/document.h"
#include "data/settings.h"
#include "decide/detector.h"
#include "features/feature_spec.h"
#include "nn/graph.h"
#include "nn/networks.h"
#include "train/settings.h"

namespace kws::train {

struct Recipe {
  std::string name;                 // of the model: "ds-cnn-s"
  std::vector<std::string> labels;  // one per posterior, in order
  std::uint64_t seed = 1;
  features::FeatureSpec features;  // [features]
  nn::NetworkSpec network;         // [network]
  data::DataSettings data;         // [data]
  TrainSettings train;             // [train]
  decide::Settings decide;         // [decide]
  std::string text;                // the whole recipe again as TOML, overrides applied
};

/// Reads the whole document, strictly: an unknown key, a value out of range, a label named twice or
/// tables that cannot go together throw ConfigError with file and line.
[[nodiscard]] Recipe read_recipe(const config::Table& document);

/// Loads, applies `--set key=value` overrides, reads.
[[nodiscard]] Recipe load_recipe(const std::filesystem::path& path,
                                 std::span<const std::string> overrides = {});

/// The network the recipe describes, without weights. Throws ModelError naming the layer when the
/// features are too small for it.
[[nodiscard]] nn::Graph build_graph(const Recipe& recipe);

}  // namespace kws::train
