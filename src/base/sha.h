// SPDX-License-Identifier: MIT
//
// Checksums by OpenSSL: SHA-256 guards the weights in a model file, SHA-1 is the official rule by
// which Speech Commands assigns speakers to splits.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace kws {

/// 64 lower-case hex digits.
[[nodiscard]] std::string sha256_hex(std::span<const std::byte> bytes);

/// 40 lower-case hex digits.
[[nodiscard]] std::string sha1_hex(std::string_view text);

}  // namespace kws
