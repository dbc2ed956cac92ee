// SPDX-License-Identifier: MIT
//
// Networks become int8, all of them: random graphs must quantise, run in a plan as their kernels
// run apart, and as the reference kernels do, bit for bit.
#include "compress/quantise.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "engine/instruction_set_names.h"
#include "engine/kernels/s8/kernels.h"
#include "engine/plan.h"
#include "engine/random_models.h"
#include "engine/trace.h"
#include "nn/networks.h"
#include "nn/quantisation.h"
#include "nn/rewrite.h"

namespace kws::compress {
namespace {

using nn::Op;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<float> noise(std::size_t count, std::uint64_t seed) {
  Random random(seed);
  std::vector<float> values(count);
  for (auto& value : values) value = static_cast<float>(random.normal());
  return values;
}

Quantised quantised(const nn::Model& model, std::uint64_t seed, std::size_t windows = 8) {
  const auto folded = nn::fold_for_inference(model);
  const auto features = noise(windows * model.graph.input_shape().elements(), seed);
  return quantise(folded, calibrate(folded, features, RangeMethod::kMinMax, 2));
}

std::vector<std::string> operations(const nn::Graph& graph) {
  std::vector<std::string> names;
  for (const auto& node : graph.nodes) names.emplace_back(nn::to_string(node.op));
  return names;
}

nn::Model network(const std::string& kind) {
  nn::Model model;
  model.graph = nn::build_network({.kind = kind, .channels = 8}, 49, 40, 4);
  model.weights = engine::testing::random_weights(model.graph, Random(3));
  return model;
}

TEST(Quantise, TurnsANetworkIntoInt8BetweenNormAndSoftmax) {
  const auto result = quantised(network("ds_cnn"), 1);
  EXPECT_THAT(operations(result.model.graph),
              ElementsAre("input_norm", "quantize", "conv2d", "depthwise", "conv2d", "depthwise",
                          "conv2d", "mean", "dense", "dequantize", "softmax"));
  ASSERT_EQ(result.stays_float.size(), 2U);
  EXPECT_EQ(result.stays_float[0].layer, result.model.graph.nodes[0].name);
  EXPECT_THAT(result.stays_float[0].reason, HasSubstr("before the first quantize"));
  // A ReLU's zero is the low end.
  EXPECT_EQ(result.model.graph.tensor_of(result.model.graph.nodes[2]).quantisation.zero_point,
            -128);
}

TEST(Quantise, KeepsTheLargestWeightOfEveryChannel) {
  const auto model = network("ds_cnn");
  const auto folded = nn::fold_for_inference(model);
  const auto result = quantised(model, 1);
  for (const auto& node : result.model.graph.nodes) {
    if (!nn::has_int8_weights(result.model.graph, node)) continue;
    const auto layer = nn::integer_layer(result.model, node);
    const auto channels = layer.bias.size();
    std::vector<int> largest(channels, 0);
    for (std::size_t i = 0; i < layer.weight.size(); ++i) {
      largest[i % channels] = std::max(largest[i % channels], std::abs(int{layer.weight[i]}));
    }
    for (const int most : largest) EXPECT_EQ(most, 127) << node.name;
    const auto& before = folded.weights.at(node.name + ".weight");
    const auto& after = result.model.weights.at(node.name + ".weight");
    const auto& scale = result.model.weights.at(node.name + ".weight_scale");
    for (std::size_t i = 0; i < before.size(); ++i) {
      EXPECT_LE(std::abs(before[i] - after[i]), 0.5001F * scale[i % channels]) << node.name;
    }
  }
}

TEST(Quantise, StaysNearTheFloats) {
  for (const auto& kind : nn::network_kinds()) {
    const auto model = network(kind);
    const auto result = quantised(model, 5, 32);
    engine::Plan floats(model);
    engine::Plan int8(result.model);
    double error = 0.0;
    double power = 0.0;
    for (std::uint64_t seed = 100; seed < 110; ++seed) {
      const auto features = noise(model.graph.input_shape().elements(), seed);
      std::vector<float> posteriors(floats.labels());
      floats.run_window(features, posteriors);
      int8.run_window(features, posteriors);
      for (std::size_t i = 0; i < posteriors.size(); ++i) {
        const double difference = static_cast<double>(floats.logits()[i] - int8.logits()[i]);
        error += difference * difference;
        power += static_cast<double>(floats.logits()[i] * floats.logits()[i]);
      }
    }
    EXPECT_LT(error, 0.01 * power) << kind;  // 20 dB, with random weights
  }
}

TEST(Quantise, NamesWhatStaysFloatInTheMiddle) {
  nn::Model model;
  auto last = model.graph.add_input({4, 6, 1});
  const auto add = [&](const char* name, Op op, nn::Attributes attributes) {
    last = model.graph.add_node(name, op, std::move(attributes), {last});
  };
  add("conv", Op::kConv2d, nn::Conv2d{.channels = 4});
  add("ssn", Op::kSubSpectralNorm, nn::SubSpectralNorm{.bands = 2});
  add("dense", Op::kDense, nn::Dense{.channels = 3});
  add("softmax", Op::kSoftmax, nn::NoAttributes{});
  model.weights = engine::testing::random_weights(model.graph, Random(1));
  const auto result = quantised(model, 2);
  EXPECT_THAT(operations(result.model.graph),
              ElementsAre("quantize", "conv2d", "dequantize", "sub_spectral_norm", "quantize",
                          "dense", "dequantize", "softmax"));
  EXPECT_EQ(result.stays_float[0].layer, "ssn");
}

TEST(Quantise, SurvivesDeadChannelsAndDeadNetworks) {
  auto model = network("ds_cnn");
  for (auto& [name, values] : model.weights) {
    if (!name.ends_with(".gamma")) continue;
    values[0] = 0.0F;    // weights of nothing with a bias
    values[1] = 1e-25F;  // and of almost nothing
  }
  EXPECT_NO_THROW((void)quantised(model, 1));
  for (auto& [name, values] : model.weights) {
    if (name.ends_with(".gamma") || name.ends_with(".beta")) {
      std::fill(values.begin(), values.end(), 0.0F);
    }
  }
  const auto result = quantised(model, 1);
  const auto& graph = result.model.graph;
  EXPECT_EQ(graph.tensor_of(graph.nodes[2]).quantisation, (nn::Quantisation{1.0F, -128}));
}

TEST(Quantise, RefusesWhatIsInt8AlreadyOrHasNoLayers) {
  const auto once = quantised(network("ds_cnn"), 1).model;
  EXPECT_THROW((void)quantise(once, Ranges(once.graph.tensors.size())), ModelError);
  nn::Model bare;
  bare.graph.add_input({1, 1, 3});
  bare.graph.add_node("softmax", Op::kSoftmax, {}, {0});
  EXPECT_THROW((void)quantise(bare, Ranges(2)), ModelError);
}

TEST(Calibrate, GivesTheSameForAnyNumberOfThreads) {
  const auto model = nn::fold_for_inference(network("ds_cnn_s"));
  const auto features = noise(9 * model.graph.input_shape().elements(), 3);
  const auto one = calibrate(model, features, RangeMethod::kMse, 1);
  const auto three = calibrate(model, features, RangeMethod::kMse, 3);
  for (std::size_t i = 0; i < one.size(); ++i) {
    EXPECT_EQ(one[i].low, three[i].low);
    EXPECT_EQ(one[i].high, three[i].high);
  }
}

/// The same node by its reference kernel, from what the trace found before it.
std::vector<std::int8_t> by_reference(const engine::Trace& trace, const nn::Model& model,
                                      const nn::Node& node) {
  std::vector<const void*> inputs;
  for (const auto input : node.inputs) {
    const bool int8 = model.graph.tensors[input].type == nn::ElementType::kInt8;
    inputs.push_back(int8 ? static_cast<const void*>(trace.int8s(input).data())
                          : trace.floats(input).data());
  }
  const nn::Shape& shape = model.graph.tensor_of(node).shape;
  std::vector<std::int8_t> output(shape.elements());
  engine::s8::make_reference_kernel(model, node)->run(inputs, output.data(), {0, shape.time});
  return output;
}

class QuantisedRandomGraphs : public ::testing::TestWithParam<engine::InstructionSet> {};

TEST_P(QuantisedRandomGraphs, PlansAreTheirKernelsAndThoseTheReference) {
  std::set<Op> seen;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const auto model = quantised(engine::testing::random_model(seed), seed).model;
    engine::Plan plan(model, {.instruction_set = GetParam()});
    engine::Trace trace(model, GetParam());
    for (std::uint64_t run = 0; run < 2; ++run) {
      const auto input = noise(model.graph.input_shape().elements(), 1000 * seed + run);
      trace.run(input);
      std::vector<float> posteriors(plan.labels());
      plan.run_window(input, posteriors);
      const auto wanted = trace.floats(model.graph.output);
      ASSERT_EQ(posteriors, std::vector<float>(wanted.begin(), wanted.end())) << "graph " << seed;
      for (const auto& node : model.graph.nodes) {
        if (model.graph.tensor_of(node).type != nn::ElementType::kInt8) continue;
        if (node.op == Op::kFlatten) continue;
        seen.insert(node.op);
        const auto found = trace.int8s(node.output);
        ASSERT_EQ(std::vector<std::int8_t>(found.begin(), found.end()),
                  by_reference(trace, model, node))
            << "graph " << seed << ", layer " << node.name;
      }
    }
  }
  EXPECT_EQ(seen.size(), 14U) << "an operation never came up";
}

/// Row by row, with a gap in the middle: the same bits as whole windows.
TEST_P(QuantisedRandomGraphs, PushIsTheWindowBitForBit) {
  std::size_t incremental = 0;  // int8 steps that compute less than their output
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const auto model = quantised(engine::testing::random_stream_model(seed), seed).model;
    engine::Plan stream(model, {.instruction_set = GetParam()});
    engine::Plan window(
        model, {.execution = engine::Execution::kWholeWindow, .instruction_set = GetParam()});
    for (const auto& step : stream.kernels()) {
      incremental += step.kernel.starts_with("int8") && step.rows_computed < step.rows;
    }
    const auto frames = static_cast<std::ptrdiff_t>(stream.frames());
    const auto bins = static_cast<std::ptrdiff_t>(stream.bins());
    const std::ptrdiff_t rows = 3 * frames + 17;
    const auto features = noise(static_cast<std::size_t>(rows * bins), seed);
    std::vector<float> pushed(stream.labels());
    std::vector<float> whole(stream.labels());
    std::ptrdiff_t begin = 0;
    for (std::ptrdiff_t row = 0; row < rows; ++row) {
      if (row == 2 * frames) {
        stream.reset();
        begin = row;
      }
      const std::span all(features);
      const bool ran = stream.push(
          all.subspan(static_cast<std::size_t>(row * bins), static_cast<std::size_t>(bins)),
          pushed);
      ASSERT_EQ(ran, row - begin + 1 >= frames);
      if (!ran) continue;
      window.run_window(all.subspan(static_cast<std::size_t>((row + 1 - frames) * bins),
                                    static_cast<std::size_t>(frames * bins)),
                        whole);
      ASSERT_EQ(pushed, whole) << "graph " << seed << ", row " << row;
    }
  }
  EXPECT_GT(incremental, 200U) << "the graphs hardly tried anything";
}

INSTANTIATE_TEST_SUITE_P(All, QuantisedRandomGraphs,
                         ::testing::ValuesIn(engine::available_instruction_sets()),
                         engine::testing::set_name);

}  // namespace
}  // namespace kws::compress
