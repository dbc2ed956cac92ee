// SPDX-License-Identifier: MIT
#include "base/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/random.h"

namespace kws {
namespace {

using std::chrono::nanoseconds;

TEST(Histogram, IsEmptyAtFirst) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0U);
  EXPECT_EQ(histogram.quantile(0.5), nanoseconds{0});
}

TEST(Histogram, KnowsTheMaximumExactly) {
  Histogram histogram;
  histogram.add(nanoseconds{123456789});
  histogram.add(nanoseconds{-5});
  EXPECT_EQ(histogram.max(), nanoseconds{123456789});
  EXPECT_EQ(histogram.quantile(1.0), nanoseconds{123456789});
  EXPECT_EQ(histogram.quantile(0.0), nanoseconds{0});
}

TEST(Histogram, SurvivesAbsurdDurations) {
  Histogram histogram;
  histogram.add(nanoseconds::max());
  EXPECT_LE(histogram.quantile(0.5), nanoseconds::max());
}

TEST(Histogram, QuantilesAreWithinOneThirtySecond) {
  Random random(7);
  Histogram histogram;
  std::vector<std::int64_t> values;
  for (int i = 0; i < 20000; ++i) {
    values.push_back(static_cast<std::int64_t>(std::exp(random.uniform(0.0, 24.0))));
    histogram.add(nanoseconds{values.back()});
  }
  std::sort(values.begin(), values.end());
  for (const double q : {0.001, 0.25, 0.5, 0.95, 0.99, 0.999}) {
    const auto rank = static_cast<std::size_t>(std::ceil(q * 20000.0)) - 1;
    const auto exact = static_cast<double>(values[rank]);
    const auto found = static_cast<double>(histogram.quantile(q).count());
    EXPECT_GE(found, exact) << q;
    EXPECT_LE(found, exact * (1.0 + 1.0 / 32.0) + 1.0) << q;
  }
}

}  // namespace
}  // namespace kws
