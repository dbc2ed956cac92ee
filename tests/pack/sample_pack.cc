// SPDX-License-Identifier: MIT
#include "pack/sample_pack.h"

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <string>

#include "pack/contents.h"
#include "pack/zip_archive.h"

namespace kws::testing {

using nn::Op;

nn::Weights random_weights(const nn::Graph& graph, std::uint64_t seed) {
  nn::Weights weights;
  Random random(seed);
  for (const auto& spec : nn::parameters(graph)) {
    auto& values = weights[spec.name];
    const bool positive = spec.name.ends_with("variance") || spec.name.ends_with("deviation");
    for (std::size_t i = 0; i < spec.elements(); ++i) {
      values.push_back(
          static_cast<float>(positive ? random.uniform(0.2, 3.0) : random.uniform(-2.0, 2.0)));
    }
  }
  return weights;
}

pack::ModelPack small_pack() {
  pack::ModelPack pack;
  pack.name = "small";
  pack.labels = {"yes", "_silence_"};
  pack.features.mels = 4;
  pack.features.coeffs = 4;
  pack.decide.thresholds = {{"yes", 0.75}};
  pack.provenance.recipe = "name = \"small\"\n\n[train]\nepochs = 1\n";
  pack.provenance.seed = 7;
  pack.provenance.data_counts = {{"training clips", 12}, {"training speakers", 3}};
  pack.provenance.accuracy = {{"validation", 0.9375}};
  auto& graph = pack.model.graph;
  graph.add_input({5, 4, 1});
  const auto add = [&](const char* name, Op op, nn::Attributes attributes) {
    graph.add_node(name, op, std::move(attributes), {graph.output});
  };
  add("norm", Op::kInputNorm, nn::NoAttributes{});
  add("conv", Op::kConv2d, nn::Conv2d{.channels = 2, .window = {.kernel_time = 3}});
  add("bn", Op::kBatchNorm, nn::BatchNorm{});
  add("pool", Op::kMean, nn::Mean{});
  add("dense", Op::kDense, nn::Dense{.channels = 2});
  add("softmax", Op::kSoftmax, nn::NoAttributes{});
  pack.model.weights = random_weights(graph, 1);
  return pack;
}

pack::ModelPack int8_pack() {
  pack::ModelPack pack = small_pack();
  pack.name = "small-int8";
  auto& graph = pack.model.graph;
  auto last = graph.add_input({5, 4, 1});
  const auto add = [&](const char* name, Op op, nn::Attributes attributes,
                       std::optional<nn::Quantisation> quantisation = std::nullopt) {
    last = graph.add_node(name, op, std::move(attributes), {last}, quantisation);
  };
  add("norm", Op::kInputNorm, nn::NoAttributes{});
  add("quantize", Op::kQuantize, nn::NoAttributes{}, nn::Quantisation{0.0625F, 3});
  add("conv", Op::kConv2d, nn::Conv2d{.channels = 3, .window = {.kernel_time = 3}, .bias = true},
      nn::Quantisation{0.1F, -128});
  add("pool", Op::kMean, nn::Mean{}, nn::Quantisation{0.05F, -100});
  add("dense", Op::kDense, nn::Dense{.channels = 2}, nn::Quantisation{0.2F, 7});
  add("dequantize", Op::kDequantize, nn::NoAttributes{});
  add("softmax", Op::kSoftmax, nn::NoAttributes{});
  pack.model.weights = random_weights(graph, 1);
  Random random(2);
  for (const char* layer : {"conv", "dense"}) {
    auto& weight = pack.model.weights[std::string(layer) + ".weight"];
    auto& scale = pack.model.weights[std::string(layer) + ".weight_scale"];
    for (auto& one : scale) one = static_cast<float>(random.uniform(0.005, 0.02));
    for (std::size_t i = 0; i < weight.size(); ++i) {
      weight[i] =
          static_cast<float>(static_cast<int>(random.below(255)) - 127) * scale[i % scale.size()];
    }
  }
  return pack;
}

pack::ModelPack every_operation_pack() {
  pack::ModelPack pack = small_pack();
  pack.name = "every-operation";
  pack.features.kind = features::Kind::kLogMel;
  pack.features.mels = 12;
  pack.features.spectrum = features::Spectrum::kPower;
  auto& graph = pack.model.graph;
  auto last = graph.add_input({20, 12, 1});
  const auto add = [&](const char* name, Op op, nn::Attributes attributes) {
    last = graph.add_node(name, op, std::move(attributes), {last});
    return last;
  };
  const nn::Window window{.kernel_time = 3,
                          .kernel_freq = 2,
                          .stride_time = 2,
                          .stride_freq = 1,
                          .dilation_time = 1,
                          .dilation_freq = 2,
                          .padding = {1, 0, 1, 1}};
  const nn::Window pooling{.kernel_time = 2, .kernel_freq = 2, .padding = {1, 0, 1, 0}};
  add("norm", Op::kInputNorm, nn::NoAttributes{});
  add("conv", Op::kConv2d, nn::Conv2d{.channels = 4, .window = window, .bias = true});
  add("bn", Op::kBatchNorm, nn::BatchNorm{.epsilon = 1e-3F, .momentum = 0.01F});
  add("relu", Op::kRelu, nn::NoAttributes{});
  add("grouped", Op::kConv2d, nn::Conv2d{.channels = 6, .groups = 2});
  add("ssn", Op::kSubSpectralNorm,
      nn::SubSpectralNorm{.bands = 3, .epsilon = 2e-4F, .momentum = 0.3F});
  add("swish", Op::kSwish, nn::NoAttributes{});
  add("dw", Op::kDepthwise, nn::Depthwise{.window = window, .bias = true});
  const auto before = add("relu6", Op::kRelu6, nn::NoAttributes{});
  add("average", Op::kAveragePool, nn::Pool{pooling});
  add("max", Op::kMaxPool, nn::Pool{pooling});
  const auto after = add("hard", Op::kHardSwish, nn::NoAttributes{});
  const auto row = graph.add_node("row", Op::kMean, nn::Mean{.over_freq = false}, {after});
  const auto sum = graph.add_node("sum", Op::kAdd, nn::NoAttributes{}, {before, row});
  const auto gate = graph.add_node("gate", Op::kMul, nn::NoAttributes{}, {sum, before});
  last = graph.add_node("join", Op::kConcat, nn::NoAttributes{}, {gate, before, sum});
  add("flat", Op::kFlatten, nn::NoAttributes{});
  add("drop", Op::kDropout, nn::Dropout{0.1F});
  add("dense", Op::kDense, nn::Dense{.channels = 2, .bias = false});
  add("softmax", Op::kSoftmax, nn::NoAttributes{});
  pack.model.weights = random_weights(graph, 2);
  return pack;
}

Parts parts_of(const pack::ModelPack& pack) {
  const auto stored = pack::write_weights(pack.model);
  return {.manifest = pack::write_manifest(pack, stored), .weights = stored.bytes};
}

std::vector<std::byte> assemble(const Parts& parts) {
  const std::array entries{
      pack::ZipEntry{std::string(pack::kManifestName), std::as_bytes(std::span(parts.manifest))},
      pack::ZipEntry{std::string(pack::kWeightsName), parts.weights},
  };
  return pack::write_zip(entries);
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  if (at == std::string::npos) {
    ADD_FAILURE() << "no '" << from << "' in\n" << text;
    return text;
  }
  return text.replace(at, from.size(), to);
}

}  // namespace kws::testing
