// SPDX-License-Identifier: MIT
//
// Every layer forward and backward against a plain double-precision reference.
#include "train/network.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <functional>

#include "base/error.h"
#include "base/random.h"
#include "nn/networks.h"
#include "reference_network.h"

namespace kws::train {
namespace {

using nn::Op;
using testing::DoubleWeights;
using testing::ReferencePass;
using testing::run_reference;

struct Case {
  std::string name;
  nn::Shape input;
  /// Appends the layers under test and returns the tensor that the classifier reads.
  std::function<nn::TensorId(nn::Graph&, nn::TensorId)> build;
};

/// A convolution first, so that the layers under test have something trained behind them, and a
/// classifier of three labels at the end.
nn::Graph build(const Case& test) {
  nn::Graph graph;
  auto last = graph.add_input(test.input);
  last = graph.add_node("norm", Op::kInputNorm, nn::NoAttributes{}, {last});
  nn::Window window{.kernel_time = 2, .kernel_freq = 2};
  last = graph.add_node("front", Op::kConv2d,
                        nn::Conv2d{.channels = 5, .window = window, .bias = true}, {last});
  last = test.build(graph, last);
  last = graph.add_node("classifier", Op::kDense, nn::Dense{.channels = 3}, {last});
  graph.add_node("softmax", Op::kSoftmax, nn::NoAttributes{}, {last});
  return graph;
}

/// Random everywhere, so that no term hides behind a zero or a one.
nn::Weights random_weights(const nn::Graph& graph) {
  auto weights = nn::initial_weights(graph, Random(7));
  Random random(8);
  for (auto& [name, values] : weights) {
    for (auto& value : values) {
      if (name.ends_with(".gamma") || name.ends_with(".deviation") || name.ends_with(".variance")) {
        value = static_cast<float>(random.uniform(0.5, 1.5));
      } else if (!name.ends_with(".weight")) {
        value = static_cast<float>(random.uniform(-0.5, 0.5));
      }
    }
  }
  return weights;
}

struct Samples {
  std::vector<float> features;
  std::vector<std::uint32_t> labels;
};

Samples random_samples(const nn::Graph& graph, std::size_t count) {
  Random random(9);
  Samples samples;
  for (std::size_t i = 0; i < count * graph.input_shape().elements(); ++i) {
    samples.features.push_back(static_cast<float>(random.normal()));
  }
  for (std::size_t i = 0; i < count; ++i) {
    samples.labels.push_back(
        static_cast<std::uint32_t>(random.below(graph.output_shape().elements())));
  }
  return samples;
}

nn::Window window(int kernel_time, int kernel_freq, int stride_time, int stride_freq,
                  nn::Padding padding = {}, int dilation_time = 1, int dilation_freq = 1) {
  return {kernel_time,   kernel_freq,   stride_time, stride_freq,
          dilation_time, dilation_freq, padding};
}

/// One layer and nothing else under test.
Case single(std::string name, Op op, nn::Attributes attributes, nn::Shape input = {7, 6, 1}) {
  return {std::move(name), input, [op, attributes](nn::Graph& graph, nn::TensorId from) {
            return graph.add_node("tested", op, attributes, {from});
          }};
}

std::vector<Case> cases() {
  using nn::NoAttributes;
  std::vector<Case> all{
      single("Pointwise", Op::kConv2d, nn::Conv2d{.channels = 7}),
      single("Convolution", Op::kConv2d,
             nn::Conv2d{.channels = 4, .window = window(3, 3, 1, 1, {1, 1, 1, 1})}),
      single("ConvolutionStridedUnevenlyPaddedWithBias", Op::kConv2d,
             nn::Conv2d{.channels = 4, .window = window(3, 2, 2, 2, {2, 0, 0, 1}), .bias = true}),
      single("ConvolutionDilated", Op::kConv2d,
             nn::Conv2d{.channels = 3, .window = window(2, 3, 1, 2, {1, 2, 2, 1}, 3, 2)}),
      single("PointwiseStrided", Op::kConv2d,
             nn::Conv2d{.channels = 3, .window = window(1, 1, 2, 2)}),
      single("PaddingBeyondTheKernel", Op::kConv2d,
             nn::Conv2d{.channels = 2, .window = window(2, 2, 1, 1, {4, 4, 3, 3})}),
      single("Depthwise", Op::kDepthwise,
             nn::Depthwise{.window = window(3, 3, 1, 1, {1, 1, 1, 1})}),
      single("DepthwiseStridedWithBias", Op::kDepthwise,
             nn::Depthwise{.window = window(3, 3, 2, 2, {0, 1, 1, 0}), .bias = true}),
      single("DepthwiseDilated", Op::kDepthwise,
             nn::Depthwise{.window = window(3, 2, 1, 1, {2, 2, 1, 0}, 2, 1)}),
      single("DepthwiseTall", Op::kDepthwise, nn::Depthwise{.window = window(5, 1, 1, 1)}),
      single("BatchNorm", Op::kBatchNorm, nn::BatchNorm{}),
      single("SubSpectralNorm", Op::kSubSpectralNorm, nn::SubSpectralNorm{.bands = 5}),
      single("Relu", Op::kRelu, NoAttributes{}),
      single("Relu6", Op::kRelu6, NoAttributes{}),
      single("HardSwish", Op::kHardSwish, NoAttributes{}),
      single("Swish", Op::kSwish, NoAttributes{}),
      single("AveragePool", Op::kAveragePool, nn::Pool{window(3, 2, 2, 1, {1, 1, 1, 0})}),
      single("MaxPool", Op::kMaxPool, nn::Pool{window(3, 2, 1, 2, {1, 1, 0, 1})}),
      single("MeanOverTime", Op::kMean, nn::Mean{.over_time = true, .over_freq = false}),
      single("MeanOverFreq", Op::kMean, nn::Mean{.over_time = false, .over_freq = true}),
      single("MeanOverBoth", Op::kMean, nn::Mean{}),
      single("Flatten", Op::kFlatten, NoAttributes{}),
      single("Dense", Op::kDense, nn::Dense{.channels = 21}),
      single("DenseWithoutBias", Op::kDense, nn::Dense{.channels = 6, .bias = false}),
      single("Dropout", Op::kDropout, nn::Dropout{.rate = 0.4F}),
  };
  const auto wide = [](nn::Graph& graph, nn::TensorId from, int groups) {
    from = graph.add_node("wide", Op::kConv2d, nn::Conv2d{.channels = 6}, {from});
    return graph.add_node("grouped", Op::kConv2d,
                          nn::Conv2d{.channels = 9,
                                     .groups = groups,
                                     .window = window(2, 2, 1, 1, {1, 0, 0, 1}),
                                     .bias = true},
                          {from});
  };
  all.push_back({"ConvolutionInGroups", {6, 5, 1}, [wide](auto& graph, auto from) {
                   return wide(graph, from, 3);
                 }});
  all.push_back({"NormAndReluInOne", {7, 6, 1}, [](nn::Graph& graph, nn::TensorId from) {
                   from = graph.add_node("bn", Op::kBatchNorm, nn::BatchNorm{}, {from});
                   return graph.add_node("relu", Op::kRelu, nn::NoAttributes{}, {from});
                 }});
  all.push_back({"NormReadTwice", {7, 6, 1}, [](nn::Graph& graph, nn::TensorId from) {
                   from = graph.add_node("bn", Op::kBatchNorm, nn::BatchNorm{}, {from});
                   const auto relu = graph.add_node("relu", Op::kRelu, nn::NoAttributes{}, {from});
                   return graph.add_node("sum", Op::kAdd, nn::NoAttributes{}, {relu, from});
                 }});
  all.push_back(
      {"Residual", {7, 6, 1}, [](nn::Graph& graph, nn::TensorId from) {
         auto branch = graph.add_node("pw", Op::kConv2d, nn::Conv2d{.channels = 5}, {from});
         branch = graph.add_node("bn", Op::kBatchNorm, nn::BatchNorm{}, {branch});
         const auto sum = graph.add_node("sum", Op::kAdd, nn::NoAttributes{}, {from, branch});
         return graph.add_node("relu", Op::kRelu, nn::NoAttributes{}, {sum});
       }});
  all.push_back(
      {"SumWithBroadcast", {7, 6, 1}, [](nn::Graph& graph, nn::TensorId from) {
         const auto mean = graph.add_node("mean", Op::kMean, nn::Mean{false, true}, {from});
         return graph.add_node("sum", Op::kAdd, nn::NoAttributes{}, {mean, from});
       }});
  all.push_back({"ProductWithBroadcast", {7, 6, 1}, [](nn::Graph& graph, nn::TensorId from) {
                   const auto mean = graph.add_node("mean", Op::kMean, nn::Mean{}, {from});
                   return graph.add_node("product", Op::kMul, nn::NoAttributes{}, {from, mean});
                 }});
  all.push_back({"SquareAndDouble", {7, 6, 1}, [](nn::Graph& graph, nn::TensorId from) {
                   from = graph.add_node("square", Op::kMul, nn::NoAttributes{}, {from, from});
                   return graph.add_node("double", Op::kAdd, nn::NoAttributes{}, {from, from});
                 }});
  all.push_back({"Concat", {7, 6, 1}, [](nn::Graph& graph, nn::TensorId from) {
                   const auto pw =
                       graph.add_node("pw", Op::kConv2d, nn::Conv2d{.channels = 3}, {from});
                   return graph.add_node("both", Op::kConcat, nn::NoAttributes{}, {pw, from, pw});
                 }});
  all.push_back({"ManyChannels", {4, 3, 1}, [](nn::Graph& graph, nn::TensorId from) {
                   // 37: whole vectors of any width, one of four and one alone.
                   from = graph.add_node("pw", Op::kConv2d, nn::Conv2d{.channels = 37}, {from});
                   from = graph.add_node("bn", Op::kBatchNorm, nn::BatchNorm{}, {from});
                   return graph.add_node("dw", Op::kDepthwise,
                                         nn::Depthwise{window(3, 3, 1, 1, {1, 1, 1, 1}), true},
                                         {from});
                 }});
  all.push_back({"WholeVectors", {4, 3, 1}, [](nn::Graph& graph, nn::TensorId from) {
                   // Widths for which products run over tiles, and channels in the widest groups of
                   // vectors.
                   nn::Window same = window(3, 3, 1, 1, {1, 1, 1, 1});
                   from = graph.add_node("pw128", Op::kConv2d, nn::Conv2d{.channels = 128}, {from});
                   from = graph.add_node("bn", Op::kBatchNorm, nn::BatchNorm{}, {from});
                   from = graph.add_node("relu", Op::kRelu, nn::NoAttributes{}, {from});
                   from = graph.add_node("dw128", Op::kDepthwise, nn::Depthwise{same}, {from});
                   from = graph.add_node("pw64", Op::kConv2d, nn::Conv2d{.channels = 64}, {from});
                   from = graph.add_node("dw64", Op::kDepthwise, nn::Depthwise{same, true}, {from});
                   from = graph.add_node("pw48", Op::kConv2d, nn::Conv2d{.channels = 48}, {from});
                   return graph.add_node("conv16", Op::kConv2d,
                                         nn::Conv2d{.channels = 16, .window = same}, {from});
                 }});
  all.push_back({"NormReadInTwoPhases", {7, 6, 1}, [](nn::Graph& graph, nn::TensorId from) {
                   from = graph.add_node("bn1", Op::kBatchNorm, nn::BatchNorm{}, {from});
                   from = graph.add_node("relu", Op::kRelu, nn::NoAttributes{}, {from});
                   auto branch =
                       graph.add_node("pw", Op::kConv2d, nn::Conv2d{.channels = 5}, {from});
                   branch = graph.add_node("bn2", Op::kBatchNorm, nn::BatchNorm{}, {branch});
                   return graph.add_node("product", Op::kMul, nn::NoAttributes{}, {from, branch});
                 }});
  all.push_back({"NormReadTwiceInOnePhase", {7, 6, 1}, [](nn::Graph& graph, nn::TensorId from) {
                   from = graph.add_node("bn", Op::kBatchNorm, nn::BatchNorm{}, {from});
                   from = graph.add_node("relu", Op::kRelu, nn::NoAttributes{}, {from});
                   const auto a =
                       graph.add_node("a", Op::kConv2d, nn::Conv2d{.channels = 4}, {from});
                   const auto b =
                       graph.add_node("b", Op::kConv2d, nn::Conv2d{.channels = 4}, {from});
                   return graph.add_node("product", Op::kMul, nn::NoAttributes{}, {a, b});
                 }});
  all.push_back({"BranchThatLeadsNowhere", {7, 6, 1}, [](nn::Graph& graph, nn::TensorId from) {
                   graph.add_node("dead", Op::kConv2d, nn::Conv2d{.channels = 3}, {from});
                   return from;
                 }});
  return all;
}

class EveryLayer : public ::testing::TestWithParam<Case> {};

/// Loss, posteriors and gradients of one pass beside those of the reference.
void check_gradients(const nn::Graph& graph, nn::Weights weights, const Samples& samples,
                     const ReferencePass& pass) {
  auto reference = testing::to_double(weights);
  const auto expected = run_reference(graph, reference, samples.features, samples.labels, pass);

  ThreadTeam team(2);
  Network network(graph, weights, 6, Purpose::kTraining, team,
                  {.label_smoothing = pass.label_smoothing,
                   .teacher_weight = pass.teacher_weight,
                   .temperature = pass.temperature});
  const auto outcome =
      network.run(samples.features, samples.labels, pass.seed, pass.step, pass.teacher);

  // Float sums of a few hundred terms of size one: 1e-5 leaves room for their rounding.
  EXPECT_NEAR(outcome.loss, expected.loss, 1e-5);
  for (std::size_t sample = 0; sample < samples.labels.size(); ++sample) {
    for (std::size_t c = 0; c < 3; ++c) {
      EXPECT_NEAR(static_cast<double>(network.posteriors(sample)[c]),
                  expected.posteriors[sample][c], 1e-5);
    }
  }

  // Central differences in double with h = 1e-5 are good to h² ~ 1e-10 and rounding / h ~ 1e-11,
  // so what differs is the float pass: 2e-5 of the largest gradient of the parameter and, for
  // gradients that cancel to nothing, 1e-6.
  for (const auto& parameter : network.parameters()) {
    auto& values = reference.at(parameter.name);
    std::map<std::size_t, double> wanted;  // some two dozen of each parameter
    double largest = 0.0;
    for (std::size_t i = 0; i < values.size(); i += 1 + values.size() / 24) {
      constexpr double kStep = 1e-5;
      const double value = values[i];
      const auto loss = [&](double moved) {
        values[i] = moved;
        return run_reference(graph, reference, samples.features, samples.labels, pass).loss;
      };
      wanted[i] = (loss(value + kStep) - loss(value - kStep)) / (2.0 * kStep);
      values[i] = value;
      largest = std::max(largest, std::abs(wanted[i]));
    }
    for (const auto& [i, gradient] : wanted) {
      EXPECT_NEAR(static_cast<double>(network.gradient()[parameter.offset + i]), gradient,
                  1e-6 + 2e-5 * largest)
          << parameter.name << "[" << i << "]";
    }
  }
}

/// Posteriors of 5 samples, 3 labels.
constexpr std::array<float, 15> kTaught{0.1F, 0.6F, 0.3F, 0.9F, 0.05F, 0.05F, 0.2F, 0.2F,
                                        0.6F, 0.0F, 1.0F, 0.0F, 0.4F,  0.3F,  0.3F};

TEST_P(EveryLayer, AgreesWithTheReference) {
  const auto graph = build(GetParam());
  auto weights = random_weights(graph);
  const auto samples = random_samples(graph, 5);
  const ReferencePass pass{.label_smoothing = 0.1, .seed = 3, .step = 4};
  check_gradients(graph, std::move(weights), samples, pass);
}

TEST(Loss, TowardsATeacherAgreesWithTheReference) {
  const auto graph = build(single("", Op::kRelu, nn::NoAttributes{}, {4, 4, 1}));
  const auto samples = random_samples(graph, 5);
  const ReferencePass pass{.label_smoothing = 0.1,
                           .teacher = kTaught,
                           .teacher_weight = 0.7,
                           .temperature = 3.0,
                           .seed = 3,
                           .step = 4};
  check_gradients(graph, random_weights(graph), samples, pass);
}

TEST(Loss, WithoutATeacherItsWeightDoesNotCount) {
  const auto graph = build(single("", Op::kRelu, nn::NoAttributes{}, {4, 4, 1}));
  const auto samples = random_samples(graph, 5);
  auto weights = random_weights(graph);
  ThreadTeam team(1);
  Network alone(graph, weights, 5, Purpose::kTraining, team);
  Network taught(graph, weights, 5, Purpose::kTraining, team,
                 {.teacher_weight = 0.7, .temperature = 3.0});
  EXPECT_EQ(alone.run(samples.features, samples.labels).loss,
            taught.run(samples.features, samples.labels).loss);
  EXPECT_TRUE(std::ranges::equal(alone.gradient(), taught.gradient()));
}

TEST_P(EveryLayer, EvaluatesAsTheReference) {
  const auto graph = build(GetParam());
  auto weights = random_weights(graph);
  const auto samples = random_samples(graph, 5);
  const auto expected = run_reference(graph, testing::to_double(weights), samples.features,
                                      samples.labels, {.training = false});
  ThreadTeam team(2);
  Network network(graph, weights, 5, Purpose::kEvaluation, team);
  (void)network.run(samples.features, samples.labels);
  for (std::size_t sample = 0; sample < samples.labels.size(); ++sample) {
    for (std::size_t c = 0; c < 3; ++c) {
      EXPECT_NEAR(static_cast<double>(network.posteriors(sample)[c]),
                  expected.posteriors[sample][c], 1e-5);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Layers, EveryLayer, ::testing::ValuesIn(cases()),
                         [](const auto& test) { return test.param.name; });

TEST(Network, RunningStatisticsFollowTheBatch) {
  const auto graph = build(single("", Op::kBatchNorm, nn::BatchNorm{.momentum = 0.25F}, {4, 4, 1}));
  auto weights = random_weights(graph);
  const auto before = weights;
  const auto samples = random_samples(graph, 4);
  ThreadTeam team(1);
  // What enters the norm, by a network that ends before it, gives the statistics to expect.
  Network network(graph, weights, 4, Purpose::kTraining, team);
  (void)network.run(samples.features, samples.labels);
  // A constant channel is the analytic case: front.weight 0, so every value is the bias.
  auto constant = before;
  for (auto& w : constant.at("front.weight")) w = 0.0F;
  Network flat(graph, constant, 4, Purpose::kTraining, team);
  (void)flat.run(samples.features, samples.labels);
  for (std::size_t c = 0; c < 5; ++c) {
    const float bias = before.at("front.bias")[c];
    EXPECT_NEAR(constant.at("tested.mean")[c], 0.75F * before.at("tested.mean")[c] + 0.25F * bias,
                1e-6);
    EXPECT_NEAR(constant.at("tested.variance")[c], 0.75F * before.at("tested.variance")[c], 1e-6);
    EXPECT_NE(weights.at("tested.variance")[c], before.at("tested.variance")[c]);
  }
}

TEST(Network, IsTheSameToTheLastBitForAnyNumberOfThreads) {
  const auto graph =
      nn::build_network({.kind = "ds_cnn_s", .channels = 20, .blocks = 2}, 24, 16, 4);
  const auto samples = random_samples(graph, 13);
  std::vector<std::vector<float>> gradients;
  std::vector<double> losses;
  for (const std::size_t threads : {1U, 2U, 3U, 8U}) {
    auto weights = nn::initial_weights(graph, Random(1));
    ThreadTeam team(threads);
    Network network(graph, weights, 13, Purpose::kTraining, team, {.label_smoothing = 0.1});
    losses.push_back(network.run(samples.features, samples.labels, 5, 6).loss);
    gradients.emplace_back(network.gradient().begin(), network.gradient().end());
    EXPECT_EQ(losses.back(), losses.front());
    EXPECT_EQ(std::memcmp(gradients.back().data(), gradients.front().data(),
                          gradients.front().size() * sizeof(float)),
              0)
        << threads << " threads";
  }
}

TEST(Network, NamesTheLayerItCannotDifferentiate) {
  nn::Graph graph;
  auto last = graph.add_input({2, 2, 1});
  last = graph.add_node("early", Op::kSoftmax, nn::NoAttributes{}, {last});
  last = graph.add_node("dense", Op::kDense, nn::Dense{.channels = 2}, {last});
  graph.add_node("softmax", Op::kSoftmax, nn::NoAttributes{}, {last});
  auto weights = nn::initial_weights(graph, Random(1));
  ThreadTeam team(1);
  try {
    Network network(graph, weights, 1, Purpose::kTraining, team);
    FAIL();
  } catch (const ModelError& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("early"));
  }
}

TEST(Network, RefusesWhatIsQuantised) {
  nn::Graph graph;
  auto last = graph.add_input({4, 3, 1});
  last = graph.add_node("quantize", Op::kQuantize, {}, {last}, nn::Quantisation{0.1F, 0});
  last = graph.add_node("dense", Op::kDense, nn::Dense{.channels = 2}, {last},
                        nn::Quantisation{0.1F, 0});
  last = graph.add_node("dequantize", Op::kDequantize, {}, {last});
  graph.add_node("softmax", Op::kSoftmax, {}, {last});
  auto weights = nn::initial_weights(graph, Random(1));
  ThreadTeam team(1);
  try {
    Network network(graph, weights, 1, Purpose::kTraining, team);
    FAIL();
  } catch (const ModelError& error) {
    EXPECT_THAT(error.what(), ::testing::AllOf(::testing::HasSubstr("'quantize'"),
                                               ::testing::HasSubstr("cannot be trained")));
  }
}

}  // namespace
}  // namespace kws::train
