// SPDX-License-Identifier: MIT
//
// What `kws inspect` shows, of a model file or of a recipe, as text for people and as JSON.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>

#include "nn/costs.h"
#include "pack/model_pack.h"

namespace kws::cli {

struct Inspection {
  std::string source;            // path
  bool is_recipe = false;        // then there are no weights, data counts or accuracies
  std::uint64_t file_bytes = 0;  // of the model file
  pack::ModelPack model;
  nn::GraphCost cost;
};

/// A `.toml` is read as a recipe, with `overrides` (`--set`) applied, anything else as a model.
/// Throws UsageError for overrides on a model, and what pack::load and train::load_recipe throw.
[[nodiscard]] Inspection inspect(const std::filesystem::path& path,
                                 std::span<const std::string> overrides);

/// At most 80 columns wide. A layer's row includes the normalisation, activation and dropout that
/// directly follow it, unless `every_node` is asked for.
[[nodiscard]] std::string to_text(const Inspection& inspection, bool every_node);

[[nodiscard]] nlohmann::ordered_json to_json(const Inspection& inspection);

}  // namespace kws::cli
