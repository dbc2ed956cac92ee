// SPDX-License-Identifier: MIT
#include "tui/theme.h"

#include <array>
#include <cstddef>

namespace kws::tui {
namespace {

constexpr int kInks = static_cast<int>(Ink::kHeat);

// kPlain kFaint kTitle kBrand kBand kKeyword kBar kGood kWarn kBad
constexpr std::array<int, kInks> kMany{-1, 244, -1, 80, 236, 71, 74, 71, 172, 203};
constexpr std::array<int, kInks> kFew{-1, -1, -1, 6, 0, 2, 4, 2, 3, 1};

// Dark to bright through violet and orange, after the perceptual map "inferno".
constexpr std::array<int, kHeatLevels> kHeatMany{233, 234, 53,  54,  90,  126,
                                                 161, 203, 209, 215, 222, 230};
// Six shades: such terminals have few pairs of ink and ground, and grounds beyond eight blink.
constexpr std::array<int, kHeatLevels> kHeatFew{0, 0, 4, 4, 4, 5, 5, 1, 1, 3, 3, 7};

int colour(Ink ink, Colours colours) {
  const int index = static_cast<int>(ink);
  if (index >= kInks) {
    const auto level = static_cast<std::size_t>(index - kInks);
    return colours == Colours::kMany ? kHeatMany[level] : kHeatFew[level];
  }
  const auto at = static_cast<std::size_t>(index);
  return colours == Colours::kMany ? kMany[at] : kFew[at];
}

}  // namespace

Look look_of(const Style& style, Colours colours) {
  Look look;
  look.bold = style.bold;
  look.reverse = style.reverse;
  if (colours == Colours::kNone) {
    look.reverse = look.reverse || style.ground == Ink::kBand;
    look.dim = style.ink == Ink::kFaint && !look.reverse;
    look.bold = look.bold || style.ink == Ink::kBad || style.ink == Ink::kBar;
    return look;
  }
  look.dim = colours == Colours::kFew && style.ink == Ink::kFaint;
  look.ink = colour(style.ink, colours);
  look.ground = colour(style.ground, colours);
  // The terminal's own ink may be as dark as the band is.
  if (style.ground == Ink::kBand && look.ink < 0) look.ink = colours == Colours::kMany ? 252 : 7;
  return look;
}

int rgb_of(int palette_index) {
  constexpr std::array<int, 16> kBasic{0x000000, 0xCD0000, 0x00CD00, 0xCDCD00, 0x0000EE, 0xCD00CD,
                                       0x00CDCD, 0xE5E5E5, 0x7F7F7F, 0xFF0000, 0x00FF00, 0xFFFF00,
                                       0x5C5CFF, 0xFF00FF, 0x00FFFF, 0xFFFFFF};
  if (palette_index < 16)
    return kBasic[static_cast<std::size_t>(palette_index < 0 ? 0 : palette_index)];
  if (palette_index >= 232) {
    const int grey = 8 + 10 * (palette_index - 232);
    return grey << 16 | grey << 8 | grey;
  }
  const auto level = [](int step) { return step == 0 ? 0 : 55 + 40 * step; };
  const int cube = palette_index - 16;
  return level(cube / 36) << 16 | level(cube / 6 % 6) << 8 | level(cube % 6);
}

}  // namespace kws::tui
