// SPDX-License-Identifier: MIT
//
// weights.bin: every parameter in nn::parameters order, end to end: f32 little-endian, s8 one byte
// each, or without their zeros (zero_bitmap.h), and zeros up to a multiple of 4 bytes. The weights
// of an int8 layer are stored as their integers q; their scales follow as a parameter of their own.
#include <algorithm>
#include <bit>
#include <cstring>

#include "base/error.h"
#include "base/sha.h"
#include "base/text.h"
#include "nn/quantisation.h"
#include "pack/contents.h"
#include "pack/zero_bitmap.h"

namespace kws::pack {
namespace {

static_assert(std::endian::native == std::endian::little,
              "weights.bin is little-endian: this machine needs the bytes swapped here");

bool is_int8(const nn::ParameterSpec& spec) { return spec.type == nn::ElementType::kInt8; }

std::size_t size_of(const nn::ParameterSpec& spec) {
  return static_cast<std::size_t>(nn::bytes_of(spec.type));
}

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

std::uint64_t plain_bytes(const nn::ParameterSpec& spec) {
  return std::uint64_t{spec.elements()} * static_cast<std::uint64_t>(nn::bytes_of(spec.type));
}

std::vector<Storage> plain_storage(const nn::Graph& graph) {
  std::vector<Storage> storage;
  for (const auto& spec : nn::parameters(graph)) storage.push_back({.bytes = plain_bytes(spec)});
  return storage;
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
  const auto specs = nn::parameters(manifest.pack.model.graph);
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const auto& spec = specs[i];
    const Storage& storage = manifest.storage[i];
    auto values = bytes.subspan(offset, storage.bytes);
    const auto room = bytes.subspan(offset, storage.room());
    for (const auto byte : room.subspan(values.size())) {
      // One model, one file: nothing may hide in between.
      if (byte != std::byte{0}) {
        throw ModelError(std::string(kWeightsName) + ": what follows '" + printable(spec.name) +
                         "' must be zeros up to a multiple of 4 bytes");
      }
    }
    offset += room.size();
    std::vector<std::byte> plain;
    if (storage.zero_bitmap) {
      plain = from_bitmap(values, spec.elements(), size_of(spec), spec.name);
      values = plain;
    }
    weights.emplace(spec.name, is_int8(spec) ? read_integers(values) : read_floats(values));
  }
  apply_scales(manifest.pack.model.graph, weights);
  return weights;
}

StoredWeights write_weights(const nn::Model& model) {
  StoredWeights stored;
  for (const auto& node : model.graph.nodes) {
    for (const auto& spec : nn::parameters(model.graph, node)) {
      std::vector<std::byte> values;
      if (is_int8(spec)) {
        const auto layer = nn::integer_layer(model, node);
        append(values, std::as_bytes(std::span(layer.weight)));
      } else {
        append(values, std::as_bytes(std::span(model.weights.find(spec.name)->second)));
      }
      auto without_zeros = to_bitmap(values, size_of(spec));
      if (without_zeros) values.swap(*without_zeros);
      append(stored.bytes, values);
      stored.storage.push_back({.bytes = values.size(), .zero_bitmap = without_zeros.has_value()});
      stored.bytes.resize((stored.bytes.size() + 3U) / 4U * 4U);
    }
  }
  return stored;
}

}  // namespace kws::pack
