// SPDX-License-Identifier: MIT
#include "tui/layout.h"

#include <gtest/gtest.h>

#include <string>

namespace kws::tui {
namespace {

constexpr int kMaxWidth = 200;
constexpr int kMaxHeight = 60;

template <typename Check>
void on_all_sizes(Check check) {
  for (const int labels : {1, 2, 10, 12, 36, 64}) {
    for (const int models : {1, 2, 5}) {
      for (int height = 1; height <= kMaxHeight; ++height) {
        for (int width = 1; width <= kMaxWidth; ++width) {
          const Size size{width, height};
          const auto layout = lay_out(size, labels, models);
          if (!check(size, layout, labels)) {
            FAIL() << width << "x" << height << ", " << labels << " labels, " << models
                   << " models";
          }
        }
      }
    }
  }
}

TEST(Layout, StaysOnTheScreenWithoutOverlapAtAnySize) {
  on_all_sizes([](Size size, const Layout& layout, int) {
    for (std::size_t i = 0; i < kPanels; ++i) {
      const Rect& rect = layout.rects[i];
      if (rect.empty()) continue;
      if (rect.x < 0 || rect.y < 0 || rect.right() > size.width || rect.bottom() > size.height) {
        return false;
      }
      for (std::size_t j = i + 1; j < kPanels; ++j) {
        if (!layout.rects[j].empty() && !rect.within(layout.rects[j]).empty()) return false;
      }
    }
    return true;
  });
}

TEST(Layout, ShowsTheHeaderFirstThenDetectionsThenKeywords) {
  on_all_sizes([](Size size, const Layout& layout, int) {
    return layout.shows(Panel::kHeader) && layout.of(Panel::kHeader).y == 0 &&
           layout.shows(Panel::kDetections) == (size.height >= 2) &&
           layout.shows(Panel::kKeywords) == (size.height >= 3);
  });
}

TEST(Layout, LeavesNoRowEmptyOnOneColumnOfPanels) {
  on_all_sizes([](Size size, const Layout& layout, int) {
    if (size.width >= 110) return true;
    int rows = 0;
    for (const auto& rect : layout.rects) {
      if (!rect.empty() && rect.x == 0) rows += rect.height;
    }
    return rows == size.height;
  });
}

TEST(Layout, ShowsEverythingImportantOnAnOrdinaryTerminal) {
  const auto layout = lay_out({80, 24}, 10, 2);
  for (const auto panel : {Panel::kHeader, Panel::kLevel, Panel::kSound, Panel::kKeywords,
                           Panel::kDetections, Panel::kLatency, Panel::kHealth, Panel::kKeys}) {
    EXPECT_TRUE(layout.shows(panel)) << static_cast<int>(panel);
  }
  EXPECT_EQ(layout.of(Panel::kKeywords).height, 6) << "a title and ten labels in two columns";
  EXPECT_GE(layout.of(Panel::kSound).height, 7);
  EXPECT_EQ(layout.of(Panel::kLatency).y, layout.of(Panel::kDetections).y);
}

TEST(Layout, UsesALargeTerminalForMore) {
  const auto layout = lay_out({200, 60}, 10, 2);
  for (std::size_t i = 0; i < kPanels; ++i) EXPECT_FALSE(layout.rects[i].empty()) << i;
  EXPECT_GT(layout.of(Panel::kSound).height, 40);
  EXPECT_EQ(layout.of(Panel::kKeywords).height, 11) << "a row a label";
}

TEST(Layout, TakesNoPanelAwayWhenTheScreenGrowsTaller) {
  for (const int width : {1, 20, 40, 80, 100}) {
    Layout before;
    for (int height = 1; height <= kMaxHeight; ++height) {
      const auto now = lay_out({width, height}, 10, 1);
      for (std::size_t i = 0; i < kPanels; ++i) {
        EXPECT_TRUE(!now.rects[i].empty() || before.rects[i].empty())
            << width << "x" << height << ", panel " << i;
      }
      before = now;
    }
  }
}

TEST(KeywordColumns, AreAsFewAsFit) {
  EXPECT_EQ(keyword_columns({80, 6}, 10), 2);
  EXPECT_EQ(keyword_columns({80, 11}, 10), 1);
  EXPECT_EQ(keyword_columns({80, 1}, 10), 4) << "narrower bars would say nothing";
  EXPECT_EQ(keyword_columns({20, 3}, 10), 1);
  EXPECT_EQ(keyword_columns({1, 1}, 64), 1);
}

}  // namespace
}  // namespace kws::tui
