// SPDX-License-Identifier: MIT
//
// The figures are what other implementations of the same networks publish (docs/models.md).
#include "nn/costs.h"

#include <gtest/gtest.h>

#include "nn/networks.h"
#include "nn/weights.h"

namespace kws::nn {
namespace {

NetworkSpec kind(const char* name, int channels = 0) {
  NetworkSpec spec;
  spec.kind = name;
  spec.channels = channels;
  return spec;
}

NodeCost of(const Graph& graph, const std::string& name) {
  const auto costs = cost(graph);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (graph.nodes[i].name == name) return costs.nodes[i];
  }
  ADD_FAILURE() << "no layer " << name;
  return {};
}

TEST(Cost, TinyConvIsTheKnownOne) {
  const auto graph = build_network(kind("tiny_conv"), 49, 40, 4);
  const auto total = cost(graph).total;
  EXPECT_EQ(total.parameters, 16652);
  EXPECT_EQ(total.weight_bytes, 66608);
  EXPECT_EQ(of(graph, "conv1").macs, 320000);
  EXPECT_EQ(of(graph, "conv1").flops, 644000);  // with one addition a bias
  EXPECT_EQ(of(graph, "dense").macs, 16000);
  EXPECT_EQ(of(graph, "dense").flops, 32004);
  EXPECT_EQ(total.flops, 644000 + 32004);
}

TEST(Cost, DsCnnIsTheKnownOne) {
  const auto small = cost(build_network(kind("ds_cnn", 128), 49, 40, 8)).total;
  EXPECT_EQ(small.parameters, 37256);
  EXPECT_EQ(small.macs, 16519168);  // 24x19 positions
  // The published 140,040 leaves batch norm out, wherever it stands.
  const auto large = cost(build_network(kind("ds_cnn", 256), 49, 40, 8)).total;
  EXPECT_EQ(large.parameters, 140040);
  EXPECT_EQ(large.macs, 62922752);
  EXPECT_EQ(cost(build_network(kind("ds_cnn", 256), 49, 10, 8)).total.macs, 13248512);
}

TEST(Cost, CnnIsTheKnownOne) {
  const auto graph = build_network(kind("cnn", 128), 49, 40, 8);
  const auto total = cost(graph).total;
  EXPECT_EQ(total.parameters, 297096);
  const auto at_input = of(graph, "input_norm").norm_parameters;
  EXPECT_EQ(at_input, 2 * 40);
  EXPECT_EQ(total.parameters + total.norm_parameters - at_input, 298632);
  EXPECT_EQ(total.macs, 135006208);
  EXPECT_EQ(cost(build_network(kind("cnn", 128), 49, 10, 8)).total.macs, 28423168);
}

TEST(Cost, DsCnnSIsTheKnownOne) {
  const auto graph = build_network(kind("ds_cnn_s"), 49, 40, 10);
  EXPECT_EQ(graph.tensors[graph.nodes[1].output].shape, (Shape{24, 20, 64}));
  EXPECT_EQ(cost(graph).total.macs, 10199680);
  // 23.1 k counts what is trained: weights, biases, gamma and beta.
  std::size_t trained = 0;
  for (const auto& spec : parameters(graph)) {
    if (spec.role != ParameterRole::kStatistic) trained += spec.elements();
  }
  EXPECT_EQ(trained, 23050U);
  EXPECT_EQ(cost(graph).total.parameters, 23050 - 9 * 2 * 64);
}

TEST(Cost, LayersWithoutWeightsCostOnlyTheirOutput) {
  Graph graph;
  graph.add_input({8, 6, 4});
  graph.add_node("pool", Op::kMaxPool, Pool{{.kernel_time = 2, .stride_time = 2}}, {graph.output});
  const auto one = of(graph, "pool");
  EXPECT_EQ(one.parameters, 0);
  EXPECT_EQ(one.macs, 0);
  EXPECT_EQ(one.flops, 0);
  EXPECT_EQ(one.weight_bytes, 0);
  EXPECT_EQ(one.activation_bytes, 4 * 6 * 4 * 4);
}

TEST(Cost, GroupsAndDilationCountWhatTheyMultiply) {
  Graph graph;
  graph.add_input({8, 6, 4});
  graph.add_node("conv", Op::kConv2d,
                 Conv2d{.channels = 8,
                        .groups = 2,
                        .window = {.kernel_time = 3, .dilation_time = 2},
                        .bias = true},
                 {graph.output});
  const auto one = of(graph, "conv");
  EXPECT_EQ(one.parameters, 3 * 2 * 8 + 8);
  EXPECT_EQ(one.macs, (4 * 6) * 3 * 2 * 8);
  EXPECT_EQ(one.flops, 2 * one.macs + 4 * 6 * 8);
}

TEST(PeakActivationBytes, AChainHoldsTwoNeighbours) {
  Graph graph;
  graph.add_input({10, 1, 1});                                              // 40 bytes
  graph.add_node("a", Op::kConv2d, Conv2d{.channels = 5}, {graph.output});  // 200
  graph.add_node("b", Op::kRelu, NoAttributes{}, {graph.output});           // in place
  graph.add_node("c", Op::kConv2d, Conv2d{.channels = 2}, {graph.output});  // 80
  EXPECT_EQ(cost(graph).peak_activation_bytes, 200 + 80);
}

TEST(PeakActivationBytes, ABranchStaysUntilItIsJoined) {
  Graph graph;
  const auto input = graph.add_input({10, 1, 1});                                      // 40
  const auto wide = graph.add_node("w", Op::kConv2d, Conv2d{.channels = 4}, {input});  // 160
  const auto one = graph.add_node("a", Op::kConv2d, Conv2d{.channels = 4}, {wide});    // 160
  const auto two = graph.add_node("b", Op::kConv2d, Conv2d{.channels = 4}, {one});     // 160
  // The input is gone by then, and the sum is written over `two`.
  graph.add_node("sum", Op::kAdd, NoAttributes{}, {wide, two});
  EXPECT_EQ(cost(graph).peak_activation_bytes, 3 * 160);
}

TEST(PeakActivationBytes, AnActivationSomebodyElseReadsIsNotOverwritten) {
  Graph graph;
  const auto input = graph.add_input({10, 1, 4});  // 160
  const auto relu = graph.add_node("relu", Op::kRelu, NoAttributes{}, {input});
  graph.add_node("sum", Op::kAdd, NoAttributes{}, {input, relu});
  EXPECT_EQ(cost(graph).peak_activation_bytes, 2 * 160);
}

TEST(PeakActivationBytes, ABroadcastSumIsWrittenOverTheLargerInput) {
  Graph graph;
  const auto input = graph.add_input({10, 1, 4});                        // 160
  const auto mean = graph.add_node("mean", Op::kMean, Mean{}, {input});  // 16
  graph.add_node("sum", Op::kAdd, NoAttributes{}, {mean, input});        // 160, over the input
  EXPECT_EQ(cost(graph).peak_activation_bytes, 160 + 16);
}

TEST(PeakActivationBytes, TheOutputLivesToTheEndAndTheUnreadDoNot) {
  Graph graph;
  const auto input = graph.add_input({10, 1, 1});                                     // 40
  const auto out = graph.add_node("a", Op::kConv2d, Conv2d{.channels = 2}, {input});  // 80
  graph.add_node("dead", Op::kConv2d, Conv2d{.channels = 8}, {input});                // 320
  graph.add_node("dead2", Op::kConv2d, Conv2d{.channels = 1}, {input});               // 40
  graph.output = out;
  EXPECT_EQ(cost(graph).peak_activation_bytes, 40 + 80 + 320);
}

TEST(PeakActivationBytes, OfTheKnownNetworks) {
  // 24x20x64 floats into a depthwise and out of it.
  EXPECT_EQ(cost(build_network(kind("ds_cnn_s"), 49, 40, 10)).peak_activation_bytes,
            2 * 24 * 20 * 64 * 4);
  // Input and what the one convolution makes of it.
  EXPECT_EQ(cost(build_network(kind("tiny_conv"), 49, 40, 4)).peak_activation_bytes,
            (49 * 40 + 25 * 20 * 8) * 4);
}

}  // namespace
}  // namespace kws::nn
