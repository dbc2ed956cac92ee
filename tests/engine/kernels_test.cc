// SPDX-License-Identifier: MIT
//
// Every kernel of every instruction set that this processor has, against the reference, over random
// geometries and over channel counts around the width of a vector; and the contract of kernel.h:
// rows one by one are the same bits, inputs may lie anywhere, nothing outside the rows is written,
// what lies behind an input does not matter.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "engine/aligned_floats.h"
#include "engine/kernels/f32/kernels.h"
#include "engine/kernels/reference.h"
#include "instruction_set_names.h"
#include "random_models.h"
#include "tolerance.h"

namespace kws::engine {
namespace {

using nn::Op;

constexpr float kMark = 12345.0F;
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

std::vector<float> noise(std::size_t count, Random& random) {
  std::vector<float> values(count);
  for (auto& value : values) value = static_cast<float>(random.normal() * 2.0);
  return values;
}

/// `values` at `misalignment` floats from a cache line, and behind them what a kernel may read but
/// must not use.
class Input {
 public:
  Input(std::span<const float> values, std::int64_t misalignment)
      : memory_(static_cast<std::int64_t>(values.size()) + misalignment + kReadSlack),
        data_(memory_.data() + misalignment) {
    std::fill_n(memory_.data(), memory_.count(), kNan);
    std::copy(values.begin(), values.end(), data_);
  }
  [[nodiscard]] const float* data() const { return data_; }

 private:
  AlignedFloats memory_;
  float* data_;
};

using MakeKernel = std::function<std::unique_ptr<Kernel>(const nn::Model&, f32::Bounds)>;

/// The last node's kernel over random inputs, checked in every way.
void check_node(const MakeKernel& make_kernel, const nn::Model& model, Random& random,
                const std::string& what) {
  const nn::Node& node = model.graph.nodes.back();
  std::vector<std::vector<float>> values;
  for (const auto input : node.inputs) {
    values.push_back(noise(model.graph.tensors[input].shape.elements(), random));
  }
  const std::vector<std::span<const float>> spans(values.begin(), values.end());
  const nn::Shape& shape = model.graph.tensor_of(node).shape;
  std::vector<float> truth(shape.elements());
  reference::run_node(model, node, spans, truth);
  const auto allowed = testing::tolerance(model, node, spans);

  const auto kernel = make_kernel(model, {});
  const auto run = [&](std::int64_t misalignment, RowRange rows, std::vector<float>& output) {
    std::vector<Input> inputs;
    std::vector<const void*> pointers;
    for (const auto& value : values) inputs.emplace_back(value, misalignment);
    for (const auto& input : inputs) pointers.push_back(input.data());
    kernel->run(pointers, output.data(), rows);
  };
  std::vector<float> whole(shape.elements() + kReadSlack, kMark);
  run(0, {0, shape.time}, whole);
  for (std::size_t i = 0; i < truth.size(); ++i) {
    ASSERT_LE(std::abs(whole[i] - truth[i]), allowed[i])
        << what << ": element " << i << " is " << whole[i] << ", should be " << truth[i];
  }
  for (std::size_t i = truth.size(); i < whole.size(); ++i) ASSERT_EQ(whole[i], kMark) << what;

  // Row by row, from an input elsewhere: the same bits, and no other row is touched.
  const auto row = static_cast<std::size_t>(shape.freq * shape.channels);
  for (std::int64_t t = 0; t < shape.time; ++t) {
    std::vector<float> part(shape.elements() + kReadSlack, kMark);
    run(1 + static_cast<std::int64_t>(random.below(15)), {t, t + 1}, part);
    const auto begin = static_cast<std::size_t>(t) * row;
    for (std::size_t i = 0; i < part.size(); ++i) {
      const bool inside = i >= begin && i < begin + row;
      ASSERT_EQ(part[i], inside ? whole[i] : kMark) << what << ": row " << t << ", element " << i;
    }
  }
  if (f32::takes_bounds(node.op)) {
    const f32::Bounds bounds{.low = 0.0F, .high = 1.5F};
    std::vector<float> clamped(shape.elements());
    std::vector<const void*> pointers;
    std::vector<Input> inputs;
    for (const auto& value : values) inputs.emplace_back(value, 0);
    for (const auto& input : inputs) pointers.push_back(input.data());
    make_kernel(model, bounds)->run(pointers, clamped.data(), {0, shape.time});
    for (std::size_t i = 0; i < clamped.size(); ++i) {
      ASSERT_EQ(clamped[i], std::clamp(whole[i], 0.0F, 1.5F)) << what;
    }
  }
}

/// A graph of the input (and a second, for operations that take two) and one node.
bool check_single(InstructionSet set, Op op, const nn::Attributes& attributes, const nn::Shape& in,
                  const std::vector<nn::Shape>& others, Random& random) {
  nn::Model model;
  try {
    std::vector<nn::TensorId> inputs{model.graph.add_input(in)};
    for (const auto& shape : others) {
      model.graph.tensors.push_back(
          {.name = "other" + std::to_string(inputs.size()), .shape = shape});
      inputs.push_back(model.graph.tensors.size() - 1);
    }
    model.graph.add_node("node", op, attributes, inputs);
  } catch (const ModelError&) {
    return false;  // an impossible geometry; drawn by chance
  }
  model.weights = testing::random_weights(model.graph, Random(random.next()));
  const auto make_kernel = [&](const nn::Model& any, f32::Bounds bounds) {
    return f32::make_kernel(any, any.graph.nodes.back(), bounds, set);
  };
  check_node(make_kernel, model, random,
             std::string(to_string(op)) + " of " + to_string(in) + " to " +
                 to_string(model.graph.output_shape()));
  return true;
}

constexpr int kChannels[] = {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 63, 64, 65, 100};

class Kernels : public ::testing::TestWithParam<InstructionSet> {};

INSTANTIATE_TEST_SUITE_P(All, Kernels, ::testing::ValuesIn(available_instruction_sets()),
                         testing::set_name);

int some_channels(Random& random) { return kChannels[random.below(std::size(kChannels))]; }

nn::Shape some_shape(Random& random, int channels) {
  return {static_cast<std::int64_t>(1 + random.below(12)),
          static_cast<std::int64_t>(1 + random.below(24)), channels};
}

TEST_P(Kernels, Conv2d) {
  Random random(1);
  int checked = 0;
  for (int i = 0; i < 400 && !HasFatalFailure(); ++i) {
    const int groups = random.chance(0.7) ? 1 : static_cast<int>(2 + random.below(3));
    const int in = random.chance(0.3) ? groups : groups * static_cast<int>(1 + random.below(20));
    checked += check_single(GetParam(), Op::kConv2d,
                            nn::Conv2d{.channels = groups * some_channels(random),
                                       .groups = groups,
                                       .window = testing::random_window(random, false),
                                       .bias = random.chance(0.5)},
                            some_shape(random, in), {}, random);
  }
  EXPECT_GT(checked, 200);
}

TEST_P(Kernels, PointwiseConvolutionOfEverySize) {
  Random random(2);
  for (const int channels : kChannels) {
    for (const std::int64_t positions : {1, 2, 5, 6, 7, 11, 12, 13, 24, 25, 41}) {
      if (HasFatalFailure()) return;
      check_single(GetParam(), Op::kConv2d, nn::Conv2d{.channels = channels, .bias = true},
                   {positions, 1, some_channels(random)}, {}, random);
    }
  }
}

TEST_P(Kernels, DepthwiseConvolution) {
  Random random(3);
  int checked = 0;
  for (int i = 0; i < 400 && !HasFatalFailure(); ++i) {
    checked += check_single(
        GetParam(), Op::kDepthwise,
        nn::Depthwise{.window = testing::random_window(random, false), .bias = random.chance(0.5)},
        some_shape(random, some_channels(random)), {}, random);
  }
  // The blocks of the 3-wide case: every width, with and without padding at either end, and more
  // channels than a tile.
  for (std::int64_t freq = 1; freq < 44; ++freq) {
    for (const int before : {0, 1, 2}) {
      for (const int after : {0, 1, 2}) {
        if (HasFatalFailure()) return;
        nn::Window window{.kernel_time = 3, .kernel_freq = 3};
        window.padding = {1, 1, before, after};
        check_single(GetParam(), Op::kDepthwise, nn::Depthwise{.window = window, .bias = true},
                     {3, freq, freq % 5 == 0 ? 130 : 17}, {}, random);
      }
    }
  }
  EXPECT_GT(checked, 200);
}

TEST_P(Kernels, Dense) {
  Random random(4);
  for (const int outputs : kChannels) {
    for (const std::int64_t inputs : {1, 2, 7, 8, 9, 15, 16, 17, 100}) {
      if (HasFatalFailure()) return;
      check_single(GetParam(), Op::kDense,
                   nn::Dense{.channels = outputs, .bias = random.chance(0.7)}, {1, 1, inputs}, {},
                   random);
    }
  }
  check_single(GetParam(), Op::kDense, nn::Dense{.channels = 5}, {3, 4, 5}, {}, random);
}

/// A pointwise or dense layer with this share of zeros, and the sparse kernel whether it pays or
/// not.
void check_sparse(InstructionSet set, Op op, const nn::Shape& in, int outputs, double zeros,
                  Random& random) {
  if (set == InstructionSet::kReference) return;  // there a zero is a number like others
  nn::Model model;
  const auto input = model.graph.add_input(in);
  const bool bias = random.chance(0.7);
  if (op == Op::kDense) {
    model.graph.add_node("node", op, nn::Dense{.channels = outputs, .bias = bias}, {input});
  } else {
    model.graph.add_node("node", op, nn::Conv2d{.channels = outputs, .bias = bias}, {input});
  }
  model.weights = testing::random_weights(model.graph, Random(random.next()));
  for (auto& weight : model.weights["node.weight"]) {
    if (random.chance(zeros)) weight = random.chance(0.5) ? 0.0F : -0.0F;
  }
  const auto make_kernel = [&](const nn::Model& any, f32::Bounds bounds) {
    const auto& kernels = f32::kernels_for(set);
    const auto biases = any.weights.find("node.bias");
    const auto values =
        biases == any.weights.end() ? std::span<const float>() : std::span(biases->second);
    f32::MakeDense* const make = op == Op::kDense ? kernels.sparse_dense : kernels.sparse_pointwise;
    return make(in, any.graph.output_shape(), any.weights.at("node.weight"), values, bounds);
  };
  check_node(make_kernel, model, random,
             "sparse " + std::string(to_string(op)) + " of " + to_string(in) + " to " +
                 std::to_string(outputs) + ", zeros " + std::to_string(zeros));
}

constexpr double kZeros[] = {0.0, 0.5, 0.8, 0.9, 0.97, 1.0};

TEST_P(Kernels, SparsePointwiseConvolution) {
  Random random(9);
  for (const int channels : kChannels) {
    for (const std::int64_t positions : {1, 3, 4, 5, 15, 16, 17, 31, 33, 63, 64, 65, 129}) {
      if (HasFatalFailure()) return;
      const std::int64_t freq = positions % 3 == 0 ? 3 : 1;
      check_sparse(GetParam(), Op::kConv2d, {positions / freq, freq, some_channels(random)},
                   channels, kZeros[random.below(std::size(kZeros))], random);
    }
  }
  // Blocks of fewer positions where there are many channels.
  for (const std::int64_t channels : {128, 129, 255, 256, 512}) {
    check_sparse(GetParam(), Op::kConv2d, {5, 19, channels}, 20, 0.9, random);
  }
}

TEST_P(Kernels, SparseDense) {
  Random random(10);
  for (const int outputs : kChannels) {
    for (const std::int64_t inputs : {1, 2, 7, 8, 9, 15, 16, 17, 100, 400}) {
      for (const double zeros : kZeros) {
        if (HasFatalFailure()) return;
        check_sparse(GetParam(), Op::kDense, {1, 1, inputs}, outputs, zeros, random);
      }
    }
  }
}

TEST_P(Kernels, SparseOnesAreChosenWhereZerosPay) {
  if (GetParam() == InstructionSet::kReference) return;
  const auto chosen = [&](int channels, double zeros) {
    nn::Model model;
    const auto input = model.graph.add_input({24, 19, channels});
    model.graph.add_node("node", Op::kConv2d, nn::Conv2d{.channels = channels}, {input});
    model.weights = nn::initial_weights(model.graph, Random(1));
    Random random(2);
    for (auto& weight : model.weights["node.weight"]) weight *= random.chance(zeros) ? 0.0F : 1.0F;
    return f32::make_kernel(model, model.graph.nodes[0], {}, GetParam())->name();
  };
  EXPECT_EQ(chosen(128, 0.0), "pointwise");
  EXPECT_EQ(chosen(128, 0.8), "sparse pointwise");
  EXPECT_EQ(chosen(5, 0.8), "pointwise");
  EXPECT_EQ(chosen(3000, 0.99), "pointwise") << "no room on the stack";
}

TEST_P(Kernels, NormsAndActivations) {
  Random random(5);
  for (const int channels : kChannels) {
    if (HasFatalFailure()) return;
    auto shape = some_shape(random, channels);
    check_single(GetParam(), Op::kBatchNorm, nn::BatchNorm{}, shape, {}, random);
    for (const Op op : {Op::kRelu, Op::kRelu6, Op::kHardSwish, Op::kSwish, Op::kSoftmax}) {
      check_single(GetParam(), op, nn::NoAttributes{}, shape, {}, random);
    }
    shape.channels = 1;
    check_single(GetParam(), Op::kInputNorm, nn::NoAttributes{}, shape, {}, random);
    shape = {3, 12, channels};
    for (const int bands : {1, 2, 3, 4, 6, 12}) {
      check_single(GetParam(), Op::kSubSpectralNorm, nn::SubSpectralNorm{.bands = bands}, shape, {},
                   random);
    }
  }
}

TEST_P(Kernels, SumsAndProductsBroadcast) {
  Random random(6);
  for (const int channels : kChannels) {
    for (int which = 0; which < 64; ++which) {  // each axis of each operand: whole or 1
      if (HasFatalFailure()) return;
      const nn::Shape a{which & 1 ? 3 : 1, which & 2 ? 4 : 1, which & 4 ? channels : 1};
      const nn::Shape b{which & 8 ? 3 : 1, which & 16 ? 4 : 1, which & 32 ? channels : 1};
      check_single(GetParam(), which % 3 ? Op::kAdd : Op::kMul, nn::NoAttributes{}, a, {b}, random);
    }
  }
}

TEST_P(Kernels, Concat) {
  Random random(7);
  for (const int channels : kChannels) {
    const auto shape = some_shape(random, channels);
    auto second = shape;
    second.channels = some_channels(random);
    auto third = shape;
    third.channels = some_channels(random);
    check_single(GetParam(), Op::kConcat, nn::NoAttributes{}, shape, {second, third}, random);
  }
}

TEST_P(Kernels, PoolsAndMeans) {
  Random random(8);
  int checked = 0;
  for (int i = 0; i < 300 && !HasFatalFailure(); ++i) {
    const auto shape = some_shape(random, some_channels(random));
    checked +=
        check_single(GetParam(), i % 2 ? Op::kAveragePool : Op::kMaxPool,
                     nn::Pool{.window = testing::random_window(random, true)}, shape, {}, random);
    check_single(GetParam(), Op::kMean,
                 nn::Mean{.over_time = random.chance(0.5), .over_freq = random.chance(0.5)}, shape,
                 {}, random);
  }
  EXPECT_GT(checked, 150);
}

TEST_P(Kernels, SoftmaxOfAnythingSumsToOne) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const float cases[][4] = {{0, 0, 0, 0},
                            {1000, 0, -1000, 3},
                            {kInfinity, kInfinity, 1, 2},
                            {-kInfinity, -kInfinity, -kInfinity, -kInfinity},
                            {kNan, 1, 2, 3},
                            {kNan, kNan, kNan, kNan},
                            {kNan, kInfinity, -kInfinity, 0},
                            {3e38F, -3e38F, 0, 3e38F}};
  nn::Model model;
  model.graph.add_node("node", Op::kSoftmax, nn::NoAttributes{},
                       {model.graph.add_input({1, 1, 4})});
  const auto kernel = f32::make_kernel(model, model.graph.nodes[0], {}, GetParam());
  for (const auto& logits : cases) {
    float posteriors[4];
    const void* const input = logits;
    kernel->run({&input, 1}, posteriors, {0, 1});
    float sum = 0.0F;
    for (std::size_t i = 0; i < 4; ++i) {
      EXPECT_TRUE(posteriors[i] >= 0.0F && posteriors[i] <= 1.0F);
      if (std::isnan(logits[i]) && !std::isnan(logits[(i + 1) % 4])) {
        EXPECT_LT(posteriors[i], 1e-30F) << "not a number is no evidence";
      }
      sum += posteriors[i];
    }
    EXPECT_NEAR(sum, 1.0F, 1e-6F);
  }
}

}  // namespace
}  // namespace kws::engine
