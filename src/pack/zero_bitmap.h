// SPDX-License-Identifier: MIT
//
// How the weights of a pruned layer are stored: a bit for every value, then the values that are not
// zero. Deflate alone spends two to three bits on a zero that others do not surround. Internal to
// src/pack; docs/model-format.md describes the bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace kws::pack {

/// At least so many of `count` values must be zeros; with fewer the values are stored as they are.
[[nodiscard]] constexpr std::uint64_t least_zeros(std::uint64_t count) { return (count + 1) / 2; }

/// Bytes of the bitmap alone.
[[nodiscard]] constexpr std::uint64_t bitmap_bytes(std::uint64_t count) { return (count + 7) / 8; }

/// Values of `size` bytes each, zero when all of them are (so -0.0 is none). Nothing when there are
/// too few zeros, or no values.
[[nodiscard]] std::optional<std::vector<std::byte>> to_bitmap(std::span<const std::byte> values,
                                                              std::size_t size);

/// The `count` values again. Throws ModelError naming `what` when these are not the bytes that
/// to_bitmap() makes of any values.
[[nodiscard]] std::vector<std::byte> from_bitmap(std::span<const std::byte> stored,
                                                 std::uint64_t count, std::size_t size,
                                                 const std::string& what);

}  // namespace kws::pack
