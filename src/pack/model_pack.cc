// SPDX-License-Identifier: MIT
//
// Reading goes from the outside in, and each step is bounded by what the one before it proved:
// archive, manifest, graph, declared sizes, bytes, checksum, values.
#include "pack/model_pack.h"

#include <array>
#include <string_view>
#include <utility>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/text.h"
#include "pack/contents.h"
#include "pack/zip_archive.h"

namespace kws::pack {
namespace {

std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

ModelPack unpack(std::span<const std::byte> bytes) {
  if (bytes.empty()) throw ModelError("the file is empty");
  if (bytes.size() > kMaxFileBytes) {
    throw ModelError("larger than the " + std::to_string(kMaxFileBytes) + " bytes allowed");
  }
  static constexpr std::array kNames{kManifestName, kWeightsName};
  const ZipArchive archive(bytes, kNames);
  auto manifest = read_manifest(as_text(archive.read(kManifestName, kMaxManifestBytes)));
  check_description(manifest.pack);
  if (archive.declared_bytes(kWeightsName) != manifest.weights_bytes) {
    throw ModelError(std::string(kWeightsName) + ": declares " +
                     std::to_string(archive.declared_bytes(kWeightsName)) +
                     " bytes where the manifest says " + std::to_string(manifest.weights_bytes));
  }
  const auto weights = archive.read(kWeightsName, kMaxWeightBytes);
  manifest.pack.model.weights = read_weights(manifest, weights);
  check(manifest.pack);
  return std::move(manifest.pack);
}

}  // namespace

ModelPack read(std::span<const std::byte> bytes, const std::string& source) {
  try {
    return unpack(bytes);
  } catch (const Error& error) {
    // One ModelError, not a ConfigError nested in it: a damaged model is no wrong command line.
    throw ModelError(source + ": not a usable model: " + describe(error));
  }
}

ModelPack load(const std::filesystem::path& path) {
  std::vector<std::byte> bytes;
  try {
    bytes = read_file(path, kMaxFileBytes);
  } catch (const DataError& error) {
    throw ModelError(error.what());
  }
  return read(bytes, path.string());
}

std::vector<std::byte> write(const ModelPack& pack) {
  try {
    check(pack);
    const auto weights = write_weights(pack.model);
    const auto manifest = write_manifest(pack, weights);
    const std::array entries{
        ZipEntry{std::string(kManifestName), std::as_bytes(std::span(manifest))},
        ZipEntry{std::string(kWeightsName), weights.bytes},
    };
    auto bytes = write_zip(entries);
    (void)unpack(bytes);  // never hand out what would not be taken back
    return bytes;
  } catch (const Error& error) {
    throw ModelError("model '" + printable(pack.name) + "' cannot be written: " + describe(error));
  }
}

void save(const ModelPack& pack, const std::filesystem::path& path) {
  write_file_atomically(path, write(pack));
}

}  // namespace kws::pack
