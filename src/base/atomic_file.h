// SPDX-License-Identifier: MIT
//
// Files that are there whole or not at all: models, checkpoints, reports.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kws {

/// Writes beside `path`, flushes to the disk, renames. On any failure (a full disk, no such folder)
/// throws DataError naming the path, and what was at `path` before is untouched. A symbolic link
/// stays and what it leads to is replaced; what is no regular file is refused.
void write_file_atomically(const std::filesystem::path& path, std::span<const std::byte> bytes);
void write_file_atomically(const std::filesystem::path& path, std::string_view text);

/// Throws as write_file_atomically would when a file cannot be made there; leaves nothing behind.
/// For what is written after hours of work.
void check_writable(const std::filesystem::path& path);

/// The whole file. Throws DataError when it cannot be read or is larger than `max_bytes`.
[[nodiscard]] std::vector<std::byte> read_file(const std::filesystem::path& path,
                                               std::size_t max_bytes);
[[nodiscard]] std::string read_text_file(const std::filesystem::path& path, std::size_t max_bytes);

}  // namespace kws
