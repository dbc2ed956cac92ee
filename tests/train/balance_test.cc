// SPDX-License-Identifier: MIT
#include "train/balance.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/error.h"
#include "engine/plan.h"
#include "nn/networks.h"

namespace kws::train {
namespace {

TEST(LogitOffsets, TakeOutTheShareAskedFor) {
  const std::vector<std::size_t> counts{100, 100, 600};
  const auto none = logit_offsets(counts, 0.0);
  EXPECT_TRUE(std::all_of(none.begin(), none.end(), [](double offset) { return offset == 0.0; }));
  const auto all = logit_offsets(counts, 1.0);
  EXPECT_NEAR(all[0] - all[2], std::log(6.0), 1e-12);
  EXPECT_EQ(all[0], all[1]);
  const auto half = logit_offsets(counts, 0.5);
  EXPECT_NEAR(half[0] - half[2], std::log(6.0) / 2.0, 1e-12);
}

TEST(LogitOffsets, RefuseALabelThatNeverComes) {
  const std::vector<std::size_t> counts{100, 0, 600};
  EXPECT_THROW((void)logit_offsets(counts, 0.5), ConfigError);
}

TEST(ShiftLogits, MultipliesThePosteriors) {
  // Posteriors of classes met with unequal frequency, divided by it, are those of equal frequency
  // (Bayes).
  nn::Model model{nn::build_network({.kind = "ds_cnn_s", .channels = 4}, 20, 12, 3), {}};
  model.weights = nn::initial_weights(model.graph, Random(2));
  Random random(3);
  std::vector<float> features(20 * 12);
  for (auto& value : features) value = static_cast<float>(random.normal());
  const auto posteriors_of = [&] {
    engine::Plan plan(model);
    std::vector<float> posteriors(3);
    plan.run_window(features, posteriors);
    return posteriors;
  };
  const auto before = posteriors_of();
  const std::vector<std::size_t> counts{1, 2, 7};
  shift_logits(model.graph, logit_offsets(counts, 1.0), model.weights);
  const auto after = posteriors_of();
  double sum = 0.0;
  for (std::size_t i = 0; i < 3; ++i) {
    sum += static_cast<double>(before[i]) / static_cast<double>(counts[i]);
  }
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(after[i], static_cast<double>(before[i]) / static_cast<double>(counts[i]) / sum,
                1e-6);
  }
}

TEST(ShiftLogits, NeedsAClassifierWithABias) {
  nn::Graph graph;
  const auto input = graph.add_input({1, 1, 3});
  const auto dense =
      graph.add_node("dense", nn::Op::kDense, nn::Dense{.channels = 2, .bias = false}, {input});
  graph.add_node("softmax", nn::Op::kSoftmax, nn::NoAttributes{}, {dense});
  auto weights = nn::initial_weights(graph, Random(1));
  const std::vector<double> offsets{0.0, 1.0};
  EXPECT_THROW(shift_logits(graph, offsets, weights), ConfigError);
}

}  // namespace
}  // namespace kws::train
