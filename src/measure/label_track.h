// SPDX-License-Identifier: MIT
//
// What is said when in a recording: CSV lines `start_s,end_s,word`, a header line allowed. Written
// by `kws mix`, read by `kws eval --stream`.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kws::measure {

struct SpokenWord {
  double start_s = 0.0;
  double end_s = 0.0;
  std::string word;
  bool operator==(const SpokenWord&) const = default;
};

/// Sorted by start. Throws DataError naming `source` and the line: not three fields, a time that is
/// no number, negative or ends before it starts, no word.
[[nodiscard]] std::vector<SpokenWord> parse_labels(std::string_view text,
                                                   const std::string& source);
[[nodiscard]] std::vector<SpokenWord> read_labels(const std::filesystem::path& path);

/// With a header; times with four decimals.
[[nodiscard]] std::string format_labels(std::span<const SpokenWord> words);

}  // namespace kws::measure
