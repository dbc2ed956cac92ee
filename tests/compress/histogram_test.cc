// SPDX-License-Identifier: MIT
#include "compress/histogram.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "base/error.h"
#include "base/random.h"

namespace kws::compress {
namespace {

Range range_of(const std::vector<float>& values, RangeMethod method) {
  Extent extent;
  extent.add(values);
  Histogram histogram(extent.range());
  histogram.add(values);
  return histogram.range(method);
}

TEST(Extent, HoldsZeroAndSkipsWhatIsNotFinite) {
  Extent extent;
  extent.add(std::vector<float>{2.0F, 5.0F, std::numeric_limits<float>::quiet_NaN(),
                                std::numeric_limits<float>::infinity()});
  EXPECT_EQ(extent.range().low, 0.0F);
  EXPECT_EQ(extent.range().high, 5.0F);
}

TEST(Histogram, PercentileCutsAtTheTopOfWhatIsNeverNegative) {
  std::vector<float> values;
  for (int i = 1; i <= 10000; ++i) values.push_back(static_cast<float>(i) * 1e-4F);
  values[0] = 100.0F;  // one in ten thousand
  const auto range = range_of(values, RangeMethod::kPercentile);
  EXPECT_EQ(range.low, 0.0F);
  EXPECT_NEAR(range.high, 1.0F, 0.1F);  // to the width of a bin
  EXPECT_EQ(range_of(values, RangeMethod::kMinMax).high, 100.0F);
}

TEST(Histogram, PercentileCutsBothEndsOfWhatHasASign) {
  std::vector<float> values;
  Random random(1);
  for (int i = 0; i < 200000; ++i) values.push_back(static_cast<float>(random.normal()));
  const auto range = range_of(values, RangeMethod::kPercentile);
  EXPECT_NEAR(range.low, -3.29F, 0.15F);  // 0.05 % of a normal distribution lie beyond
  EXPECT_NEAR(range.high, 3.29F, 0.15F);
}

// With n of N values at distance d and the rest small, clamping d to h costs n (d - h)^2, and the
// wider step N (h / 255)^2 / 12: the best h follows.
TEST(Histogram, LeastErrorBalancesClampingAndRounding) {
  std::vector<float> values(1000000, 0.001F);
  values[0] = 10.0F;
  const double rounding = 1e6 / (255.0 * 255.0 * 12.0);
  const auto range = range_of(values, RangeMethod::kMse);
  EXPECT_NEAR(range.high, 10.0 / (1.0 + rounding), 0.11);
}

TEST(Histogram, OfNothingButZerosIsEmpty) {
  for (const auto method : {RangeMethod::kMinMax, RangeMethod::kPercentile, RangeMethod::kMse}) {
    const auto range = range_of(std::vector<float>(10, 0.0F), method);
    EXPECT_EQ(range.low, 0.0F);
    EXPECT_EQ(range.high, 0.0F);
  }
}

TEST(QuantisationOf, CoversTheRangeWithAnExactZero) {
  const auto relu = quantisation_of({0.0F, 5.1F}, 0);
  EXPECT_FLOAT_EQ(relu.scale, 0.02F);
  EXPECT_EQ(relu.zero_point, -128);
  const auto both = quantisation_of({-1.0F, 1.55F}, 0);
  EXPECT_FLOAT_EQ(both.scale, 0.01F);
  EXPECT_EQ(both.zero_point, -28);
  EXPECT_EQ(quantisation_of({-2.0F, 0.0F}, 0).zero_point, 127);
}

TEST(QuantisationOf, NothingButZerosHasScaleOne) {
  EXPECT_EQ(quantisation_of({}, 0), (nn::Quantisation{1.0F, 0}));
  EXPECT_EQ(quantisation_of({}, -128), (nn::Quantisation{1.0F, -128}));
  EXPECT_EQ(quantisation_of({0.0F, 1e-38F}, 0).scale, 1.0F) << "a denormal scale";
}

TEST(RangeMethod, UnknownWordsAreRefused) {
  EXPECT_EQ(range_method("mse"), RangeMethod::kMse);
  EXPECT_THROW((void)range_method("entropy"), UsageError);
}

}  // namespace
}  // namespace kws::compress
