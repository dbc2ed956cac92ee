// SPDX-License-Identifier: MIT
//
// From the bytes of a terminal to what the person wants. Arrow and function keys come as escape
// sequences that end in letters: they are swallowed whole, so that no arrow quits the program.
#pragma once

#include <cstdint>
#include <optional>

namespace kws::tui {

enum class Key { kQuit, kHelp, kPause, kRaise, kLower, kNextModel, kRedraw, kOther };

class KeyDecoder {
 public:
  /// The next byte; a key when it completes one.
  [[nodiscard]] std::optional<Key> push(std::uint8_t byte);

  /// Nothing more came with it: a lone Escape is the Escape key, and half a sequence is given up
  /// rather than let it swallow what is typed next.
  [[nodiscard]] std::optional<Key> pause();

 private:
  enum class Within { kNothing, kEscape, kSequence, kOneMore, kString, kStringEscape };
  Within within_ = Within::kNothing;
};

}  // namespace kws::tui
