// SPDX-License-Identifier: MIT
#include "tui/keys.h"

namespace kws::tui {
namespace {

constexpr std::uint8_t kEscape = 0x1B;
constexpr std::uint8_t kBell = 0x07;

Key meaning(std::uint8_t byte) {
  switch (byte) {
    case 'q':
    case 'Q':
    case 0x03:  // Ctrl-C, where the terminal does not make a signal of it
    case 0x04:  // Ctrl-D
      return Key::kQuit;
    case '?':
    case 'h':
      return Key::kHelp;
    case ' ':
    case 'p':
      return Key::kPause;
    case '+':
    case '=':  // the same key without shift
      return Key::kRaise;
    case '-':
    case '_':
      return Key::kLower;
    case 'b':
      return Key::kNextModel;
    case 0x0C:  // Ctrl-L
      return Key::kRedraw;
    default:
      return Key::kOther;
  }
}

}  // namespace

std::optional<Key> KeyDecoder::push(std::uint8_t byte) {
  switch (within_) {
    case Within::kNothing:
      if (byte == kEscape) {
        within_ = Within::kEscape;
        return std::nullopt;
      }
      // The first byte of a character beyond ASCII stands for it; the others are no keys.
      if (byte >= 0x80 && byte < 0xC0) return std::nullopt;
      return meaning(byte);
    case Within::kEscape:
      if (byte == '[') {
        within_ = Within::kSequence;
      } else if (byte == 'O') {
        within_ = Within::kOneMore;
      } else if (byte == ']' || byte == 'P' || byte == '_' || byte == '^' || byte == 'X') {
        within_ = Within::kString;
      } else if (byte != kEscape) {
        within_ = Within::kNothing;  // Alt and a key
        return Key::kOther;
      }
      return std::nullopt;
    case Within::kSequence:
      if (byte >= 0x20 && byte < 0x40) return std::nullopt;  // parameters
      within_ = Within::kNothing;
      return Key::kOther;
    case Within::kOneMore:
      within_ = Within::kNothing;
      return Key::kOther;
    case Within::kString:
      if (byte == kBell) within_ = Within::kNothing;
      if (byte == kEscape) within_ = Within::kStringEscape;
      return std::nullopt;
    case Within::kStringEscape:
      within_ = byte == '\\' ? Within::kNothing : Within::kString;
      return std::nullopt;
  }
  return std::nullopt;
}

std::optional<Key> KeyDecoder::pause() {
  if (within_ == Within::kNothing) return std::nullopt;
  within_ = Within::kNothing;
  return Key::kOther;
}

}  // namespace kws::tui
