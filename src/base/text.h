// SPDX-License-Identifier: MIT
//
// The few things error messages and reports do with words.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kws {

/// The candidate with the smallest edit distance (Levenshtein) to `word`, or "" when none is
/// nearer than half of its length: a guess further off helps nobody.
[[nodiscard]] std::string nearest_word(std::string_view word,
                                       std::span<const std::string> candidates);

/// "a, b and c".
[[nodiscard]] std::string join_words(std::span<const std::string> words);

/// Parts between `separator`; "" gives none.
[[nodiscard]] std::vector<std::string> split(std::string_view text, char separator);

/// The same bytes with control characters and invalid UTF-8 shown as "?": names from untrusted
/// files may end up on a terminal. At most `max_bytes`.
[[nodiscard]] std::string printable(std::string_view text, std::size_t max_bytes = 200);

}  // namespace kws
