// SPDX-License-Identifier: MIT
#include "tui/figures.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace kws::tui {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr auto kMost = std::numeric_limits<std::uint64_t>::max();

TEST(Figures, Milliseconds) {
  EXPECT_EQ(milliseconds_text(0.0), "0.000");
  EXPECT_EQ(milliseconds_text(0.0214), "0.021");
  EXPECT_EQ(milliseconds_text(0.9996), "1.00");
  EXPECT_EQ(milliseconds_text(9.996), "10.0");
  EXPECT_EQ(milliseconds_text(99.96), "100");
  EXPECT_EQ(milliseconds_text(9999.9), "10 s");
  EXPECT_EQ(milliseconds_text(1e12), ">999 s");
  EXPECT_EQ(milliseconds_text(-1.0), "--");
}

TEST(Figures, Delays) {
  EXPECT_EQ(delay_text(0.547), "0.5 ms");
  EXPECT_EQ(delay_text(9.96), "10 ms");
  EXPECT_EQ(delay_text(182.4), "182 ms");
  EXPECT_EQ(delay_text(1240.0), "1.2 s");
  EXPECT_EQ(delay_text(1e9), ">999 s");
  EXPECT_EQ(delay_text(kNan), "-- ms");
}

TEST(Figures, Times) {
  EXPECT_EQ(clock_text(0.0), "0:00");
  EXPECT_EQ(clock_text(83.9), "1:23");
  EXPECT_EQ(clock_text(3600.0), "1:00:00");
  EXPECT_EQ(clock_text(4.5 * 24 * 3600 + 60.0), "4d12:01");
  EXPECT_EQ(log_time_text(3599.99), "59:59.9");
  EXPECT_EQ(log_time_text(3600.5), "1:00:00");
  EXPECT_EQ(log_time_text(83.96), "1:23.9");
  EXPECT_EQ(log_time_text(0.3), "0:00.3");
}

TEST(Figures, Sizes) {
  EXPECT_EQ(bytes_text(999), "999 B");
  EXPECT_EQ(bytes_text(66'608), "66.6 kB");
  EXPECT_EQ(bytes_text(18'234'000), "18.2 MB");
  EXPECT_EQ(bytes_text(999'960), "1.0 MB");
  EXPECT_EQ(count_text(9999), "9999");
  EXPECT_EQ(count_text(37'256), "37.3 k");
  EXPECT_EQ(count_text(16'500'000), "16.5 M");
  EXPECT_EQ(percent_text(0.025), "2 %");
}

TEST(Figures, OfFixedWidthKeepIt) {
  for (const float score : {0.0F, 0.5F, 1.0F, 7.0F, -3.0F, 1e30F, NAN, INFINITY}) {
    EXPECT_EQ(score_text(score).size(), 4U) << score;
  }
  for (const double db : {-1e9, -60.0, -5.0, 0.0, 1e9, kNan}) {
    EXPECT_EQ(decibels_text(db).size(), 8U) << db;
  }
}

TEST(Figures, StayShortWhateverTheNumber) {
  for (const double number : {kNan, kInf, -kInf, -1.0, 1e300, 1e-300, 5e-324, 1e18}) {
    EXPECT_LE(milliseconds_text(number).size(), 6U) << number;
    EXPECT_LE(clock_text(number).size(), 9U) << number;
    EXPECT_LE(log_time_text(number).size(), 9U) << number;
    EXPECT_LE(percent_text(number).size(), 5U) << number;
  }
  for (const std::uint64_t number : {std::uint64_t{0}, std::uint64_t{999'949}, kMost / 7, kMost}) {
    EXPECT_LE(bytes_text(number).size(), 8U) << number;
    EXPECT_LE(count_text(number).size(), 7U) << number;
  }
  EXPECT_EQ(milliseconds_text(kNan), "--");
  EXPECT_EQ(clock_text(kNan), "--:--");
}

}  // namespace
}  // namespace kws::tui
