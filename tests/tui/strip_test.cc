// SPDX-License-Identifier: MIT
#include "tui/strip.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace kws::tui {
namespace {

constexpr std::uint64_t kHop = 320;  // 20 ms at 16 kHz: five rows a column

live::RowEvent row(std::uint64_t end, float value, std::uint32_t bins = 40) {
  live::RowEvent event;
  event.end = end;
  event.bins = bins;
  for (std::size_t bin = 0; bin < live::kMaxBins; ++bin) event.values[bin] = value;
  return event;
}

/// Feeds columns [from, to) of noise at -6 with one loud band.
void feed(Strip& strip, std::uint64_t from, std::uint64_t to, std::size_t loud_bin = 3) {
  for (std::uint64_t hop = from * 5; hop < to * 5; ++hop) {
    auto event = row((hop + 1) * kHop, -6.0F);
    event.values[loud_bin] = 0.0F;
    strip.add(event);
  }
}

TEST(Strip, MakesAColumnOfATenthOfASecond) {
  Strip strip;
  strip.set_sample_rate(16000.0);
  feed(strip, 0, 3);
  EXPECT_EQ(strip.next(), 2U) << "the third is not finished before a row of the fourth comes";
  ASSERT_NE(strip.find(0), nullptr);
  ASSERT_NE(strip.find(1), nullptr);
  EXPECT_EQ(strip.find(2), nullptr);
  EXPECT_EQ(strip.find(1)->bins, 40U);
}

TEST(Strip, ShowsLoudBandsBrightAndNoiseDark) {
  Strip strip;
  feed(strip, 0, 3, 7);
  EXPECT_GT(strip.find(1)->energy[7], 200);
  EXPECT_EQ(strip.find(1)->energy[8], 0);
}

TEST(Strip, LeavesSilenceDark) {
  Strip strip;
  for (std::uint64_t hop = 0; hop < 500; ++hop) {
    // The rounding noise of a digital silence.
    strip.add(row((hop + 1) * kHop, -13.8F + (hop % 2 == 0 ? 0.01F : 0.0F)));
  }
  for (std::uint64_t number = 0; number < strip.next(); ++number) {
    ASSERT_NE(strip.find(number), nullptr);
    EXPECT_EQ(strip.find(number)->energy[10], 0);
  }
}

TEST(Strip, ShowsAGapWhereHopsWereLost) {
  Strip strip;
  feed(strip, 0, 5);
  feed(strip, 9, 12);
  EXPECT_NE(strip.find(4), nullptr);
  for (std::uint64_t number = 5; number < 9; ++number) EXPECT_EQ(strip.find(number), nullptr);
  EXPECT_NE(strip.find(9), nullptr);
}

TEST(Strip, BeginsAnewWithTheStream) {
  Strip strip;
  feed(strip, 100, 110);
  feed(strip, 0, 3);
  EXPECT_EQ(strip.next(), 2U);
  EXPECT_EQ(strip.find(105), nullptr);
  EXPECT_NE(strip.find(1), nullptr);
}

TEST(Strip, FollowsTheSampleRate) {
  Strip strip;
  strip.set_sample_rate(8000.0);
  strip.add(row(801, 0.0F));
  EXPECT_EQ(strip.next(), 1U);
  for (const double bad : {0.0, -1.0, 1e300, std::numeric_limits<double>::quiet_NaN()}) {
    strip.set_sample_rate(bad);
    EXPECT_EQ(strip.next(), 1U);
  }
}

TEST(Strip, ForgetsTheOldestOnly) {
  Strip strip;
  feed(strip, 0, Strip::kColumns + 10);
  EXPECT_EQ(strip.find(5), nullptr);
  EXPECT_NE(strip.find(20), nullptr);
}

TEST(Strip, SurvivesValuesThatAreNoNumbers) {
  Strip strip;
  for (const float value : {std::numeric_limits<float>::quiet_NaN(), HUGE_VALF, -HUGE_VALF,
                            std::numeric_limits<float>::max(), 0.0F}) {
    for (std::uint64_t hop = 0; hop < 10; ++hop) {
      strip.add(row((strip.next() + 1) * 5 * kHop + hop, value, 1000));
    }
  }
  strip.add(row(0, 0.0F));
  strip.add(row(std::numeric_limits<std::uint64_t>::max(), 0.0F));
  strip.add(row(5, 0.0F, 0));
  EXPECT_EQ(strip.next(), 0U);
}

TEST(Strip, ComesBackToOrderAfterAnAbsurdlyLoudRow) {
  Strip strip;
  feed(strip, 0, 2);
  strip.add(row(2 * 5 * kHop + 1, 1e6F));
  feed(strip, 3, 1500);
  EXPECT_GT(strip.find(1490)->energy[3], 100);
}

TEST(Strip, KeepsTheHighestPosteriorOfAColumn) {
  Strip strip;
  live::PosteriorEvent event;
  event.labels = 3;
  for (std::uint64_t hop = 0; hop < 5; ++hop) {
    event.end = (hop + 1) * kHop;
    event.posteriors = {};
    event.posteriors[1] = hop == 2 ? 1.0F : 0.25F;
    event.posteriors[2] = std::numeric_limits<float>::quiet_NaN();
    strip.add(event);
  }
  ASSERT_NE(strip.find_posteriors(0), nullptr);
  EXPECT_EQ(strip.find_posteriors(0)->highest[1], 255);
  EXPECT_EQ(strip.find_posteriors(0)->highest[2], 0);
  EXPECT_EQ(strip.find_posteriors(1), nullptr);
}

}  // namespace
}  // namespace kws::tui
