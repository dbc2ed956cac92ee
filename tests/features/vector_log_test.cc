// SPDX-License-Identifier: MIT
//
// How far the vectorised logarithm is from the true one, measured over its whole range.
#include "features/vector_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace kws::features {
namespace {

constexpr float kTiny = 1e-30F;  // a floor that vanishes beside what is tested

/// Distance to the true logarithm in units in the last place of the result.
double error_ulp(float x, float logarithm) {
  const double exact = std::log(static_cast<double>(x));
  const float nearest = static_cast<float>(exact);
  const double ulp =
      static_cast<double>(std::nextafter(std::abs(nearest), std::numeric_limits<float>::max())) -
      static_cast<double>(std::abs(nearest));
  return std::abs(static_cast<double>(logarithm) - exact) / ulp;
}

double worst_error_ulp(std::uint32_t first_bits, std::uint32_t last_bits, std::uint32_t stride) {
  double worst = 0.0;
  std::vector<float> inputs;
  for (std::uint64_t bits = first_bits; bits <= last_bits; bits += stride) {
    inputs.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
    if (inputs.size() < 4096 && bits + stride <= last_bits) continue;
    while (inputs.size() % 8 != 0) inputs.push_back(1.5F);
    std::vector<float> logs = inputs;
    log_above_floor(logs, kTiny);
    for (std::size_t i = 0; i < logs.size(); ++i) {
      worst = std::max(worst, error_ulp(inputs[i], logs[i]));
    }
    inputs.clear();
  }
  return worst;
}

TEST(LogAboveFloor, IsWithinOneUlpNearOne) {
  const auto half = std::bit_cast<std::uint32_t>(0.5F);
  const auto two = std::bit_cast<std::uint32_t>(2.0F);
  EXPECT_LE(worst_error_ulp(half, two, 11), 1.0);
}

TEST(LogAboveFloor, IsWithinOneUlpFromTheFloorToTheLargestFloat) {
  const auto low = std::bit_cast<std::uint32_t>(1e-6F);
  const auto high = std::bit_cast<std::uint32_t>(std::numeric_limits<float>::max());
  EXPECT_LE(worst_error_ulp(low, high, 1009), 1.0);
}

TEST(LogAboveFloor, AddsTheFloorFirst) {
  std::vector<float> values{0.0F, 1e-6F, 3e-6F, 1.0F, 0.0F, 0.0F, 0.0F, 0.0F};
  log_above_floor(values, 1e-6F);
  EXPECT_FLOAT_EQ(values[0], std::log(1e-6F));
  EXPECT_FLOAT_EQ(values[1], std::log(2e-6F));
  EXPECT_FLOAT_EQ(values[2], std::log(4e-6F));
  EXPECT_FLOAT_EQ(values[3], std::log(1.000001F));
}

TEST(LogAboveFloor, LogarithmOfOneIsZero) {
  std::vector<float> values(8, 1.0F);
  log_above_floor(values, kTiny);
  EXPECT_THAT(values, ::testing::Each(0.0F));
}

TEST(LogAboveFloor, PassesWhatIsNotFinite) {
  const float infinity = std::numeric_limits<float>::infinity();
  std::vector<float> values(8, infinity);
  values[3] = std::numeric_limits<float>::quiet_NaN();
  log_above_floor(values, 1e-6F);
  EXPECT_EQ(values[0], infinity);
  EXPECT_TRUE(std::isnan(values[3]));
}

}  // namespace
}  // namespace kws::features
