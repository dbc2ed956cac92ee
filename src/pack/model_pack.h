// SPDX-License-Identifier: MIT
//
// A `.kws` model file: one ZIP with manifest.toml and weights.bin (docs/model-format.md). Reading
// treats it as hostile until proved otherwise; writing gives the same bytes for the same model.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "decide/detector.h"
#include "features/feature_spec.h"
#include "nn/weights.h"

namespace kws::pack {

/// Where the model came from, as far as it is the same for everyone who trains it again. Time, host
/// and revision belong to the card beside the file.
struct Provenance {
  std::string recipe;  // the whole recipe, as read, overrides applied
  std::uint64_t seed = 0;
  std::map<std::string, std::int64_t> data_counts;  // "training clips", "training speakers", …
  std::map<std::string, double> accuracy;           // "validation", "validation_low", …
  bool operator==(const Provenance&) const = default;
};

struct ModelPack {
  std::string name;                 // "ds-cnn-s"
  std::vector<std::string> labels;  // one per posterior, in order
  features::FeatureSpec features;
  nn::Model model;
  decide::Settings decide;
  Provenance provenance;
};

/// Limits that a reader holds every file to.
inline constexpr std::size_t kMaxFileBytes = std::size_t{64} << 20;
inline constexpr std::size_t kMaxManifestBytes = std::size_t{64} << 10;
inline constexpr std::size_t kMaxWeightBytes = std::size_t{64} << 20;
inline constexpr std::size_t kMaxLabels = 64;
inline constexpr std::size_t kMaxWordBytes = 64;  // of the names of models, labels and layers

/// Throws ModelError naming `source` and what is wrong: not a ZIP, a missing, extra, oversized or
/// damaged entry, a manifest that does not parse, an unknown key, shapes or sizes that disagree, a
/// wrong checksum, a weight that is not finite.
[[nodiscard]] ModelPack read(std::span<const std::byte> bytes, const std::string& source);
[[nodiscard]] ModelPack load(const std::filesystem::path& path);

/// Everything but the weights: name, labels, features, graph, decision and provenance must be
/// possible and agree. A trainer asks before it starts, not after hours. Throws ModelError or
/// ConfigError.
void check_description(const ModelPack& pack);

/// Deterministic. Throws ModelError when the pack itself is inconsistent.
[[nodiscard]] std::vector<std::byte> write(const ModelPack& pack);
/// Whole or not at all (base/atomic_file.h).
void save(const ModelPack& pack, const std::filesystem::path& path);

}  // namespace kws::pack
