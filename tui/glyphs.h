// SPDX-License-Identifier: MIT
//
// From untrusted bytes to characters that are safe to show: every text that reaches the screen
// passes through here, so a model name can neither move the cursor nor shift a column.
#pragma once

#include <string_view>

namespace kws::tui {

enum class Charset { kAscii, kUtf8 };

/// Takes the first character off `text` (which must not be empty). Control characters and bytes
/// that are no UTF-8 come out as U+FFFD.
[[nodiscard]] char32_t take_character(std::string_view& text);

/// Cells that a terminal gives this character: 0 (combining marks, directional and other format
/// controls: they are left out), 1, or 2 (East Asian wide). After Unicode 15, EastAsianWidth.txt
/// and categories Mn, Me, Cf, in ranges coarse enough for names.
[[nodiscard]] int cells_of(char32_t character);

/// Cells of a whole text, after take_character().
[[nodiscard]] int cells_of(std::string_view text);

/// What stands in for a character where only ASCII can be shown: '-' for a rule, '#' for a block,
/// '?' for what nobody thought of.
[[nodiscard]] char32_t ascii_for(char32_t character);

}  // namespace kws::tui
