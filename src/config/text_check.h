// SPDX-License-Identifier: MIT
//
// What is refused before toml++ sees a text, because toml++ 3.3 would not survive it or tells the
// compiler that it cannot happen. Internal to src/config.
#pragma once

#include <string>
#include <string_view>

namespace kws::config {

/// Throws ConfigError naming source and line for
/// - brackets or dotted keys nested deeper than kMaxDepth (toml++ recurses for each),
/// - a [header] whose name begins as no key can (an assertion in toml++),
/// - what is not ASCII outside of strings and comments, or where a backslash in a string may be the
///   end of its line (undefined behaviour in its search for white space beyond ASCII),
/// - a quote right behind a bare word, a number or another text (toml++ reads on into the text).
/// But for the backslash, nothing of this is TOML anyway.
void check_text(std::string_view text, const std::string& source_name);

}  // namespace kws::config
