// SPDX-License-Identifier: MIT
//
// The reference itself, on inputs small enough to be worked out by hand from the definitions in
// nn/graph.h.
#include "engine/reference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <vector>

#include "base/error.h"

namespace kws::engine {
namespace {

using nn::Op;
using ::testing::ElementsAre;
using ::testing::FloatEq;
using ::testing::FloatNear;

/// Output of a single node over 1, 2, 3, … (or `input`).
std::vector<float> run(const nn::Shape& shape, Op op, nn::Attributes attributes,
                       nn::Weights weights = {}, std::vector<float> input = {}) {
  nn::Model model;
  const auto from = model.graph.add_input(shape);
  model.graph.add_node("n", op, std::move(attributes), {from});
  model.weights = std::move(weights);
  if (input.empty()) {
    input.resize(shape.elements());
    std::iota(input.begin(), input.end(), 1.0F);
  }
  return run_reference(model, input).back();
}

TEST(Reference, ConvolutionSlidesWithoutFlippingTheKernel) {
  // 1 2 3      1 2
  // 4 5 6  *   3 4   =  37 47
  // 7 8 9               67 77
  const nn::Conv2d conv{.channels = 1, .window = {.kernel_time = 2, .kernel_freq = 2}};
  EXPECT_THAT(run({3, 3, 1}, Op::kConv2d, conv, {{"n.weight", {1, 2, 3, 4}}}),
              ElementsAre(37, 47, 67, 77));
}

TEST(Reference, ConvolutionPadsWithZerosAndStrides) {
  nn::Conv2d conv{.channels = 1,
                  .window = {.kernel_time = 1, .kernel_freq = 3, .stride_freq = 2},
                  .bias = true};
  conv.window.padding = {0, 0, 1, 1};
  // 0 1 2 3 4 0 with a stride of 2: (0 1 2), (2 3 4); the last zero is not reached.
  EXPECT_THAT(run({1, 4, 1}, Op::kConv2d, conv, {{"n.weight", {1, 10, 100}}, {"n.bias", {0.5F}}}),
              ElementsAre(210.5F, 432.5F));
}

TEST(Reference, ConvolutionDilates) {
  const nn::Conv2d conv{.channels = 1, .window = {.kernel_time = 2, .dilation_time = 3}};
  EXPECT_THAT(run({5, 1, 1}, Op::kConv2d, conv, {{"n.weight", {1, 10}}}),
              ElementsAre(1 + 40, 2 + 50));
}

TEST(Reference, ConvolutionMixesChannelsWithinAGroup) {
  // Weights [in, out]: out 0 = 1 * in 0 + 3 * in 1, out 1 = 2 * in 0 + 4 * in 1.
  EXPECT_THAT(run({1, 1, 2}, Op::kConv2d, nn::Conv2d{.channels = 2}, {{"n.weight", {1, 2, 3, 4}}}),
              ElementsAre(1 + 6, 2 + 8));
  // Two groups of one channel each: no mixing.
  EXPECT_THAT(run({1, 1, 2}, Op::kConv2d, nn::Conv2d{.channels = 4, .groups = 2},
                  {{"n.weight", {1, 2, 3, 4}}}),
              ElementsAre(1, 2, 2 * 3, 2 * 4));
}

TEST(Reference, DepthwiseKeepsChannelsApart) {
  const nn::Depthwise depthwise{.window = {.kernel_time = 2}, .bias = true};
  // Rows (1, 2), (3, 4), (5, 6); weights row 0 (1, 2), row 1 (10, 20).
  EXPECT_THAT(run({3, 1, 2}, Op::kDepthwise, depthwise,
                  {{"n.weight", {1, 2, 10, 20}}, {"n.bias", {0, 1000}}}),
              ElementsAre(31, 1084, 53, 1128));
}

TEST(Reference, DenseReadsTimeThenFrequencyThenChannels) {
  EXPECT_THAT(run({2, 1, 2}, Op::kDense, nn::Dense{.channels = 2},
                  {{"n.weight", {1, 0, 10, 0, 100, 0, 1000, 1}}, {"n.bias", {0, 5}}}),
              ElementsAre(4321, 9));
}

TEST(Reference, NormsFollowTheirFormulas) {
  EXPECT_THAT(run({2, 2, 1}, Op::kInputNorm, nn::NoAttributes{},
                  {{"n.mean", {1, 2}}, {"n.deviation", {2, 4}}}),
              ElementsAre(0, 0, 1, 0.5F));
  const nn::BatchNorm norm{.epsilon = 0.25F};  // variance + epsilon = 4
  EXPECT_THAT(run({2, 1, 1}, Op::kBatchNorm, norm,
                  {{"n.gamma", {6}}, {"n.beta", {1}}, {"n.mean", {3}}, {"n.variance", {3.75F}}}),
              ElementsAre(-5, -2));
  // Frequencies 0 and 1 are band 0, 2 and 3 are band 1.
  const nn::SubSpectralNorm bands{.bands = 2, .epsilon = 0.25F};
  EXPECT_THAT(run({1, 4, 1}, Op::kSubSpectralNorm, bands,
                  {{"n.gamma", {2, 4}},
                   {"n.beta", {0, 10}},
                   {"n.mean", {0, 1}},
                   {"n.variance", {3.75F, 3.75F}}}),
              ElementsAre(1, 2, 14, 16));
}

TEST(Reference, Activations) {
  const std::vector<float> x{-4, -1, 0, 1, 8};
  const nn::Shape shape{5, 1, 1};
  EXPECT_THAT(run(shape, Op::kRelu, nn::NoAttributes{}, {}, x), ElementsAre(0, 0, 0, 1, 8));
  EXPECT_THAT(run(shape, Op::kRelu6, nn::NoAttributes{}, {}, x), ElementsAre(0, 0, 0, 1, 6));
  EXPECT_THAT(run(shape, Op::kHardSwish, nn::NoAttributes{}, {}, x),
              ElementsAre(0, FloatEq(-1.0F / 3.0F), 0, FloatEq(2.0F / 3.0F), 8));
  EXPECT_THAT(run(shape, Op::kSwish, nn::NoAttributes{}, {}, x),
              ElementsAre(FloatNear(-0.0719448F, 1e-6F), FloatNear(-0.2689414F, 1e-6F), 0,
                          FloatNear(0.7310586F, 1e-6F), FloatNear(7.9973174F, 1e-6F)));
}

TEST(Reference, PoolsLeavePaddingOut) {
  nn::Pool pool{.window = {.kernel_time = 3, .stride_time = 2}};
  pool.window.padding = {1, 1, 0, 0};
  // 1 2 3 4 -> (1 2), (2 3 4)
  EXPECT_THAT(run({4, 1, 1}, Op::kAveragePool, pool), ElementsAre(1.5F, 3));
  EXPECT_THAT(run({4, 1, 1}, Op::kMaxPool, pool, {}, {-1, -2, -3, -4}), ElementsAre(-1, -2));
}

TEST(Reference, MeansOverEitherAxis) {
  // (1 2) (3 4) (5 6) in time.
  EXPECT_THAT(run({3, 2, 1}, Op::kMean, nn::Mean{}), ElementsAre(3.5F));
  EXPECT_THAT(run({3, 2, 1}, Op::kMean, nn::Mean{.over_freq = false}), ElementsAre(3, 4));
  EXPECT_THAT(run({3, 2, 1}, Op::kMean, nn::Mean{.over_time = false}),
              ElementsAre(1.5F, 3.5F, 5.5F));
}

TEST(Reference, SoftmaxPerPosition) {
  const float a = 1.0F / (1.0F + std::exp(1.0F));
  EXPECT_THAT(run({2, 1, 2}, Op::kSoftmax, nn::NoAttributes{}, {}, {1, 2, 700, 700}),
              ElementsAre(FloatEq(a), FloatEq(1.0F - a), 0.5F, 0.5F));
}

TEST(Reference, JoinsBroadcastAndConcatenate) {
  nn::Model model;
  auto& graph = model.graph;
  const auto x = graph.add_input({1, 2, 2});
  const auto mean = graph.add_node("mean", Op::kMean, nn::Mean{.over_time = false}, {x});
  const auto sum = graph.add_node("sum", Op::kAdd, nn::NoAttributes{}, {x, mean});
  const auto product = graph.add_node("product", Op::kMul, nn::NoAttributes{}, {mean, x});
  const auto both = graph.add_node("both", Op::kConcat, nn::NoAttributes{}, {x, sum});
  const auto flat = graph.add_node("flat", Op::kFlatten, nn::NoAttributes{}, {x});
  const std::vector<float> input{1, 2, 3, 4};
  const auto tensors = run_reference(model, input);
  EXPECT_THAT(tensors[mean], ElementsAre(2, 3));
  EXPECT_THAT(tensors[sum], ElementsAre(3, 5, 5, 7));
  EXPECT_THAT(tensors[product], ElementsAre(2, 6, 6, 12));
  EXPECT_THAT(tensors[both], ElementsAre(1, 2, 3, 5, 3, 4, 5, 7));
  EXPECT_THAT(tensors[flat], ElementsAre(1, 2, 3, 4));
}

TEST(Reference, RefusesWeightsThatDoNotFit) {
  EXPECT_THROW((void)run({1, 1, 2}, Op::kDense, nn::Dense{.channels = 2},
                         {{"n.weight", {1, 2, 3}}, {"n.bias", {0, 0}}}),
               ModelError);
}

}  // namespace
}  // namespace kws::engine
