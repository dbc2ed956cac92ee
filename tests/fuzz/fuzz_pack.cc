// SPDX-License-Identifier: MIT
//
// Fuzzes pack::read() over whole files. Half of the mutations damage the bytes of the ZIP; the
// other half unpack it, damage an entry and pack it again, so that the fuzzer also gets behind
// deflate and CRC.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "base/error.h"
#include "pack/contents.h"
#include "pack/zip_archive.h"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace {

using kws::pack::kManifestName;
using kws::pack::kWeightsName;

constexpr std::array kNames{kManifestName, kWeightsName};

void mutate(std::vector<std::byte>& bytes, std::size_t room) {
  const auto size = bytes.size();
  bytes.resize(size + room);
  bytes.resize(LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(bytes.data()), size, bytes.size()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  try {
    const auto pack = kws::pack::read(bytes, "fuzz.kws");
    // What was taken can be written, and comes back the same.
    const auto again = kws::pack::write(pack);
    if (kws::pack::write(kws::pack::read(again, "again.kws")) != again) std::abort();
  } catch (const kws::ModelError&) {
  }
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned int seed) {
  if (seed % 2 == 0) return LLVMFuzzerMutate(data, size, max_size);
  try {
    const kws::pack::ZipArchive archive(std::as_bytes(std::span(data, size)), kNames);
    auto manifest = archive.read(kManifestName, kws::pack::kMaxManifestBytes);
    auto weights = archive.read(kWeightsName, std::size_t{1} << 20);
    mutate(seed % 8 == 1 ? weights : manifest, 256);
    const std::array entries{kws::pack::ZipEntry{std::string(kManifestName), manifest},
                             kws::pack::ZipEntry{std::string(kWeightsName), weights}};
    const auto changed = kws::pack::write_zip(entries);
    if (changed.size() <= max_size) {
      std::copy_n(reinterpret_cast<const std::uint8_t*>(changed.data()), changed.size(), data);
      return changed.size();
    }
  } catch (const kws::ModelError&) {
  }
  return LLVMFuzzerMutate(data, size, max_size);
}
