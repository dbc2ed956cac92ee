// SPDX-License-Identifier: MIT
//
// What is said in recordings of read speech, so that a keyword truly spoken is neither used as a
// negative nor counted as a false accept.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace kws::data {

/// Words of each recording by the stem of its file, in lower case, punctuation removed (apostrophes
/// stay: "it's" is not "it").
using Transcripts = std::map<std::string, std::vector<std::string>, std::less<>>;

/// Lines of "<stem> TEXT". Throws DataError when the file cannot be read or has no such line.
[[nodiscard]] Transcripts read_transcripts(const std::filesystem::path& path);

/// Whole-word occurrences of `word` (lower case).
[[nodiscard]] std::size_t count_word(const std::vector<std::string>& words, std::string_view word);

}  // namespace kws::data
