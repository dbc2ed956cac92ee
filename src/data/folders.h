// SPDX-License-Identifier: MIT
//
// What lies in a data folder, in an order that does not depend on the file system.
#pragma once

#include <filesystem>
#include <vector>

namespace kws::data {

/// Sound files directly in `folder` (.wav, .flac, .ogg, in any case), sorted by path. Throws
/// DataError when the folder cannot be listed.
[[nodiscard]] std::vector<std::filesystem::path> recordings_in(const std::filesystem::path& folder);

/// Folders directly in `folder`, sorted by path. Throws likewise.
[[nodiscard]] std::vector<std::filesystem::path> folders_in(const std::filesystem::path& folder);

}  // namespace kws::data
