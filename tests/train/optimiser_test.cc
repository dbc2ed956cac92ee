// SPDX-License-Identifier: MIT
//
// Steps worked out by hand from the papers' formulas.
#include "train/optimiser.h"

#include <gtest/gtest.h>

#include <cmath>

namespace kws::train {
namespace {

/// A weight, which decays, and a bias, which does not.
struct Pair {
  std::vector<float> weight{2.0F};
  std::vector<float> bias{-1.0F};

  [[nodiscard]] std::vector<TrainedParameter> parameters() {
    return {{.name = "a.weight", .values = weight, .offset = 0, .decays = true},
            {.name = "a.bias", .values = bias, .offset = 1, .decays = false}};
  }
};

TEST(Optimiser, SgdWithMomentumAndDecay) {
  Pair pair;
  Optimiser optimiser({.kind = OptimiserKind::kSgd, .momentum = 0.5, .weight_decay = 0.1},
                      pair.parameters());
  std::vector<float> gradient{1.0F, 4.0F};
  optimiser.update(gradient, 0.1);
  // v = 1 + 0.1·2 = 1.2, w = 2 − 0.12; v = 4, b = −1 − 0.4
  EXPECT_FLOAT_EQ(pair.weight[0], 1.88F);
  EXPECT_FLOAT_EQ(pair.bias[0], -1.4F);
  gradient = {0.0F, -2.0F};
  optimiser.update(gradient, 0.1);
  // v = 0.6 + 0.188 = 0.788; v = 2 − 2 = 0
  EXPECT_FLOAT_EQ(pair.weight[0], 1.8012F);
  EXPECT_FLOAT_EQ(pair.bias[0], -1.4F);
}

TEST(Optimiser, AdamAddsDecayToTheGradient) {
  Pair pair;
  Optimiser optimiser({.kind = OptimiserKind::kAdam,
                       .beta1 = 0.5,
                       .beta2 = 0.75,
                       .epsilon = 1e-8,
                       .weight_decay = 0.5},
                      pair.parameters());
  std::vector<float> gradient{2.0F, -4.0F};
  optimiser.update(gradient, 0.1);
  // First step: m̂ = g, v̂ = g², so each moves by the rate against the sign.
  EXPECT_NEAR(pair.weight[0], 1.9, 1e-6);
  EXPECT_NEAR(pair.bias[0], -0.9, 1e-6);
  gradient = {2.0F, 2.0F};
  optimiser.update(gradient, 0.1);
  // weight: g = 2 + 0.5·1.9 = 2.95; m = 0.75 + 1.475... with m₁ = 1.5, v₁ = 2.25 of g₁ = 3:
  //   m = 0.5·1.5 + 0.5·2.95 = 2.225, m̂ = m / 0.75; v = 0.75·2.25 + 0.25·2.95², v̂ = v / 0.4375
  const double m = 2.225 / 0.75;
  const double v = (0.75 * 2.25 + 0.25 * 2.95 * 2.95) / 0.4375;
  EXPECT_NEAR(pair.weight[0], 1.9 - 0.1 * m / std::sqrt(v), 1e-6);
  // bias: m = 0.5·(−2) + 0.5·2 = 0
  EXPECT_NEAR(pair.bias[0], -0.9, 1e-6);
}

TEST(Optimiser, AdamWTakesDecayOffTheWeightItself) {
  Pair pair;
  Optimiser optimiser({.kind = OptimiserKind::kAdamW, .weight_decay = 0.5}, pair.parameters());
  std::vector<float> gradient{2.0F, -4.0F};
  optimiser.update(gradient, 0.1);
  EXPECT_NEAR(pair.weight[0], 2.0 - 0.1 * 0.5 * 2.0 - 0.1, 1e-6);
  EXPECT_NEAR(pair.bias[0], -0.9, 1e-6);
}

TEST(Optimiser, ClipsTheLengthOfTheWholeGradient) {
  Pair pair;
  Optimiser optimiser({.kind = OptimiserKind::kSgd, .momentum = 0.0, .clip_norm = 1.0},
                      pair.parameters());
  std::vector<float> gradient{3.0F, -4.0F};
  optimiser.update(gradient, 1.0);
  EXPECT_FLOAT_EQ(pair.weight[0], 2.0F - 0.6F);
  EXPECT_FLOAT_EQ(pair.bias[0], -1.0F + 0.8F);
  gradient = {0.3F, 0.4F};  // shorter: as it is
  optimiser.update(gradient, 1.0);
  EXPECT_FLOAT_EQ(pair.weight[0], 1.4F - 0.3F);
}

TEST(Optimiser, GoesOnFromItsState) {
  Pair straight;
  Pair stopped;
  const OptimiserSettings settings{.kind = OptimiserKind::kAdamW, .weight_decay = 0.1};
  Optimiser one(settings, straight.parameters());
  std::vector<float> gradient{2.0F, -4.0F};
  one.update(gradient, 0.1);
  Optimiser first(settings, stopped.parameters());
  first.update(gradient, 0.1);
  Optimiser second(settings, stopped.parameters());
  second.restore(first.state());
  gradient = {-1.0F, 0.5F};
  one.update(gradient, 0.1);
  second.update(gradient, 0.1);
  EXPECT_EQ(straight.weight, stopped.weight);
  EXPECT_EQ(straight.bias, stopped.bias);
}

TEST(Average, MovesByItsShare) {
  const nn::Weights weights{{"a.weight", {4.0F}}, {"a.mean", {8.0F}}};
  nn::Weights average{{"a.weight", {0.0F}}, {"a.mean", {0.0F}}};
  update_average(average, weights, 0.75);
  EXPECT_EQ(average.at("a.weight")[0], 1.0F);
  EXPECT_EQ(average.at("a.mean")[0], 2.0F);
  update_average(average, weights, 0.0);
  EXPECT_EQ(average, weights);
}

}  // namespace
}  // namespace kws::train
