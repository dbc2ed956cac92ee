// SPDX-License-Identifier: MIT
//
// weights.bin: every parameter in nn::parameters order, end to end: f32 little-endian, s8 one byte
// each and zeros up to a multiple of 4 bytes. The weights of an int8 layer are stored as their
// integers q; their scales follow as a parameter of their own.
#include <algorithm>
#include <bit>
#include <cstring>

#include "base/error.h"
#include "base/sha.h"
#include "base/text.h"
#include "nn/quantisation.h"
#include "pack/contents.h"

namespace kws::pack {
namespace {

static_assert(std::endian::native == std::endian::little,
              "weights.bin is little-endian: this machine needs the bytes swapped here");

bool is_int8(const nn::ParameterSpec& spec) { return spec.type == nn::ElementType::kInt8; }

std::vector<float> read_floats(std::span<const std::byte> bytes) {
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

std::vector<float> read_integers(std::span<const std::byte> bytes) {
  std::vector<float> values;
  values.reserve(bytes.size());
  for (const auto byte : bytes)
    values.push_back(static_cast<float>(std::bit_cast<std::int8_t>(byte)));
  return values;
}

/// Integers become the reals they stand for: q times the scale of its output channel, the last
/// axis.
void apply_scales(const nn::Graph& graph, nn::Weights& weights) {
  for (const auto& node : graph.nodes) {
    if (!nn::has_int8_weights(graph, node)) continue;
    const auto& scale = weights.find(node.name + ".weight_scale")->second;
    auto& weight = weights.find(node.name + ".weight")->second;
    for (std::size_t i = 0; i < weight.size(); ++i) weight[i] *= scale[i % scale.size()];
  }
}

void append(std::vector<std::byte>& to, std::span<const std::byte> bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}

}  // namespace

std::uint64_t stored_bytes(const nn::ParameterSpec& spec) {
  return std::uint64_t{spec.elements()} * static_cast<std::uint64_t>(nn::bytes_of(spec.type));
}

std::uint64_t stored_room(const nn::ParameterSpec& spec) {
  return (stored_bytes(spec) + 3U) / 4U * 4U;
}

std::string_view stored_type(const nn::ParameterSpec& spec) { return is_int8(spec) ? "s8" : "f32"; }

nn::Weights read_weights(const Manifest& manifest, std::span<const std::byte> bytes) {
  if (bytes.size() != manifest.weights_bytes) {
    throw ModelError(std::string(kWeightsName) + ": " + std::to_string(bytes.size()) +
                     " bytes where the manifest says " + std::to_string(manifest.weights_bytes));
  }
  if (sha256_hex(bytes) != manifest.weights_sha256) {
    throw ModelError(std::string(kWeightsName) +
                     ": its SHA-256 is not the manifest's; the file is damaged");
  }
  nn::Weights weights;
  std::size_t offset = 0;  // read_manifest() made sure that all fit, end to end
  for (const auto& spec : nn::parameters(manifest.pack.model.graph)) {
    const auto values = bytes.subspan(offset, stored_bytes(spec));
    const auto room = bytes.subspan(offset, stored_room(spec));
    for (const auto byte : room.subspan(values.size())) {
      // One model, one file: nothing may hide in between.
      if (byte != std::byte{0}) {
        throw ModelError(std::string(kWeightsName) + ": what follows '" + printable(spec.name) +
                         "' must be zeros up to a multiple of 4 bytes");
      }
    }
    offset += room.size();
    weights.emplace(spec.name, is_int8(spec) ? read_integers(values) : read_floats(values));
  }
  apply_scales(manifest.pack.model.graph, weights);
  return weights;
}

std::vector<std::byte> write_weights(const nn::Model& model) {
  std::vector<std::byte> bytes;
  for (const auto& node : model.graph.nodes) {
    for (const auto& spec : nn::parameters(model.graph, node)) {
      if (is_int8(spec)) {
        const auto layer = nn::integer_layer(model, node);
        append(bytes, std::as_bytes(std::span(layer.weight)));
      } else {
        append(bytes, std::as_bytes(std::span(model.weights.find(spec.name)->second)));
      }
      bytes.resize((bytes.size() + 3U) / 4U * 4U);
    }
  }
  return bytes;
}

}  // namespace kws::pack
