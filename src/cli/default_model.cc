// SPDX-License-Identifier: MIT
#include "cli/default_model.h"

#include <cstdlib>
#include <system_error>

#include "base/error.h"

namespace kws::cli {
namespace {

constexpr int kLevels = 4;  // bin, preset, build, sources

}  // namespace

std::optional<std::filesystem::path> find_shipped(const std::filesystem::path& relative) {
  std::error_code error;
  auto folder = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
  for (int level = 0; level < kLevels && !folder.empty(); ++level) {
    for (const auto& candidate : {folder / relative, folder / "share/kws" / relative}) {
      if (std::filesystem::is_regular_file(candidate, error)) return candidate;
    }
    if (folder == folder.parent_path()) break;
    folder = folder.parent_path();
  }
  if (std::filesystem::is_regular_file(relative, error)) return relative;
  return std::nullopt;
}

std::filesystem::path find_model(const std::string& asked) {
  if (!asked.empty()) return asked;
  if (const char* chosen = std::getenv("KWS_MODEL"); chosen != nullptr && *chosen != '\0') {
    return chosen;
  }
  if (auto shipped = find_shipped(kDefaultModel)) return *shipped;
  throw UsageError(std::string("no model: ") + kDefaultModel +
                   " is neither near the program nor in the current folder; name one with --model "
                   "or $KWS_MODEL");
}

}  // namespace kws::cli
