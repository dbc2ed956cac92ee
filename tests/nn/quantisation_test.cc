// SPDX-License-Identifier: MIT
#include "nn/quantisation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "base/error.h"
#include "nn/costs.h"
#include "nn/rewrite.h"

namespace kws::nn {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

/// input [4, 3, 1] → quantize → conv 2x3 to 2 channels → dequantize.
Model conv_model() {
  Model model;
  auto& graph = model.graph;
  graph.add_input({4, 3, 1});
  graph.add_node("quantize", Op::kQuantize, NoAttributes{}, {0}, Quantisation{0.5F, 1});
  graph.add_node(
      "conv", Op::kConv2d,
      Conv2d{.channels = 2, .window = {.kernel_time = 2, .kernel_freq = 3}, .bias = true}, {1},
      Quantisation{0.25F, -128});
  graph.add_node("dequantize", Op::kDequantize, NoAttributes{}, {2});
  model.weights["conv.weight"] = std::vector<float>(12, 0.0F);
  model.weights["conv.weight_scale"] = {0.5F, 0.125F};
  model.weights["conv.weight"][0] = 63.5F;     // channel 0: q = 127
  model.weights["conv.weight"][3] = -15.875F;  // channel 1: q = -127
  model.weights["conv.bias"] = {1.0F, 0.03125F};
  return model;
}

std::string refusal(const Model& model) {
  try {
    validate(model);
  } catch (const ModelError& error) {
    return error.what();
  }
  return "";
}

std::string refused_node(const Graph& from, Op op, Attributes attributes,
                         std::vector<TensorId> inputs,
                         std::optional<Quantisation> quantisation = std::nullopt) {
  Graph graph = from;
  try {
    graph.add_node("new", op, std::move(attributes), std::move(inputs), quantisation);
  } catch (const ModelError& error) {
    EXPECT_THAT(error.what(), HasSubstr("layer 'new'"));
    return error.what();
  }
  return "";
}

TEST(Quantise, RoundsTiesToEvenAndClamps) {
  const Quantisation plain{1.0F, 0};
  EXPECT_EQ(quantise(0.5F, plain), 0);
  EXPECT_EQ(quantise(1.5F, plain), 2);
  EXPECT_EQ(quantise(-2.5F, plain), -2);
  EXPECT_EQ(quantise(300.0F, plain), 127);
  EXPECT_EQ(quantise(-300.0F, plain), -128);
  // The zero point is added after rounding: 0.5 rounds to 0, whatever the zero point's parity.
  EXPECT_EQ(quantise(0.5F, {1.0F, 1}), 1);
  EXPECT_EQ(quantise(kInfinity, {0.5F, 100}), 127);
  EXPECT_EQ(quantise(-kInfinity, {0.5F, 100}), -128);
  EXPECT_EQ(quantise(kNan, {0.5F, -7}), -7);
  EXPECT_EQ(quantise(3e38F, {1e-30F, -128}), 127);
}

TEST(Quantise, IntegersComeBack) {
  for (const Quantisation& grid : {Quantisation{0.1F, 3}, {0.0235F, -128}, {7.3F, 127}}) {
    for (int q = -128; q <= 127; ++q) {
      const auto one = static_cast<std::int8_t>(q);
      EXPECT_EQ(quantise(dequantise(one, grid), grid), one);
    }
  }
}

TEST(IntegerLayer, IsWhatTheWeightsSay) {
  const auto model = conv_model();
  const auto layer = integer_layer(model, model.graph.nodes[1]);
  EXPECT_EQ(layer.weight[0], 127);
  EXPECT_EQ(layer.weight[3], -127);
  EXPECT_THAT(layer.bias, ElementsAre(4, 0));  // 1 / (0.5 * 0.5); 0.03125 / 0.0625 is a tie
  EXPECT_THAT(layer.multiplier, ElementsAre(1.0F, 0.25F));
}

TEST(Graph, Int8NodesSayWhatTheirOutputsMean) {
  const Graph graph = conv_model().graph;
  const Quantisation grid{0.1F, 0};
  EXPECT_EQ(graph.tensors[1].type, ElementType::kInt8);
  EXPECT_EQ(graph.tensors[3].type, ElementType::kFloat32);
  EXPECT_THAT(refused_node(graph, Op::kRelu, {}, {2}), HasSubstr("without a scale"));
  EXPECT_THAT(refused_node(graph, Op::kRelu, {}, {3}, grid), HasSubstr("put a quantize before"));
  EXPECT_THAT(refused_node(graph, Op::kSoftmax, {}, {2}), HasSubstr("put a dequantize before"));
  EXPECT_THAT(refused_node(graph, Op::kBatchNorm, BatchNorm{}, {2}, grid), HasSubstr("no int8"));
  EXPECT_THAT(refused_node(graph, Op::kQuantize, {}, {2}, grid), HasSubstr("int8 already"));
  EXPECT_THAT(refused_node(graph, Op::kDequantize, {}, {3}), HasSubstr("reads what is no int8"));
  EXPECT_THAT(refused_node(graph, Op::kDequantize, {}, {2}, grid), HasSubstr("no scale"));
  EXPECT_THAT(refused_node(graph, Op::kAdd, {}, {2, 3}, grid), HasSubstr("floats as well as int8"));
  EXPECT_THAT(refused_node(graph, Op::kFlatten, {}, {2}, grid), HasSubstr("must be its input's"));
  EXPECT_EQ(refused_node(graph, Op::kFlatten, {}, {2}), "");
  EXPECT_EQ(refused_node(graph, Op::kMaxPool, Pool{}, {2}, Quantisation{0.25F, -128}), "");
}

TEST(Graph, RefusesScalesAndZeroPointsThatCannotBe) {
  const Graph graph = conv_model().graph;
  for (const float scale : {0.0F, -1.0F, kNan, kInfinity, 1e-40F}) {
    EXPECT_THAT(refused_node(graph, Op::kQuantize, {}, {3}, Quantisation{scale, 0}),
                HasSubstr("a scale of"));
  }
  for (const int zero_point : {-129, 128, 1 << 30}) {
    EXPECT_THAT(refused_node(graph, Op::kQuantize, {}, {3}, Quantisation{1.0F, zero_point}),
                HasSubstr("zero_point"));
  }
}

TEST(ValidateQuantised, TakesWhatIsRightAndKeepsItThroughFolding) {
  const auto model = conv_model();
  EXPECT_EQ(refusal(model), "");
  const auto folded = fold_for_inference(model);
  EXPECT_EQ(folded.graph.tensors[2].quantisation, model.graph.tensors[2].quantisation);
  EXPECT_EQ(folded.weights, model.weights);
}

TEST(ValidateQuantised, NamesTheNodeThatIsWrong) {
  const auto broken = [](auto change) {
    auto model = conv_model();
    change(model);
    return refusal(model);
  };
  EXPECT_THAT(broken([](Model& m) { m.weights["conv.weight"][2] = 0.3F; }),
              AllOf(HasSubstr("'conv'"), HasSubstr("grid")));
  EXPECT_THAT(broken([](Model& m) { m.weights["conv.weight"][0] = 64.0F; }), HasSubstr("grid"));
  EXPECT_THAT(broken([](Model& m) { m.weights["conv.weight_scale"][1] = 0.0F; }),
              HasSubstr("scale of its weights"));
  EXPECT_THAT(broken([](Model& m) { m.weights.erase("conv.weight_scale"); }),
              HasSubstr("'conv.weight_scale' are missing"));
  EXPECT_THAT(broken([](Model& m) { m.weights["conv.bias"][0] = 1e10F; }),
              AllOf(HasSubstr("'conv'"), HasSubstr("overflow 32 bits")));
  EXPECT_THAT(broken([](Model& m) { m.graph.tensors[2].quantisation.scale = 1e-7F; }),
              AllOf(HasSubstr("'conv'"), HasSubstr("out of proportion")));
  EXPECT_THAT(broken([](Model& m) { m.graph.tensors[1].quantisation.zero_point = 200; }),
              AllOf(HasSubstr("'quantize'"), HasSubstr("zero_point")));
  EXPECT_THAT(broken([](Model& m) { m.graph.tensors[2].type = ElementType::kFloat32; }),
              HasSubstr("'conv.weight_scale' belong to no layer"));
  EXPECT_THAT(broken([](Model& m) { m.graph.tensors[0].type = ElementType::kInt8; }),
              HasSubstr("the input is int8"));
}

// Kernels reserve room for as many taps as could fill 32 bits, and zeros are taps.
TEST(ValidateQuantised, RefusesMoreTapsThanCouldBeSummedThoughTheyAreZeros) {
  Model model;
  auto& graph = model.graph;
  graph.add_input({300, 256, 1});
  graph.add_node("quantize", Op::kQuantize, NoAttributes{}, {0}, Quantisation{0.5F, 1});
  graph.add_node("conv", Op::kConv2d,
                 Conv2d{.channels = 1, .window = {.kernel_time = 300, .kernel_freq = 256}}, {1},
                 Quantisation{0.25F, 0});
  model.weights["conv.weight"] = std::vector<float>(300 * 256, 0.0F);
  model.weights["conv.weight"][0] = 0.5F;
  model.weights["conv.weight_scale"] = {0.5F};
  EXPECT_THAT(refusal(model), AllOf(HasSubstr("'conv'"), HasSubstr("too many weights")));
}

TEST(CostsQuantised, CountOneByteAWeightAndAnActivation) {
  const auto costs = cost(conv_model().graph);
  EXPECT_EQ(costs.nodes[1].parameters, 12 + 2);
  EXPECT_EQ(costs.nodes[1].weight_bytes, 12 + 2 * 4 + 2 * 4);
  EXPECT_EQ(costs.nodes[1].macs, 3 * 12);
  EXPECT_EQ(costs.nodes[1].activation_bytes, 3 * 2);
  EXPECT_EQ(costs.nodes[0].activation_bytes, 12);
  EXPECT_EQ(costs.nodes[2].activation_bytes, 3 * 2 * 4);
}

}  // namespace
}  // namespace kws::nn
