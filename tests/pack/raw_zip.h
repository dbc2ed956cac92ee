// SPDX-License-Identifier: MIT
//
// ZIP archives byte by byte, so that they can lie: wrong sizes, duplicates, any name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace kws::testing {

struct RawEntry {
  std::string name;
  std::vector<std::byte> packed;  // as it lies in the file
  std::uint16_t method = 0;       // 0 stored, 8 deflated
  std::uint16_t flags = 0;
  std::uint32_t crc = 0;
  std::uint32_t declared_bytes = 0;  // unpacked
};

/// An honest entry: deflated, true size and checksum.
[[nodiscard]] RawEntry deflated(std::string name, std::span<const std::byte> bytes);

/// An honest entry of `count` zeros, made without ever holding them.
[[nodiscard]] RawEntry deflated_zeros(std::string name, std::uint64_t count);

/// Local headers, data, central directory, end record.
[[nodiscard]] std::vector<std::byte> raw_zip(std::span<const RawEntry> entries);

}  // namespace kws::testing
