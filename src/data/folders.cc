// SPDX-License-Identifier: MIT
#include "data/folders.h"

#include <algorithm>
#include <string>
#include <system_error>

#include "base/error.h"
#include "base/text.h"

namespace kws::data {
namespace {

namespace fs = std::filesystem;

bool is_recording(const fs::path& path) {
  auto ending = path.extension().string();
  for (char& c : ending) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return ending == ".wav" || ending == ".flac" || ending == ".ogg";
}

std::vector<fs::path> sorted_entries(const fs::path& folder, bool folders) {
  std::error_code error;
  fs::directory_iterator iterator(folder, error);
  if (error) {
    throw DataError(printable(folder.string()) + ": cannot be listed (" + error.message() + ")");
  }
  std::vector<fs::path> entries;
  while (iterator != fs::directory_iterator()) {
    std::error_code unknown_kind;
    const auto& entry = *iterator;
    if (folders ? entry.is_directory(unknown_kind) : entry.is_regular_file(unknown_kind)) {
      entries.push_back(entry.path());
    }
    iterator.increment(error);
    if (error) {
      throw DataError(printable(folder.string()) + ": cannot be listed (" + error.message() + ")");
    }
  }
  std::sort(entries.begin(), entries.end());
  return entries;
}

}  // namespace

std::vector<fs::path> recordings_in(const fs::path& folder) {
  auto files = sorted_entries(folder, false);
  std::erase_if(files, [](const fs::path& file) { return !is_recording(file); });
  return files;
}

std::vector<fs::path> folders_in(const fs::path& folder) { return sorted_entries(folder, true); }

}  // namespace kws::data
