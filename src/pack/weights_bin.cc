// SPDX-License-Identifier: MIT
//
// weights.bin: every parameter in nn::parameters order, each float32 little-endian, end to end.
#include <bit>
#include <cstring>

#include "base/error.h"
#include "base/sha.h"
#include "pack/contents.h"

namespace kws::pack {
namespace {

static_assert(std::endian::native == std::endian::little,
              "weights.bin is little-endian: this machine needs the bytes swapped here");

}  // namespace

std::uint64_t stored_bytes(const nn::ParameterSpec& spec) {
  return std::uint64_t{spec.elements()} * sizeof(float);
}

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
    std::vector<float> values(spec.elements());
    const auto size = values.size() * sizeof(float);
    std::memcpy(values.data(), bytes.subspan(offset, size).data(), size);
    offset += size;
    weights.emplace(spec.name, std::move(values));
  }
  return weights;
}

std::vector<std::byte> write_weights(const nn::Model& model) {
  std::vector<std::byte> bytes;
  for (const auto& spec : nn::parameters(model.graph)) {
    const auto values = std::as_bytes(std::span(model.weights.find(spec.name)->second));
    bytes.insert(bytes.end(), values.begin(), values.end());
  }
  return bytes;
}

}  // namespace kws::pack
