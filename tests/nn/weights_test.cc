// SPDX-License-Identifier: MIT
#include "nn/weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "base/error.h"

namespace kws::nn {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// A layer of every kind that owns values.
Graph every_owner() {
  Graph graph;
  auto last = graph.add_input({8, 10, 1});
  const auto add = [&](const char* name, Op op, Attributes attributes) {
    last = graph.add_node(name, op, std::move(attributes), {last});
  };
  const Window square{.kernel_time = 3, .kernel_freq = 2};
  add("norm", Op::kInputNorm, NoAttributes{});
  add("conv", Op::kConv2d, Conv2d{.channels = 6, .window = square});
  add("bn", Op::kBatchNorm, BatchNorm{});
  add("dw", Op::kDepthwise, Depthwise{.window = {.kernel_time = 2}, .bias = true});
  add("grouped", Op::kConv2d, Conv2d{.channels = 4, .groups = 2, .window = square, .bias = true});
  add("ssn", Op::kSubSpectralNorm, SubSpectralNorm{.bands = 2});
  add("relu", Op::kRelu, NoAttributes{});
  add("dense", Op::kDense, Dense{.channels = 3});
  return graph;
}

std::string refusal(const Model& model) {
  try {
    validate(model);
  } catch (const ModelError& error) {
    return error.what();
  }
  return "";
}

Model model() {
  auto graph = every_owner();
  auto weights = initial_weights(graph, Random(1));
  return {std::move(graph), std::move(weights)};
}

TEST(Parameters, HaveNamesShapesAndRolesInStorageOrder) {
  using enum ParameterRole;
  struct Wanted {
    const char* name;
    std::vector<std::int64_t> shape;
    ParameterRole role;
  };
  const std::vector<Wanted> wanted{
      {"norm.mean", {10}, kStatistic},
      {"norm.deviation", {10}, kStatistic},
      {"conv.weight", {3, 2, 1, 6}, kWeight},
      {"bn.gamma", {6}, kBias},
      {"bn.beta", {6}, kBias},
      {"bn.mean", {6}, kStatistic},
      {"bn.variance", {6}, kStatistic},
      {"dw.weight", {2, 1, 6}, kWeight},
      {"dw.bias", {6}, kBias},
      {"grouped.weight", {3, 2, 3, 4}, kWeight},
      {"grouped.bias", {4}, kBias},
      {"ssn.gamma", {2, 4}, kBias},
      {"ssn.beta", {2, 4}, kBias},
      {"ssn.mean", {2, 4}, kStatistic},
      {"ssn.variance", {2, 4}, kStatistic},
      {"dense.weight", {3 * 8 * 4, 3}, kWeight},
      {"dense.bias", {3}, kBias},
  };
  const auto found = parameters(every_owner());
  ASSERT_EQ(found.size(), wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    EXPECT_EQ(found[i].name, wanted[i].name);
    EXPECT_EQ(found[i].shape, wanted[i].shape) << wanted[i].name;
    EXPECT_EQ(found[i].role, wanted[i].role) << wanted[i].name;
  }
  EXPECT_EQ(found[2].elements(), 36U);
}

TEST(InitialWeights, AreValidAndTheSameForASeed) {
  EXPECT_EQ(refusal(model()), "");
  EXPECT_EQ(initial_weights(every_owner(), Random(7)), initial_weights(every_owner(), Random(7)));
  EXPECT_NE(initial_weights(every_owner(), Random(7)), initial_weights(every_owner(), Random(8)));
}

TEST(InitialWeights, HaveTheDeviationOfHe) {
  Graph graph;
  graph.add_input({9, 9, 32});
  graph.add_node("conv", Op::kConv2d,
                 Conv2d{.channels = 256, .window = {.kernel_time = 3, .kernel_freq = 3}},
                 {graph.output});
  graph.add_node("pool", Op::kMean, Mean{}, {graph.output});
  graph.add_node("dense", Op::kDense, Dense{.channels = 100}, {graph.output});
  const auto weights = initial_weights(graph, Random(3));
  double squares = 0.0;
  const auto& conv = weights.at("conv.weight");
  for (const float w : conv) squares += static_cast<double>(w) * static_cast<double>(w);
  // 73,728 draws: the estimate is good to 0.3 %, so 2 % never fails by chance.
  const double wanted = std::sqrt(2.0 / (3 * 3 * 32));
  EXPECT_NEAR(std::sqrt(squares / static_cast<double>(conv.size())), wanted, 0.02 * wanted);
  for (const float w : weights.at("dense.weight")) EXPECT_LE(std::abs(w), 1.0F / 16.0F);
}

TEST(InitialWeights, LeaveNormalisationNeutral) {
  const auto weights = model().weights;
  EXPECT_THAT(weights.at("bn.gamma"), Each(1.0F));
  EXPECT_THAT(weights.at("bn.variance"), Each(1.0F));
  EXPECT_THAT(weights.at("bn.beta"), Each(0.0F));
  EXPECT_THAT(weights.at("bn.mean"), Each(0.0F));
  EXPECT_THAT(weights.at("norm.deviation"), Each(1.0F));
  EXPECT_THAT(weights.at("norm.mean"), Each(0.0F));
}

TEST(Validate, NamesTheParameterThatIsWrong) {
  const auto changed = [](const auto& change) {
    auto bad = model();
    change(bad.weights);
    return refusal(bad);
  };
  EXPECT_THAT(changed([](Weights& w) { w.erase("dw.bias"); }),
              AllOf(HasSubstr("'dw.bias'"), HasSubstr("missing")));
  EXPECT_THAT(changed([](Weights& w) { w["dw.bias"].pop_back(); }),
              AllOf(HasSubstr("'dw.bias'"), HasSubstr("5 values"), HasSubstr("6")));
  EXPECT_THAT(changed([](Weights& w) { w["ghost.weight"] = {1.0F}; }), HasSubstr("'ghost.weight'"));
  EXPECT_THAT(changed([](Weights& w) { w["conv.weight"][3] = std::nanf(""); }),
              AllOf(HasSubstr("'conv.weight'"), HasSubstr("not finite")));
  EXPECT_THAT(
      changed([](Weights& w) { w["dense.bias"][0] = std::numeric_limits<float>::infinity(); }),
      HasSubstr("not finite"));
  EXPECT_THAT(changed([](Weights& w) { w["bn.variance"][0] = -1.0F; }),
              AllOf(HasSubstr("'bn.variance'"), HasSubstr("negative")));
  EXPECT_THAT(changed([](Weights& w) { w["norm.deviation"][0] = 0.0F; }),
              HasSubstr("'norm.deviation'"));
  EXPECT_EQ(changed([](Weights& w) { w["bn.variance"][0] = 0.0F; }), "");  // epsilon saves it
}

}  // namespace
}  // namespace kws::nn
