// SPDX-License-Identifier: MIT
//
// What folding, fusing and laying out make of known networks.
#include "engine/program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/arena.h"
#include "engine/plan.h"
#include "nn/costs.h"
#include "nn/networks.h"

namespace kws::engine {
namespace {

using nn::Op;
using ::testing::ElementsAre;

nn::Model network(const nn::NetworkSpec& spec, int labels) {
  nn::Model model;
  model.graph = nn::build_network(spec, 49, 40, labels);
  model.weights = nn::initial_weights(model.graph, Random(1));
  return model;
}

std::vector<std::string> step_names(const Program& program) {
  std::vector<std::string> names;
  for (const auto& step : program.steps) names.push_back(program.model.graph.nodes[step.node].name);
  return names;
}

TEST(Program, NormsFoldAndActivationsFuse) {
  const auto program = make_program(network({.kind = "ds_cnn"}, 8), Execution::kWholeWindow);
  EXPECT_THAT(step_names(program),
              ElementsAre("input_norm", "conv1", "block1_dw", "block1_pw", "block2_dw", "block2_pw",
                          "pool", "pool", "dense", "softmax"));
  EXPECT_EQ(program.steps[1].bounds.low, 0.0F);
  EXPECT_EQ(program.steps[8].bounds.low, -std::numeric_limits<float>::infinity());
}

TEST(Program, ActivationWithAnotherReaderOfItsInputStaysApart) {
  nn::Model model;
  auto& graph = model.graph;
  const auto x = graph.add_input({2, 2, 1});
  const auto conv = graph.add_node("conv", Op::kConv2d, nn::Conv2d{.channels = 3}, {x});
  const auto relu = graph.add_node("relu", Op::kRelu, nn::NoAttributes{}, {conv});
  const auto sum = graph.add_node("sum", Op::kAdd, nn::NoAttributes{}, {conv, relu});
  const auto relu6 = graph.add_node("relu6", Op::kRelu6, nn::NoAttributes{}, {sum});
  const auto again = graph.add_node("again", Op::kRelu, nn::NoAttributes{}, {relu6});
  graph.add_node("pool", Op::kMean, nn::Mean{}, {again});
  model.weights = nn::initial_weights(graph, Random(1));
  const auto program = make_program(model, Execution::kWholeWindow);
  // relu6 goes into sum; what follows it finds that place taken.
  EXPECT_THAT(step_names(program), ElementsAre("conv", "relu", "sum", "again", "pool", "pool"));
  EXPECT_EQ(program.steps[2].bounds.high, 6.0F);
}

TEST(Program, WhatNobodyNeedsIsLeftOut) {
  nn::Model model;
  auto& graph = model.graph;
  const auto x = graph.add_input({2, 2, 1});
  graph.add_node("unused", Op::kConv2d, nn::Conv2d{.channels = 3}, {x});
  const auto flat = graph.add_node("flat", Op::kFlatten, nn::NoAttributes{}, {x});
  graph.add_node("dense", Op::kDense, nn::Dense{.channels = 2}, {flat});
  model.weights = nn::initial_weights(graph, Random(1));
  EXPECT_THAT(step_names(make_program(model, Execution::kWholeWindow)), ElementsAre("dense"));
}

// Pinned: whoever makes an arena larger should know it. The whole window's is what the inspector
// promises (nn::cost), rounded up to cache lines, and the context as a ring of twice its rows.
TEST(Arena, BytesOfTheShippedNetworks) {
  struct Case {
    nn::NetworkSpec spec;
    std::size_t whole;
    std::size_t incremental;
  };
  for (const auto& [spec, whole, incremental] :
       {Case{{.kind = "ds_cnn"}, 2U * 24 * 19 * 128 * 4, 1595008},
        Case{{.kind = "ds_cnn", .channels = 256}, 2U * 24 * 19 * 256 * 4, 3181184},
        Case{{.kind = "ds_cnn_s"}, 2U * 24 * 20 * 64 * 4, 1529984},
        Case{{.kind = "cnn"}, 2U * 24 * 19 * 128 * 4, 1361536},
        Case{{.kind = "tiny_conv"}, 7872U + 4000 * 4, 73792}}) {
    const auto model = network(spec, 10);
    const auto promised = static_cast<std::size_t>(nn::cost(model.graph).peak_activation_bytes);
    constexpr std::size_t kContext = 2 * 49 * 40 * 4 + 64;
    EXPECT_EQ(Plan(model, {.execution = Execution::kWholeWindow}).arena_bytes(),
              whole + 64 + kContext)
        << spec.kind;
    EXPECT_GE(whole, promised) << spec.kind;
    EXPECT_LE(whole, promised + 256) << spec.kind;
    EXPECT_EQ(Plan(model).arena_bytes(), incremental) << spec.kind;
  }
}

TEST(Arena, PlacesBuffersByTheirLives) {
  // A long-lived one, two that follow each other, one that needs the gap between, and a ring.
  const std::vector<Buffer> buffers{
      {.row_bytes = 128, .first_step = 0, .last_step = 3},
      {.row_bytes = 256, .first_step = 0, .last_step = 1},
      {.row_bytes = 256, .first_step = 2, .last_step = 3},
      {.row_bytes = 0, .first_step = 0, .last_step = 3},
      {.row_bytes = 4, .first_step = 3, .last_step = 3},
      {.rows = 3, .row_bytes = 64, .motion = {.period = 2}, .ring = true, .margin = 1}};
  const auto layout = lay_out(buffers);
  EXPECT_EQ(layout.offsets[1], layout.offsets[2]) << "they never live together";
  EXPECT_EQ(layout.offsets[5], 256 + 128 + 64 + 64);
  EXPECT_EQ(layout.bytes, layout.offsets[5] + 2 * (4 * 64 + 64));
}

}  // namespace
}  // namespace kws::engine
