// SPDX-License-Identifier: MIT
//
// A ZIP in memory through libzip: read as if it were hostile, written with the same bytes for the
// same entries. Internal to src/pack.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kws::pack {

struct ZipEntry {
  std::string name;
  std::span<const std::byte> bytes;  // borrowed
};

/// Deflated at level 9, or stored where that saves less than a tenth; dated 1980-01-01, without
/// host attributes, in the order given. Throws ModelError should libzip fail.
[[nodiscard]] std::vector<std::byte> write_zip(std::span<const ZipEntry> entries);

class ZipArchive {
 public:
  /// Opens with all of libzip's consistency checks, and requires exactly these entries, each once,
  /// in any order. Throws ModelError. `bytes` must outlive the archive.
  ZipArchive(std::span<const std::byte> bytes, std::span<const std::string_view> names);

  /// What the archive says the entry holds, unpacked. Throws ModelError when that is unknown.
  [[nodiscard]] std::uint64_t declared_bytes(std::string_view name) const;

  /// Unpacks an entry to its end. Throws ModelError when it declares or holds more than
  /// `max_bytes`, holds less or more than it declares, swells as no model does, or fails its CRC.
  [[nodiscard]] std::vector<std::byte> read(std::string_view name, std::size_t max_bytes) const;

 private:
  struct Close {
    void operator()(void* archive) const;
  };
  [[nodiscard]] std::uint64_t index_of(std::string_view name) const;

  std::vector<std::string> names_;       // by index
  std::unique_ptr<void, Close> handle_;  // zip_t
};

}  // namespace kws::pack
