// SPDX-License-Identifier: MIT
#include "data/splits.h"

#include <algorithm>
#include <cstdint>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/sha.h"
#include "base/text.h"

namespace kws::data {
namespace {

constexpr std::size_t kMaxListBytes = std::size_t{256} << 20;
constexpr std::uint64_t kClipsPerClass = (std::uint64_t{1} << 27) - 1;  // MAX_NUM_WAVS_PER_CLASS

/// "yes/abc_nohash_0" of "yes/abc_nohash_0.wav"; files here may have another ending.
std::string without_ending(std::string_view line) {
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
  if (line.starts_with("./")) line.remove_prefix(2);
  const auto slash = line.rfind('/');
  const auto dot = line.rfind('.');
  if (dot != std::string_view::npos && (slash == std::string_view::npos || dot > slash)) {
    line = line.substr(0, dot);
  }
  return std::string(line);
}

}  // namespace

std::string_view to_string(Split split) {
  switch (split) {
    case Split::kTraining:
      return "training";
    case Split::kValidation:
      return "validation";
    case Split::kTesting:
      return "testing";
  }
  return "";
}

Split split_by_hash(std::string_view stem) {
  const auto end = stem.find("_nohash_");
  const std::string name =
      end == std::string_view::npos ? std::string(stem) + ".wav" : std::string(stem.substr(0, end));
  // The rule takes the whole 160-bit number modulo 2^27: its last seven hex digits hold 28 bits.
  const auto digits = sha1_hex(name).substr(33);
  const std::uint64_t remainder = std::stoull(digits, nullptr, 16) % (kClipsPerClass + 1);
  const double percentage =
      static_cast<double>(remainder) * (100.0 / static_cast<double>(kClipsPerClass));
  if (percentage < 10.0) return Split::kValidation;
  if (percentage < 20.0) return Split::kTesting;
  return Split::kTraining;
}

SplitRule::SplitRule(const std::filesystem::path& folder) {
  for (const auto& [name, split] : {std::pair("validation_list.txt", Split::kValidation),
                                    std::pair("testing_list.txt", Split::kTesting)}) {
    const auto path = folder / name;
    if (!std::filesystem::exists(path)) continue;
    List list{path, split, {}};
    for (const auto& line : kws::split(read_text_file(path, kMaxListBytes), '\n')) {
      auto entry = without_ending(line);
      if (!entry.empty()) list.names.insert(std::move(entry));
    }
    lists_.push_back(std::move(list));
  }
}

Split SplitRule::split_of(std::string_view word, std::string_view stem) const {
  if (lists_.empty()) return split_by_hash(stem);
  const std::string name = std::string(word) + "/" + std::string(stem);
  for (const auto& list : lists_) {
    if (list.names.contains(name)) return list.split;
  }
  return Split::kTraining;
}

std::vector<std::string> SplitRule::check(const std::vector<std::string>& present) const {
  std::vector<std::string> warnings;
  for (const auto& list : lists_) {
    std::size_t absent = 0;
    const std::string* first = nullptr;
    for (const auto& name : list.names) {
      if (std::binary_search(present.begin(), present.end(), name)) continue;
      if (absent++ == 0) first = &name;
    }
    if (absent == 0) continue;
    const std::string text = printable(list.path.string()) + " names " + std::to_string(absent) +
                             " of " + std::to_string(list.names.size()) +
                             " clips that are not there, the first is " + printable(*first);
    if (absent == list.names.size()) {
      throw DataError(text + "; remove the list to split by the official rule");
    }
    warnings.push_back(text);
  }
  return warnings;
}

}  // namespace kws::data
