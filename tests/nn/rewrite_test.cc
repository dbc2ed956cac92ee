// SPDX-License-Identifier: MIT
#include "nn/rewrite.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "nn/interpreter.h"
#include "nn/networks.h"

namespace kws::nn {
namespace {

/// Values that no test passes by luck: nothing is neutral, variances stay positive.
Weights random_weights(const Graph& graph, std::uint64_t seed) {
  Weights weights;
  Random random(seed);
  for (const auto& spec : parameters(graph)) {
    auto& values = weights[spec.name];
    for (std::size_t i = 0; i < spec.elements(); ++i) {
      const bool positive = spec.name.ends_with("variance") || spec.name.ends_with("deviation");
      values.push_back(static_cast<float>(positive ? random.uniform(0.2, 3.0) : random.normal()));
    }
  }
  return weights;
}

std::vector<double> random_input(const Graph& graph, std::uint64_t seed) {
  Random random(seed);
  std::vector<double> input(graph.input_shape().elements());
  for (auto& value : input) value = random.normal();
  return input;
}

std::size_t count(const Graph& graph, Op op) {
  return static_cast<std::size_t>(std::count_if(graph.nodes.begin(), graph.nodes.end(),
                                                [&](const Node& node) { return node.op == op; }));
}

/// Folds, and checks that nothing changed for anyone outside. Weights are rounded to float once
/// more by folding, 6e-8 each; the largest output and a few layers in a row make 1e-5 of it ample.
Model fold_and_compare(const Graph& graph, std::uint64_t seed) {
  const Model model{graph, random_weights(graph, seed)};
  const Model folded = fold_for_inference(model);
  EXPECT_NO_THROW(validate(folded));
  EXPECT_EQ(folded.graph.output_shape(), graph.output_shape());
  const auto input = random_input(graph, seed + 1);
  const auto before = kws::testing::interpret(model, input);
  const auto after = kws::testing::interpret(folded, input);
  double largest = 0.0;
  for (const double value : before) largest = std::max(largest, std::abs(value));
  EXPECT_EQ(before.size(), after.size());
  for (std::size_t i = 0; i < std::min(before.size(), after.size()); ++i) {
    EXPECT_NEAR(before[i], after[i], 1e-5 * largest) << i;
  }
  return folded;
}

TEST(FoldForInference, KeepsTheOutputsOfEveryNetwork) {
  for (const auto& kind : network_kinds()) {
    NetworkSpec spec;
    spec.kind = kind;
    spec.channels = 6;
    auto graph = build_network(spec, 16, 12, 3);
    graph.output = graph.nodes[graph.nodes.size() - 2].output;  // logits: a softmax hides a lot
    for (std::uint64_t seed = 1; seed < 4; ++seed) {
      const auto folded = fold_and_compare(graph, seed);
      EXPECT_EQ(count(folded.graph, Op::kBatchNorm), 0U) << kind;
      EXPECT_EQ(count(folded.graph, Op::kDropout), 0U) << kind;
    }
  }
}

/// conv (groups, bias) → bn → depthwise (bias) → bn → dense → bn.
TEST(FoldForInference, FoldsIntoEveryKindOfLayer) {
  Graph graph;
  graph.add_input({6, 5, 4});
  const auto add = [&](const char* name, Op op, Attributes attributes) {
    graph.add_node(name, op, std::move(attributes), {graph.output});
  };
  const Window window{.kernel_time = 3, .kernel_freq = 2, .padding = {1, 1, 0, 1}};
  add("conv", Op::kConv2d, Conv2d{.channels = 6, .groups = 2, .window = window, .bias = true});
  add("conv_bn", Op::kBatchNorm, BatchNorm{.epsilon = 1e-3F});
  add("dw", Op::kDepthwise, Depthwise{.window = window, .bias = true});
  add("dw_bn", Op::kBatchNorm, BatchNorm{});
  add("dense", Op::kDense, Dense{.channels = 3, .bias = false});
  add("dense_bn", Op::kBatchNorm, BatchNorm{});
  const auto folded = fold_and_compare(graph, 11);
  ASSERT_EQ(folded.graph.nodes.size(), 3U);
  EXPECT_TRUE(std::get<Dense>(folded.graph.nodes[2].attributes).bias);
}

TEST(FoldForInference, LeavesABatchNormWhoseInputOthersRead) {
  Graph graph;
  const auto input = graph.add_input({6, 5, 2});
  const auto conv = graph.add_node("conv", Op::kConv2d, Conv2d{.channels = 2}, {input});
  const auto norm = graph.add_node("bn", Op::kBatchNorm, BatchNorm{}, {conv});
  graph.add_node("sum", Op::kAdd, NoAttributes{}, {conv, norm});
  const auto folded = fold_and_compare(graph, 21);
  EXPECT_EQ(count(folded.graph, Op::kBatchNorm), 1U);
}

TEST(FoldForInference, LeavesABatchNormWhoseInputIsTheOutput) {
  Graph graph;
  const auto input = graph.add_input({6, 5, 2});
  const auto conv = graph.add_node("conv", Op::kConv2d, Conv2d{.channels = 2}, {input});
  graph.add_node("bn", Op::kBatchNorm, BatchNorm{}, {conv});
  graph.output = conv;
  fold_and_compare(graph, 22);
}

TEST(FoldForInference, LeavesABatchNormThatFollowsSomethingElse) {
  Graph graph;
  graph.add_input({6, 5, 2});
  const auto add = [&](const char* name, Op op, Attributes attributes) {
    graph.add_node(name, op, std::move(attributes), {graph.output});
  };
  add("first", Op::kBatchNorm, BatchNorm{});
  add("conv", Op::kConv2d, Conv2d{.channels = 3});
  add("relu", Op::kRelu, NoAttributes{});
  add("second", Op::kBatchNorm, BatchNorm{});
  add("third", Op::kBatchNorm, BatchNorm{});
  const auto folded = fold_and_compare(graph, 23);
  EXPECT_EQ(count(folded.graph, Op::kBatchNorm), 3U);
}

TEST(FoldForInference, FoldsOnceWhereTwoFollow) {
  Graph graph;
  graph.add_input({6, 5, 2});
  graph.add_node("conv", Op::kConv2d, Conv2d{.channels = 3}, {graph.output});
  graph.add_node("one", Op::kBatchNorm, BatchNorm{}, {graph.output});
  graph.add_node("two", Op::kBatchNorm, BatchNorm{}, {graph.output});
  fold_and_compare(graph, 24);
}

TEST(FoldForInference, DropoutBetweenBranchesVanishes) {
  Graph graph;
  const auto input = graph.add_input({6, 5, 2});
  const auto conv = graph.add_node("conv", Op::kConv2d, Conv2d{.channels = 2}, {input});
  const auto drop = graph.add_node("drop", Op::kDropout, Dropout{}, {conv});
  const auto norm = graph.add_node("bn", Op::kBatchNorm, BatchNorm{}, {drop});
  const auto relu = graph.add_node("relu", Op::kRelu, NoAttributes{}, {conv});
  const auto join = graph.add_node("join", Op::kConcat, NoAttributes{}, {norm, relu, conv});
  graph.add_node("drop2", Op::kDropout, Dropout{}, {join});
  const auto folded = fold_and_compare(graph, 25);
  EXPECT_EQ(count(folded.graph, Op::kDropout), 0U);
}

TEST(FoldForInference, KeepsWhatItCannotFold) {
  Graph graph;
  graph.add_input({6, 4, 1});
  const auto add = [&](const char* name, Op op, Attributes attributes) {
    graph.add_node(name, op, std::move(attributes), {graph.output});
  };
  add("norm", Op::kInputNorm, NoAttributes{});
  add("conv", Op::kConv2d, Conv2d{.channels = 3});
  add("ssn", Op::kSubSpectralNorm, SubSpectralNorm{.bands = 2});
  add("swish", Op::kSwish, NoAttributes{});
  add("pool", Op::kAveragePool, Pool{{.kernel_time = 2, .padding = {1, 0, 0, 0}}});
  const auto folded = fold_and_compare(graph, 26);
  EXPECT_EQ(folded.graph.nodes.size(), 5U);
}

TEST(BatchNormAffine, IsTheFormula) {
  Graph graph;
  graph.add_input({1, 1, 2});
  graph.add_node("bn", Op::kBatchNorm, BatchNorm{.epsilon = 0.25F}, {graph.output});
  const Weights weights{{"bn.gamma", {2.0F, -1.0F}},
                        {"bn.beta", {1.0F, 0.5F}},
                        {"bn.mean", {3.0F, -2.0F}},
                        {"bn.variance", {3.75F, 0.75F}}};
  const auto affine = batch_norm_affine(graph.nodes[0], weights);
  EXPECT_EQ(affine.factor, (std::vector<float>{1.0F, -1.0F}));
  EXPECT_EQ(affine.offset, (std::vector<float>{-2.0F, -1.5F}));
}

}  // namespace
}  // namespace kws::nn
