// SPDX-License-Identifier: MIT
//
// The plan as its users see it: the shipped networks, budgets, bad input, impossible models.
#include "engine/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "base/error.h"
#include "engine/reference.h"
#include "nn/networks.h"
#include "support/allocation_guard.h"

namespace kws::engine {
namespace {

nn::Model network(const std::string& kind, int labels = 10, int bins = 40) {
  nn::Model model;
  model.graph = nn::build_network({.kind = kind}, 49, bins, labels);
  model.weights = nn::initial_weights(model.graph, Random(1));
  return model;
}

std::vector<float> noise(std::size_t count, std::uint64_t seed) {
  Random random(seed);
  std::vector<float> values(count);
  for (auto& value : values) value = static_cast<float>(random.normal());
  return values;
}

class Networks : public ::testing::TestWithParam<const char*> {};

TEST_P(Networks, PosteriorsAreTheReferences) {
  const auto model = network(GetParam());
  const auto features = noise(49 * 40, 2);
  Plan plan(model);
  ASSERT_EQ(plan.frames(), 49U);
  ASSERT_EQ(plan.bins(), 40U);
  ASSERT_EQ(plan.labels(), 10U);
  std::vector<float> posteriors(10);
  plan.run_window(features, posteriors);

  const auto truth = run_reference(model, features);
  const auto& logits = truth[truth.size() - 2];
  for (std::size_t label = 0; label < 10; ++label) {
    EXPECT_NEAR(plan.logits()[label], logits[label], 1e-4F * (1.0F + std::abs(logits[label])));
    EXPECT_NEAR(posteriors[label], truth.back()[label], 1e-4F);
  }
  EXPECT_NEAR(std::accumulate(posteriors.begin(), posteriors.end(), 0.0F), 1.0F, 1e-5F);
}

TEST_P(Networks, RunWithoutAllocating) {
  Plan plan(network(GetParam()));
  const auto features = noise(49 * 40, 3);
  std::vector<float> posteriors(10);
  testing::AllocationGuard guard;
  plan.run_window(features, posteriors);
  EXPECT_EQ(guard.allocations(), 0U);
}

TEST_P(Networks, StayFiniteWhateverTheFeaturesAre) {
  Plan plan(network(GetParam()));
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), kInfinity, -kInfinity, 3e38F, -3e38F, 1e-42F}) {
    for (const std::size_t spacing : {std::size_t{1}, std::size_t{17}}) {
      auto features = noise(49 * 40, 4);
      for (std::size_t i = 0; i < features.size(); i += spacing) features[i] = bad;
      std::vector<float> posteriors(10);
      plan.run_window(features, posteriors);
      for (const float p : posteriors) EXPECT_TRUE(p >= 0.0F && p <= 1.0F) << bad;
      EXPECT_NEAR(std::accumulate(posteriors.begin(), posteriors.end(), 0.0F), 1.0F, 1e-3F);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, Networks, ::testing::Values("ds_cnn", "ds_cnn_s", "cnn", "tiny_conv"),
                         [](const auto& kind) { return std::string(kind.param); });

TEST(Plan, FeatureThatIsNotFiniteCountsAsTheMean) {
  auto model = network("ds_cnn_s");
  for (std::size_t bin = 0; bin < 40; ++bin) {
    model.weights["input_norm.mean"][bin] = static_cast<float>(bin) - 20.0F;
  }
  Plan plan(model);
  auto features = noise(49 * 40, 5);
  auto broken = features;
  features[3 * 40 + 7] = 7.0F - 20.0F;
  broken[3 * 40 + 7] = std::numeric_limits<float>::quiet_NaN();
  std::vector<float> expected(10);
  std::vector<float> found(10);
  plan.run_window(features, expected);
  plan.run_window(broken, found);
  EXPECT_EQ(found, expected);
}

TEST(Plan, EqualInputsGiveEqualBits) {
  Plan plan(network("ds_cnn_s"));
  Plan other(network("ds_cnn_s"));
  const auto features = noise(49 * 40, 6);
  std::vector<float> first(10);
  std::vector<float> second(10);
  plan.run_window(features, first);
  plan.run_window(noise(49 * 40, 7), second);  // leaves its traces in the arena
  plan.run_window(features, second);
  EXPECT_EQ(first, second);
  Plan moved = std::move(other);
  moved.run_window(features, second);
  EXPECT_EQ(first, second);
}

TEST(Plan, WithoutASoftmaxTheOutputIsWhatItIs) {
  nn::Model model;
  const auto x = model.graph.add_input({2, 3, 1});
  const auto flat = model.graph.add_node("flat", nn::Op::kFlatten, nn::NoAttributes{}, {x});
  model.graph.add_node("dense", nn::Op::kDense, nn::Dense{.channels = 2}, {flat});
  model.weights = {{"dense.weight", {1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 2}}, {"dense.bias", {0, 1}}};
  Plan plan(model);
  const std::vector<float> features{1, 2, 3, 4, 5, 6};
  std::vector<float> outputs(2);
  plan.run_window(features, outputs);
  EXPECT_THAT(outputs, ::testing::ElementsAre(21, 13));
  EXPECT_THAT(plan.logits(), ::testing::ElementsAre(21, 13));
}

std::string message_of(const nn::Model& model) {
  try {
    Plan plan(model);
  } catch (const ModelError& error) {
    return error.what();
  }
  return "";
}

TEST(Plan, RefusesWhatCannotBeAndNamesIt) {
  using ::testing::HasSubstr;
  auto model = network("ds_cnn_s");
  ASSERT_EQ(message_of(model), "");
  model.weights.erase("block2_pw.weight");
  EXPECT_THAT(message_of(model), HasSubstr("block2_pw.weight"));

  model = network("ds_cnn_s");
  model.weights["conv1.weight"].pop_back();
  EXPECT_THAT(message_of(model), HasSubstr("conv1.weight"));

  model = network("ds_cnn_s");
  model.weights["block1_dw_bn.variance"][3] = -1.0F;
  EXPECT_THAT(message_of(model), HasSubstr("block1_dw_bn.variance"));

  // Finite as it stands, but not once it is folded.
  model = network("ds_cnn_s");
  model.weights["block3_pw_bn.gamma"][0] = 3e38F;
  model.weights["block3_pw_bn.variance"][0] = 0.0F;
  EXPECT_THAT(message_of(model), HasSubstr("'block3_pw."));

  nn::Model alone;  // a norm with nothing to be folded into
  const auto x = alone.graph.add_input({1, 1, 2});
  alone.graph.add_node("norm", nn::Op::kBatchNorm, nn::BatchNorm{}, {x});
  alone.weights = nn::initial_weights(alone.graph, Random(1));
  ASSERT_EQ(message_of(alone), "");
  alone.weights["norm.gamma"][0] = 3e38F;
  alone.weights["norm.variance"][0] = 0.0F;
  EXPECT_THAT(message_of(alone), HasSubstr("'norm'"));

  model = network("ds_cnn_s");
  model.graph.output = model.graph.nodes[1].output;  // cut behind the first convolution
  EXPECT_THAT(message_of(model), HasSubstr("'conv1'"));
  EXPECT_THAT(message_of(model), HasSubstr("24x20x64"));
}

}  // namespace
}  // namespace kws::engine
