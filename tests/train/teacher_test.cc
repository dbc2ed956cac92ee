// SPDX-License-Identifier: MIT
#include "train/teacher.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "base/random.h"
#include "nn/networks.h"

namespace kws::train {
namespace {

constexpr std::size_t kSamples = 7;

nn::Model model(std::uint64_t seed = 1) {
  nn::Model made{
      .graph = nn::build_network({.kind = "ds_cnn_s", .channels = 12, .blocks = 2}, 20, 10, 4)};
  made.weights = nn::initial_weights(made.graph, Random(seed));
  return made;
}

std::vector<float> clips() {
  Random random(2);
  std::vector<float> features(kSamples * 200);
  for (auto& value : features) value = static_cast<float>(random.normal());
  return features;
}

TEST(Teacher, SoftensWhatTheNetworkSays) {
  constexpr double kTemperature = 3.0;
  const auto features = clips();
  ThreadTeam team(1);
  Teacher teacher(std::array{model()}, kTemperature, 1);
  const auto heard = teacher.listen(features, team);
  ASSERT_EQ(heard.size(), kSamples * 4);

  engine::Plan plan(model());
  std::array<float, 4> posteriors{};
  for (std::size_t sample = 0; sample < kSamples; ++sample) {
    plan.run_window(std::span(features).subspan(sample * 200, 200), posteriors);
    double sum = 0.0;
    for (const float p : posteriors) sum += std::pow(static_cast<double>(p), 1.0 / kTemperature);
    for (std::size_t c = 0; c < 4; ++c) {
      const double softened =
          std::pow(static_cast<double>(posteriors[c]), 1.0 / kTemperature) / sum;
      EXPECT_NEAR(static_cast<double>(heard[sample * 4 + c]), softened, 1e-6);
    }
  }
}

TEST(Teacher, OfSeveralNetworksSaysTheMean) {
  const auto features = clips();
  ThreadTeam team(1);
  Teacher both(std::array{model(1), model(2)}, 2.0, 1);
  Teacher first(std::array{model(1)}, 2.0, 1);
  Teacher second(std::array{model(2)}, 2.0, 1);
  const auto mean = both.listen(features, team);
  const auto a = first.listen(features, team);
  const auto b = second.listen(features, team);
  ASSERT_FALSE(std::ranges::equal(a, b));
  for (std::size_t i = 0; i < mean.size(); ++i) EXPECT_NEAR(mean[i], 0.5F * (a[i] + b[i]), 1e-7F);
}

TEST(Teacher, SaysTheSameToTheLastBitForAnyNumberOfThreads) {
  const auto features = clips();
  ThreadTeam alone(1);
  const std::array models{model(1), model(2)};
  Teacher one(models, 2.0, 1);
  const auto first = one.listen(features, alone);
  ThreadTeam team(3);
  Teacher three(models, 2.0, 3);
  const auto second = three.listen(features, team);
  EXPECT_TRUE(std::ranges::equal(first, second));
}

}  // namespace
}  // namespace kws::train
