// SPDX-License-Identifier: MIT
//
// Every int8 kernel of every instruction set must give the bits of the reference: whatever rows are
// asked for, wherever the input lies, whatever lies behind it, and without touching anything else.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "engine/aligned.h"
#include "engine/kernels/s8/kernels.h"
#include "engine/kernels/s8/table.h"
#include "instruction_set_names.h"
#include "int8_layers.h"
#include "random_models.h"

namespace kws::engine {
namespace {

using nn::Op;
using testing::int8_layer;
using testing::random_int8;

constexpr std::int8_t kMark = 77;

/// An input at `misalignment` bytes from a cache line, and behind it what must not be used.
class Input {
 public:
  Input(std::span<const std::int8_t> values, std::int64_t misalignment, std::int8_t behind)
      : memory_(static_cast<std::int64_t>(values.size()) + misalignment + kReadSlack),
        data_(memory_.data() + misalignment) {
    std::fill_n(memory_.data(), memory_.count(), behind);
    std::copy(values.begin(), values.end(), data_);
  }
  [[nodiscard]] const void* data() const { return data_; }

 private:
  Aligned<std::int8_t> memory_;
  std::int8_t* data_;
};

/// The bytes of an output of `elements`, with marks around and behind the rows that were run.
std::vector<std::int8_t> run(const Kernel& kernel,
                             const std::vector<std::vector<std::int8_t>>& values,
                             std::size_t elements, std::int64_t misalignment, std::int8_t behind,
                             RowRange rows) {
  std::vector<Input> inputs;
  std::vector<const void*> pointers;
  for (const auto& value : values) inputs.emplace_back(value, misalignment, behind);
  for (const auto& input : inputs) pointers.push_back(input.data());
  std::vector<std::int8_t> output(elements + kReadSlack, kMark);
  kernel.run(pointers, output.data(), rows);
  return output;
}

class Int8Kernels : public ::testing::TestWithParam<InstructionSet> {
 protected:
  void check(const nn::Model& model, Random& random, const std::string& what) const {
    check(model, *s8::make_kernel(model, model.graph.nodes.back(), GetParam()), random, what);
  }
  /// `kernel`: of the model's only node.
  void check(const nn::Model& model, const Kernel& kernel, Random& random,
             const std::string& what) const;
  /// False when the graph refuses the geometry.
  bool check_layer(Op op, const nn::Attributes& attributes, const std::vector<nn::Shape>& in,
                   Random& random) const;
};

void Int8Kernels::check(const nn::Model& model, const Kernel& kernel, Random& random,
                        const std::string& what) const {
  const nn::Node& node = model.graph.nodes.back();
  std::vector<std::vector<std::int8_t>> values;
  for (const auto input : node.inputs) {
    values.push_back(random_int8(model.graph.tensors[input].shape.elements(), random));
  }
  const nn::Shape& shape = model.graph.tensor_of(node).shape;
  const auto truth =
      run(*s8::make_reference_kernel(model, node), values, shape.elements(), 0, 0, {0, shape.time});
  ASSERT_EQ(run(kernel, values, shape.elements(), 0, -128, {0, shape.time}), truth) << what;

  const auto row = static_cast<std::size_t>(shape.freq * shape.channels);
  for (std::int64_t t = 0; t < shape.time; ++t) {
    const auto part =
        run(kernel, values, shape.elements(), 1 + static_cast<std::int64_t>(random.below(63)),
            static_cast<std::int8_t>(random.below(256)), {t, t + 1});
    const auto begin = static_cast<std::size_t>(t) * row;
    for (std::size_t i = 0; i < part.size(); ++i) {
      const bool inside = i >= begin && i < begin + row;
      ASSERT_EQ(part[i], inside ? truth[i] : kMark) << what << ": row " << t << ", element " << i;
    }
  }
}

bool Int8Kernels::check_layer(Op op, const nn::Attributes& attributes,
                              const std::vector<nn::Shape>& in, Random& random) const {
  const auto model = int8_layer(op, attributes, in, random);
  if (!model) return false;
  std::string what(nn::to_string(op));
  for (const auto& shape : in) what += " " + nn::to_string(shape);
  check(*model, random, what + " -> " + nn::to_string(model->graph.output_shape()));
  return true;
}

const std::vector<std::int64_t> kChannels{1,  2,  3,  4,  5,  7,  15,  16,  17,
                                          31, 32, 33, 63, 64, 65, 127, 128, 129};

TEST_P(Int8Kernels, PointwiseAndDenseOfAllWidths) {
  Random random(1);
  for (const auto in : kChannels) {
    for (const auto out : {1, 4, 15, 16, 17, 63, 64, 65, 130}) {
      EXPECT_TRUE(check_layer(Op::kConv2d, nn::Conv2d{.channels = out, .bias = true}, {{3, 5, in}},
                              random));
      EXPECT_TRUE(check_layer(Op::kDense, nn::Dense{.channels = out}, {{2, 3, in}}, random));
    }
  }
}

TEST_P(Int8Kernels, PointwiseOfAllNumbersOfPositions) {
  Random random(2);
  for (std::int64_t freq = 1; freq <= 14; ++freq) {
    EXPECT_TRUE(check_layer(Op::kConv2d, nn::Conv2d{.channels = 20}, {{2, freq, 9}}, random));
  }
}

TEST_P(Int8Kernels, ConvolutionsOfRandomWindows) {
  Random random(3);
  int checked = 0;
  for (int i = 0; i < 400; ++i) {
    const int groups = random.chance(0.7) ? 1 : 2 + static_cast<int>(random.below(2));
    const auto depth = static_cast<std::int64_t>(1 + random.below(random.chance(0.5) ? 4 : 40));
    const nn::Conv2d conv{.channels = groups * (1 + static_cast<int>(random.below(70))),
                          .groups = groups,
                          .window = testing::random_window(random, false),
                          .bias = random.chance(0.5)};
    checked += check_layer(Op::kConv2d, conv,
                           {{static_cast<std::int64_t>(1 + random.below(12)),
                             static_cast<std::int64_t>(1 + random.below(12)), groups * depth}},
                           random);
  }
  EXPECT_GT(checked, 200);
}

/// Rows are staged some at once, or one, or not at all, depending on their length.
TEST_P(Int8Kernels, ConvolutionsOfShortAndLongRows) {
  Random random(9);
  const nn::Window same{.kernel_time = 3, .kernel_freq = 3, .padding = {1, 1, 1, 1}};
  const nn::Window apart{.kernel_time = 2,
                         .kernel_freq = 3,
                         .stride_time = 2,
                         .stride_freq = 2,
                         .dilation_time = 3,
                         .padding = {2, 1, 1, 0}};
  const nn::Window column{.kernel_time = 5, .kernel_freq = 1, .stride_freq = 3, .padding = {4, 4}};
  for (const auto& window : {same, apart, column}) {
    for (const std::int64_t freq : {2, 13, 30, 40, 60}) {
      for (const std::int64_t depth : {4, 36, 128}) {
        const nn::Conv2d conv{.channels = 66, .window = window, .bias = true};
        EXPECT_TRUE(check_layer(Op::kConv2d, conv, {{9, freq, depth}}, random)) << freq;
      }
    }
  }
}

TEST_P(Int8Kernels, ConvolutionThatLooksAtItsPaddingAlone) {
  Random random(10);
  const nn::Window far{
      .kernel_time = 1, .kernel_freq = 4, .stride_freq = 4096, .padding = {0, 0, 4000, 0}};
  EXPECT_TRUE(
      check_layer(Op::kConv2d, nn::Conv2d{.channels = 66, .window = far}, {{5, 20, 64}}, random));
}

TEST_P(Int8Kernels, DepthwiseOfAllWidthsAndRandomWindows) {
  Random random(4);
  int checked = 0;
  for (const auto channels : kChannels) {
    for (int i = 0; i < 20; ++i) {
      nn::Window window = testing::random_window(random, false);
      if (i % 2 == 0) window.kernel_freq = 3, window.stride_freq = window.dilation_freq = 1;
      checked += check_layer(Op::kDepthwise, nn::Depthwise{.window = window, .bias = true},
                             {{static_cast<std::int64_t>(1 + random.below(9)),
                               static_cast<std::int64_t>(1 + random.below(12)), channels}},
                             random);
      checked += check_layer(Op::kConv2d,
                             nn::Conv2d{.channels = static_cast<int>(channels),
                                        .groups = static_cast<int>(channels),
                                        .window = window},
                             {{7, 9, channels}}, random);
    }
  }
  EXPECT_GT(checked, 300);
}

TEST_P(Int8Kernels, MeansOverEveryAxis) {
  Random random(5);
  for (const auto channels : kChannels) {
    for (const auto& axes : {nn::Mean{}, nn::Mean{.over_time = false}, nn::Mean{.over_freq = false},
                             nn::Mean{.over_time = false, .over_freq = false}}) {
      EXPECT_TRUE(check_layer(Op::kMean, axes, {{6, 5, channels}}, random));
    }
  }
}

TEST_P(Int8Kernels, MeanInTwoStepsIsTheMean) {
  Random random(6);
  for (const auto channels : kChannels) {
    const nn::Shape in{7, 5, channels};
    const auto model = int8_layer(Op::kMean, nn::Mean{}, {in}, random);
    ASSERT_TRUE(model);
    const auto& tensors = model->graph.tensors;
    const s8::TensorSpec x{tensors[0].shape, tensors[0].quantisation};
    const s8::TensorSpec y{tensors[1].shape, tensors[1].quantisation};
    const auto values = random_int8(in.elements(), random);
    const Input input(values, 3, 55);
    const std::vector<const void*> pointers{input.data()};
    const auto count = static_cast<std::size_t>(channels);
    std::vector<std::int8_t> whole(count);
    s8::make_kernel(*model, model->graph.nodes[0], GetParam())->run(pointers, whole.data(), {0, 1});
    std::vector<std::int32_t> sums(7 * count + kReadSlack / sizeof(std::int32_t));
    for (const std::int64_t t : {6, 0, 3, 1, 2, 5, 4}) {
      s8::row_sums(x, GetParam())->run(pointers, sums.data(), {t, t + 1});
    }
    std::vector<std::int8_t> apart(count);
    const std::vector<const void*> sums_pointer{sums.data()};
    s8::mean_of_row_sums(x, y, GetParam())->run(sums_pointer, apart.data(), {0, 1});
    EXPECT_EQ(apart, whole);
  }
}

TEST_P(Int8Kernels, SumsAndProductsBroadcast) {
  Random random(10);
  for (const auto channels : kChannels) {
    for (int which = 0; which < 64; ++which) {  // each axis of each operand: whole or 1
      const nn::Shape a{which & 1 ? 3 : 1, which & 2 ? 4 : 1, which & 4 ? channels : 1};
      const nn::Shape b{which & 8 ? 3 : 1, which & 16 ? 4 : 1, which & 32 ? channels : 1};
      check_layer(which % 3 ? Op::kAdd : Op::kMul, nn::NoAttributes{}, {a, b}, random);
    }
    for (const Op op : {Op::kAdd, Op::kMul}) {
      const nn::Shape in{4, 3, channels};
      EXPECT_TRUE(check_layer(op, nn::NoAttributes{}, {in, in}, random));
    }
  }
}

/// Steps as large as a file may ask for: what is converted to integers must stay within 32 bits.
TEST_P(Int8Kernels, SumsOfLargeStepsAreClamped) {
  Random random(11);
  auto model = int8_layer(Op::kAdd, nn::NoAttributes{}, {{2, 3, 70}, {2, 3, 70}}, random);
  ASSERT_TRUE(model);
  auto& tensors = model->graph.tensors;
  tensors[0].quantisation =
      tensors[1].quantisation = {.scale = 0x1p30F / 255.0F, .zero_point = -128};
  tensors[2].quantisation = {.scale = 1.0F, .zero_point = 5};
  check(*model, random, "large steps");
  tensors[0].quantisation.zero_point = tensors[1].quantisation.zero_point = 127;
  check(*model, random, "large steps below zero");
  // Both at the far end: their sum is 2^31 and more than an integer holds.
  for (const int zero_point : {-128, 127}) {
    tensors[0].quantisation.zero_point = tensors[1].quantisation.zero_point = zero_point;
    for (const int end : {-128, 127}) {
      const std::vector<std::vector<std::int8_t>> values(
          2, std::vector<std::int8_t>(tensors[0].shape.elements(), static_cast<std::int8_t>(end)));
      const std::size_t elements = tensors[2].shape.elements();
      const auto& node = model->graph.nodes[0];
      const auto truth =
          run(*s8::make_reference_kernel(*model, node), values, elements, 0, 0, {0, 2});
      EXPECT_EQ(run(*s8::make_kernel(*model, node, GetParam()), values, elements, 0, 0, {0, 2}),
                truth)
          << zero_point << " " << end;
    }
  }
}

TEST_P(Int8Kernels, Pools) {
  Random random(12);
  int checked = 0;
  for (const auto channels : kChannels) {
    for (int i = 0; i < 12; ++i) {
      const nn::Pool pool{.window = testing::random_window(random, true)};
      checked += check_layer(i % 2 ? Op::kAveragePool : Op::kMaxPool, pool,
                             {{static_cast<std::int64_t>(1 + random.below(9)),
                               static_cast<std::int64_t>(1 + random.below(12)), channels}},
                             random);
    }
  }
  EXPECT_GT(checked, 100);
}

/// The sparse kernel whether it pays or not.
TEST_P(Int8Kernels, SparsePointwiseOfAllWidthsAndDensities) {
  if (GetParam() == InstructionSet::kReference) return;  // has none
  Random random(13);
  const auto check_sparse = [&](const nn::Shape& in, int outputs, double zeros) {
    const nn::Conv2d conv{.channels = outputs, .bias = random.chance(0.7)};
    auto model = int8_layer(Op::kConv2d, conv, {in}, random);
    ASSERT_TRUE(model);
    for (auto& weight : model->weights["layer.weight"]) {
      if (random.chance(zeros)) weight = random.chance(0.5) ? 0.0F : -0.0F;
    }
    const auto& tensors = model->graph.tensors;
    const auto kernel = s8::kernels_for(GetParam())
                            .sparse_pointwise(s8::spec_of(tensors[0]), s8::spec_of(tensors[1]),
                                              nn::integer_layer(*model, model->graph.nodes[0]));
    EXPECT_EQ(kernel->name(), "int8 sparse pointwise");
    check(*model, *kernel, random,
          "sparse " + nn::to_string(in) + " to " + std::to_string(outputs) + ", zeros " +
              std::to_string(zeros));
  };
  constexpr double kZeros[] = {0.0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.97, 1.0};
  for (const auto in : kChannels) {
    for (const int out : {1, 4, 15, 16, 17, 63, 64, 65, 130}) {
      if (HasFatalFailure()) return;
      check_sparse({3, 5, in}, out, kZeros[random.below(std::size(kZeros))]);
    }
  }
  for (const std::int64_t positions : {1, 2, 15, 16, 17, 31, 32, 33, 47, 63, 64, 65, 127, 129}) {
    for (const double zeros : kZeros) {
      if (HasFatalFailure()) return;
      const std::int64_t freq = positions % 3 == 0 ? positions / 3 : positions;
      check_sparse({positions / freq, freq, static_cast<std::int64_t>(1 + random.below(90))}, 20,
                   zeros);
    }
  }
  for (const std::int64_t channels : {255, 256, 511, 512}) check_sparse({5, 19, channels}, 33, 0.9);
}

/// vpmaddubsw adds two products in 16 bits: weights of one sign and of all sizes, on inputs at both
/// ends.
TEST_P(Int8Kernels, SparsePointwiseDoesNotSaturate) {
  if (GetParam() == InstructionSet::kReference) return;
  Random random(14);
  for (const int sign : {-1, 1}) {
    for (const int largest : {127, 100, 65, 64, 63}) {
      auto model = int8_layer(Op::kConv2d, nn::Conv2d{.channels = 9}, {{2, 40, 41}}, random);
      ASSERT_TRUE(model);
      auto& weight = model->weights["layer.weight"];
      const auto& scale = model->weights["layer.weight_scale"];
      for (std::size_t i = 0; i < weight.size(); ++i) {
        const auto size = random.chance(0.5) ? static_cast<std::size_t>(largest)
                                             : random.below(static_cast<std::size_t>(largest) + 1);
        weight[i] = static_cast<float>(sign * static_cast<int>(size)) * scale[i % scale.size()];
      }
      const auto& tensors = model->graph.tensors;
      const auto kernel = s8::kernels_for(GetParam())
                              .sparse_pointwise(s8::spec_of(tensors[0]), s8::spec_of(tensors[1]),
                                                nn::integer_layer(*model, model->graph.nodes[0]));
      for (const int end : {-128, 127}) {
        const std::vector<std::vector<std::int8_t>> values{
            std::vector<std::int8_t>(tensors[0].shape.elements(), static_cast<std::int8_t>(end))};
        const std::size_t elements = tensors[1].shape.elements();
        const auto truth = run(*s8::make_reference_kernel(*model, model->graph.nodes[0]), values,
                               elements, 0, 0, {0, 2});
        EXPECT_EQ(run(*kernel, values, elements, 0, 0, {0, 2}), truth) << sign << " " << largest;
      }
      check(*model, *kernel, random, "one sign");
    }
  }
}

/// As a plan gets it: sparse or dense for each call, by how many positions it has.
TEST_P(Int8Kernels, ChosenSparseOnesGiveTheSameBits) {
  Random random(16);
  for (const std::int64_t freq : {1, 5, 20, 40, 70}) {
    auto model = int8_layer(Op::kConv2d, nn::Conv2d{.channels = 96}, {{7, freq, 130}}, random);
    ASSERT_TRUE(model);
    for (auto& weight : model->weights["layer.weight"]) weight *= random.chance(0.95) ? 0.0F : 1.0F;
    if (freq >= 20 && GetParam() != InstructionSet::kReference) {
      EXPECT_EQ(s8::make_kernel(*model, model->graph.nodes[0], GetParam())->name(),
                "int8 sparse pointwise");
    }
    check(*model, random, "freq " + std::to_string(freq));
  }
}

TEST_P(Int8Kernels, SparseOnesAreChosenWhereZerosPay) {
  if (GetParam() == InstructionSet::kReference) return;
  const auto chosen = [&](std::int64_t channels, double zeros) {
    Random random(15);
    const nn::Conv2d conv{.channels = static_cast<int>(channels)};
    auto model = int8_layer(Op::kConv2d, conv, {{24, 19, channels}}, random);
    for (auto& weight : model->weights["layer.weight"])
      weight *= random.chance(zeros) ? 0.0F : 1.0F;
    return std::string(s8::make_kernel(*model, model->graph.nodes[0], GetParam())->name());
  };
  EXPECT_EQ(chosen(128, 0.0), "int8 pointwise");
  if (GetParam() == InstructionSet::kAvx512Vnni) {
    EXPECT_EQ(chosen(128, 0.7), "int8 pointwise");
    EXPECT_EQ(chosen(64, 0.8), "int8 pointwise");
  } else if (GetParam() == InstructionSet::kAvx512 || GetParam() == InstructionSet::kAvx2) {
    EXPECT_EQ(chosen(128, 0.7), "int8 sparse pointwise");
  }
  EXPECT_EQ(chosen(128, 0.95), "int8 sparse pointwise");
  EXPECT_EQ(chosen(5, 0.8), "int8 pointwise");
  EXPECT_EQ(chosen(4000, 0.99), "int8 pointwise") << "no room on the stack";
}

TEST_P(Int8Kernels, WhatHasNoFastKernelYet) {
  Random random(7);
  for (const std::int64_t channels : {1, 5, 64}) {
    const nn::Shape in{4, 3, channels};
    for (const Op op : {Op::kRelu, Op::kRelu6, Op::kHardSwish, Op::kSwish}) {
      EXPECT_TRUE(check_layer(op, nn::NoAttributes{}, {in}, random));
    }
    EXPECT_TRUE(check_layer(Op::kConcat, nn::NoAttributes{}, {in, {4, 3, 2}, in}, random));
  }
}

TEST_P(Int8Kernels, QuantizeIsItsDefinition) {
  Random random(8);
  for (const std::int64_t freq : {1, 3, 4, 7, 8, 15, 16, 17, 40}) {
    const auto model = int8_layer(Op::kQuantize, nn::NoAttributes{}, {{3, freq, 1}}, random);
    ASSERT_TRUE(model);
    const auto& quantisation = model->graph.tensors[1].quantisation;
    Aligned<float> values(3 * freq + kReadSlack);
    for (std::int64_t i = 0; i < 3 * freq; ++i) {
      values.data()[i] = static_cast<float>(random.normal() * 30.0);
    }
    values.data()[0] = std::numeric_limits<float>::quiet_NaN();
    values.data()[1] = std::numeric_limits<float>::infinity();
    values.data()[2] = -3e38F;
    const std::vector<const void*> pointers{values.data()};
    std::vector<std::int8_t> found(static_cast<std::size_t>(3 * freq));
    s8::make_kernel(*model, model->graph.nodes[0], GetParam())->run(pointers, found.data(), {0, 3});
    for (std::size_t i = 0; i < found.size(); ++i) {
      EXPECT_EQ(found[i], nn::quantise(values.data()[i], quantisation)) << i;
    }
  }
}

TEST_P(Int8Kernels, DequantizeIsItsDefinition) {
  Random random(9);
  const auto model = int8_layer(Op::kDequantize, nn::NoAttributes{}, {{1, 1, 256}}, random);
  ASSERT_TRUE(model);
  std::vector<std::int8_t> values;
  for (int q = -128; q <= 127; ++q) values.push_back(static_cast<std::int8_t>(q));
  const std::vector<const void*> pointers{values.data()};
  std::vector<float> found(values.size());
  s8::make_kernel(*model, model->graph.nodes[0], GetParam())->run(pointers, found.data(), {0, 1});
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i], nn::dequantise(values[i], model->graph.tensors[0].quantisation));
  }
}

INSTANTIATE_TEST_SUITE_P(All, Int8Kernels, ::testing::ValuesIn(available_instruction_sets()),
                         testing::set_name);

TEST(Int8Tables, AreWithinHalfAStepOfTheFunction) {
  const nn::Quantisation x{0.07F, -20};
  const nn::Quantisation y{0.05F, -110};
  const auto table = s8::activation_table(Op::kSwish, x, y);
  for (int q = -128; q <= 127; ++q) {
    const double real = static_cast<double>(x.scale) * (q - x.zero_point);
    const double wanted =
        std::clamp(real / (1.0 + std::exp(-real)) / static_cast<double>(y.scale) + y.zero_point,
                   -128.0, 127.0);
    EXPECT_NEAR(table[static_cast<std::int8_t>(q)], wanted, 0.5 + 1e-9);
  }
}

}  // namespace
}  // namespace kws::engine
