// SPDX-License-Identifier: MIT
//
// What stands inside the ZIP of a `.kws` file: the manifest's text and the weights' bytes. This is
// the stage behind the archive; fuzzing reaches it directly. Internal to src/pack.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pack/model_pack.h"

namespace kws::pack {

inline constexpr std::int64_t kFormat = 1;
inline constexpr std::string_view kManifestName = "manifest.toml";
inline constexpr std::string_view kWeightsName = "weights.bin";

/// What a manifest says: everything but the weights, and how those are stored.
struct Manifest {
  ModelPack pack;  // pack.model.weights is still empty
  std::string weights_sha256;
  std::uint64_t weights_bytes = 0;
};

/// Throws ConfigError with line and key, or ModelError.
[[nodiscard]] Manifest read_manifest(std::string_view text);

/// `weights` are the bytes the manifest speaks of.
[[nodiscard]] std::string write_manifest(const ModelPack& pack, std::span<const std::byte> weights);

/// Checks size and checksum, then takes the values apart into nn::parameters order. Throws
/// ModelError.
[[nodiscard]] nn::Weights read_weights(const Manifest& manifest, std::span<const std::byte> bytes);

[[nodiscard]] std::vector<std::byte> write_weights(const nn::Model& model);

/// What one parameter occupies, and the room it takes: the next begins at a multiple of 4 bytes. 64
/// bits: hostile shapes.
[[nodiscard]] std::uint64_t stored_bytes(const nn::ParameterSpec& spec);
[[nodiscard]] std::uint64_t stored_room(const nn::ParameterSpec& spec);

/// "f32" or "s8".
[[nodiscard]] std::string_view stored_type(const nn::ParameterSpec& spec);

/// check_description() and the weights: present, finite, also after folding.
void check(const ModelPack& pack);

}  // namespace kws::pack
