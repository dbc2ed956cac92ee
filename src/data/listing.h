// SPDX-License-Identifier: MIT
//
// Which files of a data folder a dataset is made of, before any of them is opened.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "data/dataset.h"

namespace kws::data {

/// A clip whose samples are still to be read.
struct ClipFile {
  std::filesystem::path path;
  std::uint32_t label = 0;
  std::uint32_t folder = 0;
  Split split = Split::kTraining;
};

struct NegativeFile {
  std::filesystem::path path;
  bool says_keyword = false;  // by its transcript
};

struct Listing {
  std::vector<std::string> folders;  // those that clips are taken from
  std::vector<ClipFile> clips;       // by folder, then by file name
  std::vector<std::filesystem::path> noise;
  std::vector<std::vector<NegativeFile>> negatives;  // by negative folder
  std::vector<std::vector<ClipFile>> words;          // by word folder, then by word and file name
  std::vector<std::string> warnings;
};

/// Applies labels, splits, filters and the rules for negatives. Throws as Dataset does for what can
/// be seen without opening a recording.
[[nodiscard]] Listing list_files(const std::filesystem::path& folder,
                                 const DatasetOptions& options);

}  // namespace kws::data
