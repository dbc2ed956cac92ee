// SPDX-License-Identifier: MIT
#include "data/decoder.h"

namespace kws::data {
namespace {

constexpr std::size_t kNamedFailures = 20;

}  // namespace

void Decoder::report(std::vector<std::string>& warnings) const {
  std::size_t named = 0;
  for (const auto& [file, reason] : failures_) {
    if (named++ == kNamedFailures) break;
    warnings.push_back("skipped: " + reason);
  }
  if (failures_.size() > kNamedFailures) {
    warnings.push_back(std::to_string(failures_.size() - kNamedFailures) +
                       " more files cannot be read and were skipped");
  }
  if (files_with_nan_ > 0) {
    warnings.push_back(std::to_string(files_with_nan_) +
                       " files hold samples that are no numbers; these count as 0");
  }
}

}  // namespace kws::data
