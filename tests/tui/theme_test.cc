// SPDX-License-Identifier: MIT
#include "tui/theme.h"

#include <gtest/gtest.h>

#include <set>
#include <utility>

namespace kws::tui {
namespace {

constexpr int kInks = static_cast<int>(heat(kHeatLevels - 1)) + 1;

TEST(Theme, StaysWithinThePalette) {
  for (int ink = 0; ink < kInks; ++ink) {
    for (int ground = 0; ground < kInks; ++ground) {
      const Style style{static_cast<Ink>(ink), static_cast<Ink>(ground)};
      EXPECT_LT(look_of(style, Colours::kMany).ink, 256);
      EXPECT_LT(look_of(style, Colours::kFew).ink, 8);
      EXPECT_LT(look_of(style, Colours::kFew).ground, 8);
      EXPECT_EQ(look_of(style, Colours::kNone).ink, -1);
      EXPECT_EQ(look_of(style, Colours::kNone).ground, -1);
    }
  }
}

TEST(Theme, NeedsNoMorePairsThanATerminalOfEightColoursHas) {
  std::set<std::pair<int, int>> pairs;
  const auto use = [&](Ink ink, Ink ground) {
    const auto look = look_of({ink, ground}, Colours::kFew);
    if (look.ink >= 0 || look.ground >= 0) pairs.insert({look.ink, look.ground});
  };
  for (int ink = 0; ink < static_cast<int>(Ink::kHeat); ++ink) {
    use(static_cast<Ink>(ink), Ink::kPlain);
    use(static_cast<Ink>(ink), Ink::kBand);
  }
  for (int ground = 0; ground < kHeatLevels; ++ground) {
    use(Ink::kFaint, heat(ground));
    for (int ink = 0; ink < kHeatLevels; ++ink) use(heat(ink), heat(ground));
  }
  EXPECT_LT(pairs.size(), 64U);
}

TEST(Theme, HeatGrowsBrighter) {
  const auto brightness = [](int index) {
    const int rgb = rgb_of(index);
    return 2 * ((rgb >> 16) & 255) + 5 * ((rgb >> 8) & 255) + (rgb & 255);
  };
  for (int level = 1; level < kHeatLevels; ++level) {
    EXPECT_GT(brightness(look_of({Ink::kPlain, heat(level)}, Colours::kMany).ground),
              brightness(look_of({Ink::kPlain, heat(level - 1)}, Colours::kMany).ground))
        << level;
  }
}

TEST(Theme, SetsBothColoursWhereItSetsTheGround) {
  for (const auto colours : {Colours::kFew, Colours::kMany}) {
    for (const auto ink : {Ink::kPlain, Ink::kTitle}) {
      EXPECT_GE(look_of({ink, Ink::kBand}, colours).ink, 0) << "unreadable on a light terminal";
    }
  }
}

TEST(Theme, WithoutColourTheImportantStillStandsOut) {
  EXPECT_TRUE(look_of({Ink::kBad}, Colours::kNone).bold);
  EXPECT_TRUE(look_of({Ink::kPlain, Ink::kBand}, Colours::kNone).reverse);
  EXPECT_TRUE(look_of({Ink::kFaint}, Colours::kNone).dim);
}

}  // namespace
}  // namespace kws::tui
