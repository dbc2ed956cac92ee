// SPDX-License-Identifier: MIT
#include "nn/graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "base/error.h"

namespace kws::nn {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const ModelError& error) {
    return error.what();
  }
  return "";
}

/// One node over an input of this shape, named "layer".
Shape shape_after(const Shape& input, Op op, const Attributes& attributes = NoAttributes{}) {
  Graph graph;
  graph.add_input(input);
  graph.add_node("layer", op, attributes, {graph.input});
  return graph.output_shape();
}

std::string refusal(const Shape& input, Op op, const Attributes& attributes = NoAttributes{}) {
  return error_of([&] { (void)shape_after(input, op, attributes); });
}

TEST(Op, NamesReadBack) {
  for (int i = 0; i <= static_cast<int>(Op::kSubSpectralNorm); ++i) {
    const auto op = static_cast<Op>(i);
    EXPECT_NE(to_string(op), "?");
    EXPECT_EQ(op_from_string(to_string(op)), op);
  }
  EXPECT_THROW((void)op_from_string("conv3d"), ModelError);
  EXPECT_THROW((void)op_from_string(""), ModelError);
}

// Counts the positions at which a kernel fits, by trying every one.
TEST(WindowOutput, EqualsCounting) {
  for (int size = 1; size <= 12; ++size) {
    for (int kernel = 1; kernel <= 5; ++kernel) {
      for (int stride = 1; stride <= 4; ++stride) {
        for (int dilation = 1; dilation <= 3; ++dilation) {
          for (int padding = 0; padding <= 4; ++padding) {
            int positions = 0;
            for (int at = 0; at + dilation * (kernel - 1) < size + padding; at += stride) {
              ++positions;
            }
            EXPECT_EQ(window_output(size, kernel, stride, dilation, padding), positions)
                << size << " " << kernel << " " << stride << " " << dilation << " " << padding;
          }
        }
      }
    }
  }
}

TEST(SamePadding, KeepsCeilOfSizeOverStride) {
  for (int size = 1; size <= 50; ++size) {
    for (int kernel = 1; kernel <= 10; ++kernel) {
      for (int stride = 1; stride <= 4; ++stride) {
        for (int dilation = 1; dilation <= 2; ++dilation) {
          const Window window{
              .kernel_time = kernel, .stride_time = stride, .dilation_time = dilation};
          const auto padding = same_padding({size, 7, 1}, window);
          EXPECT_EQ(window_output(size, kernel, stride, dilation,
                                  padding.time_before + padding.time_after),
                    (size + stride - 1) / stride);
          // The odd one goes after, as TensorFlow does.
          EXPECT_GE(padding.time_after, padding.time_before);
          EXPECT_LE(padding.time_after, padding.time_before + 1);
          EXPECT_EQ(padding.freq_before + padding.freq_after, 0);
        }
      }
    }
  }
}

TEST(Graph, InfersEveryShape) {
  const Shape in{49, 40, 6};
  EXPECT_EQ(shape_after({49, 40, 1}, Op::kInputNorm), (Shape{49, 40, 1}));
  Window window{.kernel_time = 10, .kernel_freq = 4, .stride_time = 2, .stride_freq = 2};
  window.padding = {4, 5, 1, 1};
  EXPECT_EQ(shape_after(in, Op::kConv2d, Conv2d{.channels = 64, .groups = 2, .window = window}),
            (Shape{25, 20, 64}));
  window.dilation_time = 2;
  EXPECT_EQ(shape_after(in, Op::kDepthwise, Depthwise{.window = window}), (Shape{20, 20, 6}));
  EXPECT_EQ(shape_after(in, Op::kDense, Dense{.channels = 12}), (Shape{1, 1, 12}));
  const Window pool{.kernel_time = 3, .kernel_freq = 2, .stride_time = 3, .stride_freq = 2};
  EXPECT_EQ(shape_after(in, Op::kMaxPool, Pool{pool}), (Shape{16, 20, 6}));
  EXPECT_EQ(shape_after(in, Op::kAveragePool, Pool{pool}), (Shape{16, 20, 6}));
  EXPECT_EQ(shape_after(in, Op::kMean, Mean{}), (Shape{1, 1, 6}));
  EXPECT_EQ(shape_after(in, Op::kMean, Mean{.over_time = false}), (Shape{49, 1, 6}));
  EXPECT_EQ(shape_after(in, Op::kMean, Mean{.over_freq = false}), (Shape{1, 40, 6}));
  EXPECT_EQ(shape_after(in, Op::kFlatten), (Shape{1, 1, 49 * 40 * 6}));
  EXPECT_EQ(shape_after(in, Op::kSubSpectralNorm, SubSpectralNorm{}), in);
  EXPECT_EQ(shape_after(in, Op::kBatchNorm, BatchNorm{}), in);
  EXPECT_EQ(shape_after(in, Op::kDropout, Dropout{}), in);
  for (const Op op : {Op::kRelu, Op::kRelu6, Op::kHardSwish, Op::kSwish, Op::kSoftmax}) {
    EXPECT_EQ(shape_after(in, op), in);
  }
}

TEST(Graph, BroadcastsAndJoins) {
  Graph graph;
  const auto input = graph.add_input({8, 6, 4});
  const auto over_time = graph.add_node("t", Op::kMean, Mean{.over_freq = false}, {input});
  const auto over_all = graph.add_node("a", Op::kMean, Mean{}, {input});
  EXPECT_EQ(
      graph.tensors[graph.add_node("sum", Op::kAdd, NoAttributes{}, {over_time, input})].shape,
      (Shape{8, 6, 4}));
  EXPECT_EQ(graph.tensors[graph.add_node("mul", Op::kMul, NoAttributes{}, {input, over_all})].shape,
            (Shape{8, 6, 4}));
  const auto joined = graph.add_node("join", Op::kConcat, NoAttributes{}, {input, input, input});
  EXPECT_EQ(graph.tensors[joined].shape, (Shape{8, 6, 12}));
  EXPECT_THAT(error_of([&] {
                graph.add_node("bad", Op::kAdd, NoAttributes{}, {joined, input});
              }),
              AllOf(HasSubstr("'bad'"), HasSubstr("8x6x12"), HasSubstr("8x6x4")));
  EXPECT_THAT(error_of([&] {
                graph.add_node("bad", Op::kConcat, NoAttributes{}, {over_time, input});
              }),
              AllOf(HasSubstr("'bad'"), HasSubstr("1x6x4")));
}

TEST(Graph, KnowsWhereTimeEnds) {
  Graph graph;
  const auto input = graph.add_input({8, 6, 4});
  const auto over_freq = graph.add_node("f", Op::kMean, Mean{.over_time = false}, {input});
  const auto over_time = graph.add_node("t", Op::kMean, Mean{.over_freq = false}, {input});
  const auto sum = graph.add_node("sum", Op::kAdd, NoAttributes{}, {over_time, input});
  const auto flat = graph.add_node("flat", Op::kFlatten, NoAttributes{}, {sum});
  const auto dense = graph.add_node("dense", Op::kDense, Dense{.channels = 2}, {sum});
  EXPECT_TRUE(graph.tensors[input].has_time);
  EXPECT_TRUE(graph.tensors[over_freq].has_time);
  EXPECT_FALSE(graph.tensors[over_time].has_time);
  EXPECT_TRUE(graph.tensors[sum].has_time);
  EXPECT_FALSE(graph.tensors[flat].has_time);
  EXPECT_FALSE(graph.tensors[dense].has_time);
}

TEST(Graph, NamesTheLayerThatCannotBe) {
  const Shape in{8, 6, 4};
  EXPECT_THAT(refusal(in, Op::kConv2d, Conv2d{.window = {.kernel_time = 9}}),
              AllOf(HasSubstr("'layer' (conv2d)"), HasSubstr("kernel of 9x1"), HasSubstr("8x6x4")));
  EXPECT_THAT(
      refusal(in, Op::kDepthwise, Depthwise{.window = {.kernel_freq = 4, .dilation_freq = 2}}),
      HasSubstr("does not fit"));
  EXPECT_THAT(refusal(in, Op::kConv2d, Conv2d{.channels = 0}), HasSubstr("channels is 0"));
  EXPECT_THAT(refusal(in, Op::kConv2d, Conv2d{.channels = 6, .groups = 4}), HasSubstr("4 groups"));
  EXPECT_THAT(refusal(in, Op::kConv2d, Conv2d{.channels = 6, .groups = 3}), HasSubstr("3 groups"));
  EXPECT_THAT(refusal(in, Op::kConv2d, Conv2d{.window = {.stride_time = 0}}),
              HasSubstr("stride_time is 0"));
  EXPECT_THAT(refusal(in, Op::kConv2d, Conv2d{.window = {.padding = {-1, 0, 0, 0}}}),
              HasSubstr("padding is -1"));
  EXPECT_THAT(refusal(in, Op::kDense, Dense{.channels = 1 << 20}), HasSubstr("channels"));
  EXPECT_THAT(refusal(in, Op::kSubSpectralNorm, SubSpectralNorm{.bands = 4}), HasSubstr("4 bands"));
  EXPECT_THAT(refusal(in, Op::kBatchNorm, BatchNorm{.epsilon = 0.0F}), HasSubstr("epsilon"));
  EXPECT_THAT(refusal(in, Op::kBatchNorm, BatchNorm{.momentum = 2.0F}), HasSubstr("momentum"));
  EXPECT_THAT(refusal(in, Op::kDropout, Dropout{1.0F}), HasSubstr("rate"));
  EXPECT_THAT(refusal(in, Op::kDropout, Dropout{std::stof("nan")}), HasSubstr("rate"));
  EXPECT_THAT(refusal(in, Op::kInputNorm), HasSubstr("one channel"));
  EXPECT_THAT(refusal(in, Op::kRelu, Conv2d{}), HasSubstr("another operation"));
  EXPECT_THAT(refusal(in, Op::kAdd), HasSubstr("1 inputs"));
  EXPECT_THAT(refusal(in, Op::kConcat), HasSubstr("1 inputs"));
  const Window padded{.kernel_time = 2, .kernel_freq = 2, .padding = {2, 0, 0, 0}};
  EXPECT_THAT(refusal(in, Op::kMaxPool, Pool{padded}), HasSubstr("padding alone"));
  EXPECT_THAT(refusal(in, Op::kMaxPool, Pool{{.dilation_time = 2}}), HasSubstr("dilation"));
}

TEST(Graph, RefusesTakenNamesAndTensorsThatDoNotExist) {
  Graph graph;
  const auto input = graph.add_input({8, 6, 1});
  graph.add_node("a", Op::kRelu, NoAttributes{}, {input});
  const auto add = [&](const std::string& name, TensorId from) {
    return error_of([&] { graph.add_node(name, Op::kRelu, NoAttributes{}, {from}); });
  };
  EXPECT_THAT(add("a", input), HasSubstr("taken"));
  EXPECT_THAT(add("input", input), HasSubstr("taken"));
  EXPECT_THAT(add("", input), HasSubstr("no name"));
  EXPECT_THAT(add("b", 7), HasSubstr("does not exist"));
  EXPECT_THAT(add("b", 2), HasSubstr("does not exist"));  // itself
  EXPECT_EQ(graph.nodes.size(), 1U);
  EXPECT_THAT(error_of([&] { graph.add_node("n", Op::kInputNorm, NoAttributes{}, {1}); }),
              HasSubstr("at the input"));
}

TEST(Graph, RefusesWhatIsTooLarge) {
  EXPECT_NE(error_of([] { Graph().add_input({0, 6, 1}); }), "");
  EXPECT_NE(error_of([] { Graph().add_input({1 << 14, 1 << 14, 1}); }), "");
  EXPECT_NE(error_of([] { Graph().add_input({std::int64_t{1} << 40, 1, 1}); }), "");
  EXPECT_THAT(refusal({4096, 4096, 1}, Op::kConv2d, Conv2d{.channels = 64}),
              HasSubstr("too large"));
  // Within every other limit thanks to its padding, with 2^66 weights.
  const Window huge{.kernel_time = 4096, .kernel_freq = 4096, .padding = {4096, 0, 4096, 0}};
  EXPECT_THAT(refusal({1, 1, 1 << 16}, Op::kConv2d, Conv2d{.channels = 1 << 16, .window = huge}),
              HasSubstr("too many weights"));
  EXPECT_THAT(refusal({1, 1, 1 << 16}, Op::kDense, Dense{.channels = 1 << 16}),
              HasSubstr("too many weights"));
  EXPECT_THAT(refusal({2048, 2048, 16}, Op::kConv2d,
                      Conv2d{.channels = 16,
                             .window = {.kernel_time = 255,
                                        .kernel_freq = 255,
                                        .padding = {127, 127, 127, 127}}}),
              HasSubstr("too many operations"));
}

TEST(Graph, ShowsHostileNamesHarmlessly) {
  Graph graph;
  graph.add_input({8, 6, 1});
  const auto message =
      error_of([&] { graph.add_node("\x1b[2J", Op::kMul, NoAttributes{}, {graph.input}); });
  EXPECT_EQ(message.find('\x1b'), std::string::npos);
  EXPECT_THAT(message, HasSubstr("?[2J"));
}

}  // namespace
}  // namespace kws::nn
