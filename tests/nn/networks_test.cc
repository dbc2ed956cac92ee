// SPDX-License-Identifier: MIT
#include "nn/networks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <string>

#include "base/error.h"
#include "nn/interpreter.h"
#include "nn/weights.h"

namespace kws::nn {
namespace {

using ::testing::HasSubstr;

const Node* find(const Graph& graph, const std::string& name) {
  for (const auto& node : graph.nodes) {
    if (node.name == name) return &node;
  }
  return nullptr;
}

int channels_of(const Graph& graph, const std::string& name) {
  return static_cast<int>(graph.tensor_of(*find(graph, name)).shape.channels);
}

TEST(BuildNetwork, EveryKindStartsWithNormalisationAndEndsInASoftmax) {
  for (const auto& kind : network_kinds()) {
    NetworkSpec spec;
    spec.kind = kind;
    const auto graph = build_network(spec, 49, 40, 7);
    EXPECT_EQ(graph.input_shape(), (Shape{49, 40, 1})) << kind;
    EXPECT_EQ(graph.output_shape(), (Shape{1, 1, 7})) << kind;
    EXPECT_EQ(graph.nodes.front().op, Op::kInputNorm) << kind;
    EXPECT_EQ(graph.nodes.back().op, Op::kSoftmax) << kind;
  }
}

TEST(BuildNetwork, EveryKindGivesProbabilities) {
  for (const auto& kind : network_kinds()) {
    NetworkSpec spec;
    spec.kind = kind;
    spec.channels = 4;
    Model model{build_network(spec, 20, 12, 5), {}};
    model.weights = initial_weights(model.graph, Random(4));
    Random random(5);
    std::vector<double> input(20 * 12);
    for (auto& value : input) value = random.normal();
    const auto posteriors = kws::testing::interpret(model, input);
    ASSERT_EQ(posteriors.size(), 5U) << kind;
    EXPECT_NEAR(std::accumulate(posteriors.begin(), posteriors.end(), 0.0), 1.0, 1e-12) << kind;
    EXPECT_GT(*std::min_element(posteriors.begin(), posteriors.end()), 0.0) << kind;
  }
}

TEST(BuildNetwork, FollowsTheSpec) {
  NetworkSpec spec;
  spec.kind = "ds_cnn";
  spec.channels = 20;
  spec.blocks = 5;
  const auto graph = build_network(spec, 49, 40, 7);
  EXPECT_EQ(channels_of(graph, "conv1"), 20);
  EXPECT_NE(find(graph, "block5_pw"), nullptr);
  EXPECT_EQ(find(graph, "block6_pw"), nullptr);
  EXPECT_EQ(find(graph, "dropout"), nullptr);
  spec.dropout = 0.3;
  EXPECT_NE(find(build_network(spec, 49, 40, 7), "dropout"), nullptr);
}

TEST(BuildNetwork, AStridedBlockHalvesWhatFollows) {
  NetworkSpec spec;
  spec.kind = "ds_cnn_s";
  spec.blocks = 3;
  spec.stride_block = 2;
  const auto graph = build_network(spec, 49, 40, 7);
  const auto output_of = [&](const char* name) {
    return graph.tensors[find(graph, name)->output].shape;
  };
  EXPECT_EQ(output_of("block1_pw"), (Shape{24, 20, 64}));
  EXPECT_EQ(output_of("block2_dw"), (Shape{12, 10, 64}));
  EXPECT_EQ(output_of("block3_pw"), (Shape{12, 10, 64}));
}

TEST(BuildNetwork, WithoutPaddingInTimeRowsGetFewer) {
  NetworkSpec spec{.kind = "ds_cnn_s", .blocks = 3, .stride_block = 2, .pad_time = false};
  const auto rows_of = [&](const char* name) {
    const auto graph = build_network(spec, 49, 40, 7);
    return graph.tensors[find(graph, name)->output].shape;
  };
  EXPECT_EQ(rows_of("conv1"), (Shape{20, 20, 64}));
  EXPECT_EQ(rows_of("block1_dw"), (Shape{18, 20, 64}));
  EXPECT_EQ(rows_of("block2_dw"), (Shape{8, 10, 64}));
  EXPECT_EQ(rows_of("block3_pw"), (Shape{6, 10, 64}));
  spec.stride_time = false;
  EXPECT_EQ(rows_of("block2_dw"), (Shape{16, 10, 64}));
  spec.kind = "tiny_conv";
  spec.stride_block = 0;
  EXPECT_EQ(rows_of("conv1"), (Shape{20, 20, 8}));
}

TEST(BuildNetwork, WithoutPaddingInTimeFramesMustSuffice) {
  for (const char* kind : {"ds_cnn", "ds_cnn_s", "cnn", "tiny_conv"}) {
    for (const bool strided : {false, true}) {
      NetworkSpec spec{.kind = kind, .blocks = 6, .pad_time = false};
      if (strided && spec.kind.starts_with("ds_")) spec.stride_block = 3;
      std::string message;
      try {
        (void)build_network(spec, 1, 40, 7);
      } catch (const ConfigError& error) {
        message = error.what();
      }
      const auto at = message.find("needs ");
      ASSERT_NE(at, std::string::npos) << message;
      const int needed = std::stoi(message.substr(at + 6));
      EXPECT_THROW((void)build_network(spec, needed - 1, 40, 7), ConfigError);
      EXPECT_NO_THROW((void)build_network(spec, needed, 40, 7));
    }
  }
}

TEST(BuildNetwork, AResidualBlockAddsItsInputWhereShapesAgree) {
  NetworkSpec spec{.kind = "ds_cnn_s", .blocks = 3, .stride_block = 2, .residual = true};
  const auto graph = build_network(spec, 49, 40, 7);
  EXPECT_EQ(find(graph, "block2_sum"), nullptr) << "its input has four times the places";
  for (const char* block : {"block1", "block3"}) {
    const auto* sum = find(graph, std::string(block) + "_sum");
    ASSERT_NE(sum, nullptr);
    EXPECT_EQ(sum->op, Op::kAdd);
    EXPECT_EQ(sum->inputs[0], find(graph, std::string(block) + "_pw_bn")->output);
    EXPECT_EQ(sum->inputs[1], find(graph, std::string(block) + "_dw")->inputs[0]);
    EXPECT_EQ(find(graph, std::string(block) + "_pw_relu")->inputs[0], sum->output);
  }
  EXPECT_THROW((void)build_network({.kind = "cnn", .residual = true}, 49, 40, 7), ConfigError);
}

TEST(BuildNetwork, WithoutPaddingAResidualBlockAddsTheMeanOfTheRowsItSaw) {
  const auto graph = build_network(
      {.kind = "ds_cnn_s", .blocks = 3, .stride_block = 2, .pad_time = false, .residual = true}, 64,
      40, 7);
  EXPECT_EQ(find(graph, "block2_sum"), nullptr);
  for (const char* block : {"block1", "block3"}) {
    const auto* sum = find(graph, std::string(block) + "_sum");
    const auto* skip = find(graph, std::string(block) + "_skip");
    ASSERT_NE(sum, nullptr);
    ASSERT_NE(skip, nullptr);
    EXPECT_EQ(skip->op, Op::kAveragePool);
    EXPECT_EQ(skip->inputs[0], find(graph, std::string(block) + "_dw")->inputs[0]);
    EXPECT_EQ(sum->inputs[1], skip->output);
    EXPECT_EQ(graph.tensors[skip->output].shape, graph.tensors[sum->output].shape);
  }
}

TEST(BuildNetwork, AStridedBlockMustBeThere) {
  for (const char* kind : {"ds_cnn_s", "cnn"}) {
    NetworkSpec spec;
    spec.kind = kind;
    spec.stride_block = 5;
    try {
      (void)build_network(spec, 49, 40, 7);
      FAIL();
    } catch (const ConfigError& error) {
      EXPECT_THAT(error.what(), HasSubstr("stride_block is 5"));
    }
  }
}

TEST(BuildNetwork, WidthTruncatesOrRoundsAndNeverVanishes) {
  NetworkSpec spec;
  spec.kind = "cnn";
  spec.channels = 10;
  spec.width = 0.37;
  EXPECT_EQ(channels_of(build_network(spec, 49, 40, 2), "conv3"), 3);
  spec.width_rounds = true;
  EXPECT_EQ(channels_of(build_network(spec, 49, 40, 2), "conv3"), 4);
  spec.width = 0.001;
  EXPECT_EQ(channels_of(build_network(spec, 49, 40, 2), "conv3"), 1);
}

// TensorFlow's int(alpha * C) is taken in double, where 0.7 * 10 and 0.3 * 10 are whole.
TEST(BuildNetwork, WidthTruncatesAsThePublishedRunsDo) {
  NetworkSpec spec;
  spec.kind = "ds_cnn";
  spec.channels = 256;
  spec.width = 0.7;
  EXPECT_EQ(channels_of(build_network(spec, 49, 40, 2), "conv1"), 179);
  spec.width = 0.3;
  EXPECT_EQ(channels_of(build_network(spec, 49, 40, 2), "conv1"), 76);
}

TEST(BuildNetwork, AnUnknownKindNamesTheNearest) {
  NetworkSpec spec;
  spec.kind = "ds_cn";
  try {
    (void)build_network(spec, 49, 40, 7);
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), HasSubstr("did you mean 'ds_cnn'?"));
  }
}

TEST(BuildNetwork, AnInputTooSmallNamesTheLayer) {
  NetworkSpec spec;
  spec.kind = "ds_cnn";
  try {
    (void)build_network(spec, 49, 2, 7);
    FAIL();
  } catch (const ModelError& error) {
    EXPECT_THAT(error.what(), HasSubstr("'conv1'"));
    EXPECT_THAT(error.what(), HasSubstr("49x2x1"));
  }
}

}  // namespace
}  // namespace kws::nn
