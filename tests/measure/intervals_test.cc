// SPDX-License-Identifier: MIT
#include "measure/intervals.h"

#include <gtest/gtest.h>

#include <cmath>

namespace kws::measure {
namespace {

TEST(WilsonInterval, GivesKnownValues) {
  // Newcombe 1998, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
  const auto check = [](std::size_t successes, std::size_t trials, double low, double high) {
    const auto interval = wilson_interval(successes, trials);
    EXPECT_NEAR(interval.low, low, 5e-5) << successes << " of " << trials;
    EXPECT_NEAR(interval.high, high, 5e-5) << successes << " of " << trials;
  };
  check(81, 263, 0.2553, 0.3662);
  check(15, 148, 0.0624, 0.1605);
  check(0, 20, 0.0, 0.1611);
  check(1, 29, 0.0061, 0.1718);
}

TEST(WilsonInterval, MirrorsSuccessAndFailure) {
  const auto few = wilson_interval(3, 50);
  const auto many = wilson_interval(47, 50);
  EXPECT_NEAR(few.low, 1.0 - many.high, 1e-12);
  EXPECT_NEAR(few.high, 1.0 - many.low, 1e-12);
  EXPECT_EQ(wilson_interval(50, 50).high, 1.0);
}

TEST(WilsonInterval, OfNothingIsEverything) {
  EXPECT_EQ(wilson_interval(0, 0).low, 0.0);
  EXPECT_EQ(wilson_interval(0, 0).high, 1.0);
}

TEST(McNemar, IsTheTwoSidedBinomialTail) {
  EXPECT_EQ(mcnemar_p(0, 0), 1.0);
  EXPECT_EQ(mcnemar_p(5, 5), 1.0);
  EXPECT_NEAR(mcnemar_p(10, 0), 2.0 / 1024.0, 1e-12);
  // 2 (C(8,0) + C(8,1)) / 2^8
  EXPECT_NEAR(mcnemar_p(1, 7), 2.0 * 9.0 / 256.0, 1e-12);
  EXPECT_EQ(mcnemar_p(1, 7), mcnemar_p(7, 1));
  EXPECT_LT(mcnemar_p(1000, 1200), 1e-4);  // does not underflow
}

TEST(PoissonUpperBound, GivesKnownValues) {
  // Half of the 95 % quantiles of chi-squared with 2 (n + 1) degrees of freedom.
  EXPECT_NEAR(poisson_upper_bound(0), -std::log(0.05), 1e-9);
  EXPECT_NEAR(poisson_upper_bound(1), 4.7439, 1e-4);
  EXPECT_NEAR(poisson_upper_bound(2), 6.2958, 1e-4);
  EXPECT_NEAR(poisson_upper_bound(10), 16.9622, 1e-4);
  EXPECT_NEAR(poisson_upper_bound(1000), 1053.6, 0.2);
}

}  // namespace
}  // namespace kws::measure
