// SPDX-License-Identifier: MIT
#include "tui/glyphs.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>

namespace kws::tui {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

struct Range {
  char32_t first;
  char32_t last;
};

constexpr Range kNoCell[] = {
    {0x00AD, 0x00AD},   {0x0300, 0x036F},   {0x0483, 0x0489},   {0x0591, 0x05BD},
    {0x05BF, 0x05BF},   {0x05C1, 0x05C2},   {0x05C4, 0x05C5},   {0x05C7, 0x05C7},
    {0x0600, 0x0605},   {0x0610, 0x061C},   {0x064B, 0x065F},   {0x0670, 0x0670},
    {0x06D6, 0x06DD},   {0x06DF, 0x06E4},   {0x06E7, 0x06E8},   {0x06EA, 0x06ED},
    {0x0711, 0x0711},   {0x0730, 0x074A},   {0x07A6, 0x07B0},   {0x0816, 0x082D},
    {0x0859, 0x085B},   {0x0890, 0x089F},   {0x08CA, 0x0903},   {0x093A, 0x093C},
    {0x0941, 0x0948},   {0x094D, 0x094D},   {0x0951, 0x0957},   {0x0E31, 0x0E31},
    {0x0E34, 0x0E3A},   {0x0E47, 0x0E4E},   {0x1160, 0x11FF},   {0x1AB0, 0x1AFF},
    {0x1DC0, 0x1DFF},   {0x200B, 0x200F},   {0x2028, 0x202E},   {0x2060, 0x206F},
    {0x20D0, 0x20FF},   {0x302A, 0x302F},   {0x3099, 0x309A},   {0xD800, 0xDFFF},
    {0xFE00, 0xFE0F},   {0xFE20, 0xFE2F},   {0xFEFF, 0xFEFF},   {0xFFF0, 0xFFFB},
    {0x1D165, 0x1D169}, {0x1D16D, 0x1D182}, {0x1F3FB, 0x1F3FF}, {0xE0000, 0xE0FFF},
};

constexpr Range kTwoCells[] = {
    {0x1100, 0x115F},   {0x231A, 0x231B},   {0x2329, 0x232A},   {0x23E9, 0x23EC},
    {0x23F0, 0x23F0},   {0x23F3, 0x23F3},   {0x25FD, 0x25FE},   {0x2614, 0x2615},
    {0x2648, 0x2653},   {0x267F, 0x267F},   {0x2693, 0x2693},   {0x26A1, 0x26A1},
    {0x26AA, 0x26AB},   {0x26BD, 0x26BE},   {0x26C4, 0x26C5},   {0x26CE, 0x26CE},
    {0x26D4, 0x26D4},   {0x26EA, 0x26EA},   {0x26F2, 0x26F3},   {0x26F5, 0x26F5},
    {0x26FA, 0x26FA},   {0x26FD, 0x26FD},   {0x2705, 0x2705},   {0x270A, 0x270B},
    {0x2728, 0x2728},   {0x274C, 0x274C},   {0x274E, 0x274E},   {0x2753, 0x2755},
    {0x2757, 0x2757},   {0x2795, 0x2797},   {0x27B0, 0x27B0},   {0x27BF, 0x27BF},
    {0x2B1B, 0x2B1C},   {0x2B50, 0x2B50},   {0x2B55, 0x2B55},   {0x2E80, 0x303E},
    {0x3041, 0xA4CF},   {0xA960, 0xA97F},   {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},
    {0xFE10, 0xFE19},   {0xFE30, 0xFE6F},   {0xFF01, 0xFF60},   {0xFFE0, 0xFFE6},
    {0x16FE0, 0x18CFF}, {0x1AFF0, 0x1B2FF}, {0x1F004, 0x1F004}, {0x1F0CF, 0x1F0CF},
    {0x1F18E, 0x1F18E}, {0x1F191, 0x1F19A}, {0x1F200, 0x1F320}, {0x1F32D, 0x1F64F},
    {0x1F680, 0x1F6FF}, {0x1F7E0, 0x1F7EB}, {0x1F900, 0x1FAFF}, {0x20000, 0x3FFFD},
};

template <std::size_t count>
bool contains(const Range (&ranges)[count], char32_t character) {
  const auto* after =
      std::upper_bound(std::begin(ranges), std::end(ranges), character,
                       [](char32_t value, const Range& range) { return value < range.first; });
  return after != std::begin(ranges) && character <= std::prev(after)->last;
}

struct StandIn {
  char32_t character;
  char32_t ascii;
};

// What the panels draw with.
constexpr StandIn kStandIns[] = {
    {U'─', U'-'}, {U'━', U'='}, {U'│', U'|'}, {U'┃', U'|'}, {U'╸', U'-'}, {U'╎', U':'},
    {U'┌', U'+'}, {U'┐', U'+'}, {U'└', U'+'}, {U'┘', U'+'}, {U'╭', U'+'}, {U'╮', U'+'},
    {U'╰', U'+'}, {U'╯', U'+'}, {U'…', U'.'}, {U'·', U'-'}, {U'●', U'*'}, {U'○', U'o'},
    {U'▾', U'v'}, {U'▸', U'>'}, {U'×', U'x'}, {U'█', U'#'}, {U'▓', U'#'}, {U'▒', U'+'},
    {U'░', U':'}, {U'▀', U'#'}, {U'▄', U'#'}, {U'–', U'-'}, {U'—', U'-'}, {U'’', U'\''},
    {U'‖', U'|'}, {U'µ', U'u'}, {U'±', U'+'},
};

}  // namespace

char32_t take_character(std::string_view& text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto first = byte(0);
  std::size_t length = 1;
  char32_t character = first;
  if (first >= 0xC2 && first < 0xE0) {
    length = 2;
    character = first & 0x1FU;
  } else if (first >= 0xE0 && first < 0xF0) {
    length = 3;
    character = first & 0x0FU;
  } else if (first >= 0xF0 && first < 0xF5) {
    length = 4;
    character = first & 0x07U;
  } else if (first >= 0x80) {
    character = kReplacement;
  }
  bool valid = length <= text.size();
  for (std::size_t i = 1; valid && i < length; ++i) {
    valid = (byte(i) & 0xC0U) == 0x80U;
    character = (character << 6U) | (byte(i) & 0x3FU);
  }
  constexpr std::array<char32_t, 5> kSmallest{0, 0, 0x80, 0x800, 0x10000};
  valid = valid && character >= kSmallest[length] && character <= 0x10FFFF &&
          !(character >= 0xD800 && character <= 0xDFFF);
  if (!valid) length = 1;
  text.remove_prefix(length);
  const bool control = character < 0x20 || (character >= 0x7F && character < 0xA0);
  return valid && !control ? character : kReplacement;
}

int cells_of(char32_t character) {
  if (character < 0x300) return character == 0xAD ? 0 : 1;
  if (contains(kNoCell, character)) return 0;
  return contains(kTwoCells, character) ? 2 : 1;
}

int cells_of(std::string_view text) {
  int cells = 0;
  while (!text.empty()) cells += cells_of(take_character(text));
  return cells;
}

char32_t ascii_for(char32_t character) {
  if (character >= 0x20 && character < 0x7F) return character;
  for (const auto& [from, to] : kStandIns) {
    if (from == character) return to;
  }
  return U'?';
}

}  // namespace kws::tui
