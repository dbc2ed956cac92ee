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

/// How one parameter lies in weights.bin.
struct Storage {
  std::uint64_t bytes = 0;
  bool zero_bitmap = false;  // zero_bitmap.h

  /// With the zeros behind it: the next begins at a multiple of 4 bytes.
  [[nodiscard]] std::uint64_t room() const { return (bytes + 3U) / 4U * 4U; }
};

/// What a manifest says: everything but the weights, and how those are stored.
struct Manifest {
  ModelPack pack;  // pack.model.weights is still empty
  std::string weights_sha256;
  std::uint64_t weights_bytes = 0;
  std::vector<Storage> storage;  // in nn::parameters order
};

struct StoredWeights {
  std::vector<std::byte> bytes;
  std::vector<Storage> storage;
};

/// Throws ConfigError with line and key, or ModelError.
[[nodiscard]] Manifest read_manifest(std::string_view text);

/// `weights` are what the manifest speaks of.
[[nodiscard]] std::string write_manifest(const ModelPack& pack, const StoredWeights& weights);

/// Checks size and checksum, then takes the values apart into nn::parameters order. Throws
/// ModelError.
[[nodiscard]] nn::Weights read_weights(const Manifest& manifest, std::span<const std::byte> bytes);

/// Parameters of which half the values or more are zeros get a bitmap.
[[nodiscard]] StoredWeights write_weights(const nn::Model& model);

/// As if no parameter had zeros.
[[nodiscard]] std::vector<Storage> plain_storage(const nn::Graph& graph);

/// What the values of one parameter occupy as they are. 64 bits: hostile shapes.
[[nodiscard]] std::uint64_t plain_bytes(const nn::ParameterSpec& spec);

/// "f32" or "s8".
[[nodiscard]] std::string_view stored_type(const nn::ParameterSpec& spec);

/// check_description() and the weights: present, finite, also after folding.
void check(const ModelPack& pack);

}  // namespace kws::pack
