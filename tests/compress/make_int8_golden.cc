// SPDX-License-Identifier: MIT
//
// Makes tests/data/int8_golden.{kws,txt}: a small network with every int8 operation, quantised, and
// what the reference kernels find for a few windows. Run by hand when the arithmetic or the pack
// changes on purpose: `make_int8_golden tests/data`.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/sha.h"
#include "compress/quantise.h"
#include "engine/kernels/s8/kernels.h"
#include "engine/random_models.h"
#include "engine/trace.h"
#include "nn/rewrite.h"
#include "pack/model_pack.h"

namespace {

using namespace kws;
using nn::Op;

constexpr int kWindows = 6;

/// Sixteenths between -4 and 4: exact in text and in float.
std::vector<int> random_sixteenths(std::size_t count, std::uint64_t seed) {
  Random random(seed);
  std::vector<int> values(count);
  for (auto& value : values) value = static_cast<int>(random.below(129)) - 64;
  return values;
}

std::vector<float> to_features(const std::vector<int>& sixteenths) {
  std::vector<float> features;
  for (const int value : sixteenths) features.push_back(static_cast<float>(value) / 16.0F);
  return features;
}

nn::Graph every_operation() {
  nn::Graph graph;
  auto last = graph.add_input({13, 10, 1});
  const auto add = [&](const char* name, Op op, nn::Attributes attributes,
                       std::vector<nn::TensorId> others = {}) {
    std::vector<nn::TensorId> inputs{last};
    inputs.insert(inputs.end(), others.begin(), others.end());
    return last = graph.add_node(name, op, std::move(attributes), std::move(inputs));
  };
  const nn::Window same{.kernel_time = 3, .kernel_freq = 3, .padding = {1, 1, 1, 1}};
  add("norm", Op::kInputNorm, {});
  add("first", Op::kConv2d,
      nn::Conv2d{
          .channels = 18,
          .window = {.kernel_time = 4, .kernel_freq = 3, .stride_time = 2, .padding = {1, 0, 1, 1}},
          .bias = true});
  const auto relu = add("relu", Op::kRelu, {});
  add("depthwise", Op::kDepthwise, nn::Depthwise{.window = same, .bias = true});
  add("pointwise", Op::kConv2d, nn::Conv2d{.channels = 18, .bias = true});
  add("swish", Op::kSwish, {});
  const auto sum = add("add", Op::kAdd, {}, {relu});
  add("relu6", Op::kRelu6, {});
  add("squeeze", Op::kMean, nn::Mean{.over_time = false});
  add("hard_swish", Op::kHardSwish, {});
  add("mul", Op::kMul, {}, {sum});
  add("strided", Op::kDepthwise,
      nn::Depthwise{
          .window = {
              .kernel_time = 2, .kernel_freq = 5, .stride_freq = 2, .padding = {0, 1, 2, 2}}});
  const auto groups = add("groups", Op::kConv2d,
                          nn::Conv2d{.channels = 6, .groups = 3, .window = same, .bias = true});
  const auto most = graph.add_node("max_pool", Op::kMaxPool, nn::Pool{same}, {groups});
  graph.add_node("average_pool", Op::kAveragePool, nn::Pool{same}, {groups});
  last = graph.output;
  add("concat", Op::kConcat, {}, {most, groups});
  add("wide", Op::kConv2d, nn::Conv2d{.channels = 70, .window = same, .bias = true});
  const auto wide = add("wide_relu", Op::kRelu, {});
  add("mean", Op::kMean, nn::Mean{});
  const auto mean = last;
  last = wide;
  add("pool_time", Op::kMean, nn::Mean{.over_freq = false});
  add("flatten", Op::kFlatten, {});
  const auto flat = add("narrow", Op::kDense, nn::Dense{.channels = 9});
  last = mean;
  add("both", Op::kConcat, {}, {flat});
  add("dense", Op::kDense, nn::Dense{.channels = 5});
  add("softmax", Op::kSoftmax, {});
  return graph;
}

pack::ModelPack golden_pack() {
  nn::Model model;
  model.graph = every_operation();
  model.weights = engine::testing::random_weights(model.graph, Random(1));
  const auto size = model.graph.input_shape().elements();
  const auto ranges = compress::calibrate(model, to_features(random_sixteenths(40 * size, 2)),
                                          compress::RangeMethod::kMse, 1);
  pack::ModelPack pack;
  pack.name = "int8-golden";
  pack.labels = {"a", "b", "c", "d", "e"};
  pack.features.mels = pack.features.coeffs = 10;
  pack.model = compress::quantise(model, ranges).model;
  return pack;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: make_int8_golden FOLDER\n");
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  const auto pack = golden_pack();
  pack::save(pack, folder / "int8_golden.kws");
  std::ofstream out(folder / "int8_golden.txt");
  out << "# Made by tests/compress/make_int8_golden.cc. Features in sixteenths; then the SHA-256 "
         "of\n"
         "# each int8 tensor, and the int8 logits themselves.\n";
  const auto& graph = pack.model.graph;
  engine::Trace trace(pack.model, engine::InstructionSet::kReference);
  for (std::uint64_t window = 0; window < kWindows; ++window) {
    const auto sixteenths = random_sixteenths(graph.input_shape().elements(), 100 + window);
    trace.run(to_features(sixteenths));
    out << "window";
    for (const int value : sixteenths) out << ' ' << value;
    out << '\n';
    for (nn::TensorId tensor = 0; tensor < graph.tensors.size(); ++tensor) {
      if (graph.tensors[tensor].type != nn::ElementType::kInt8) continue;
      const auto values = trace.int8s(tensor);
      out << graph.tensors[tensor].name << ' ' << sha256_hex(std::as_bytes(values)).substr(0, 16);
      if (graph.tensors[tensor].name == "dense") {
        for (const auto q : values) out << ' ' << int{q};
      }
      out << '\n';
    }
  }
  return out.flush() ? 0 : 1;
}
