// SPDX-License-Identifier: MIT
#include "int8_layers.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace kws::engine::testing {
namespace {

using nn::Op;

int between(Random& random, int low, int high) {
  return low + static_cast<int>(random.below(static_cast<std::size_t>(high - low + 1)));
}

nn::Quantisation random_quantisation(Random& random) {
  return {.scale = static_cast<float>(random.uniform(0.01, 0.2)),
          .zero_point = random.chance(0.3) ? -128 : between(random, -128, 127)};
}

void add_weights(nn::Model& model, Random& random) {
  const nn::Node& node = model.graph.nodes.back();
  for (const auto& spec : nn::parameters(model.graph, node)) {
    auto& values = model.weights[spec.name];
    values.resize(spec.elements());
    for (auto& value : values) {
      value = static_cast<float>(
          spec.role == nn::ParameterRole::kBias ? random.normal() : random.uniform(1e-3, 2e-2));
    }
  }
  const auto& scale = model.weights[node.name + ".weight_scale"];
  auto& weight = model.weights[node.name + ".weight"];
  for (std::size_t i = 0; i < weight.size(); ++i) {
    // Extremes often: they are what saturates.
    const int q =
        random.chance(0.2) ? (random.chance(0.5) ? 127 : -127) : between(random, -127, 127);
    weight[i] = static_cast<float>(q) * scale[i % scale.size()];
  }
}

}  // namespace

std::optional<nn::Model> int8_layer(Op op, const nn::Attributes& attributes,
                                    const std::vector<nn::Shape>& in, Random& random) {
  nn::Model model;
  auto& tensors = model.graph.tensors;
  std::vector<nn::TensorId> inputs;
  for (const auto& shape : in) {
    inputs.push_back(tensors.size());
    tensors.push_back(
        {.name = "in" + std::to_string(tensors.size()),
         .shape = shape,
         .type = op == Op::kQuantize ? nn::ElementType::kFloat32 : nn::ElementType::kInt8,
         .quantisation = random_quantisation(random)});
  }
  auto out = random_quantisation(random);
  if (op == Op::kMaxPool) out = tensors[0].quantisation;
  try {
    model.graph.add_node("layer", op, attributes, inputs,
                         op == Op::kDequantize ? std::nullopt : std::optional(out));
  } catch (const ModelError&) {
    return std::nullopt;
  }
  if (!nn::has_int8_weights(model.graph, model.graph.nodes[0])) return model;
  add_weights(model, random);
  const auto count = static_cast<double>(model.weights["layer.weight"].size());
  const auto channels = static_cast<double>(model.graph.output_shape().channels);
  const double deviation =
      75.0 * static_cast<double>(tensors[0].quantisation.scale) * 0.9 * std::sqrt(count / channels);
  tensors.back().quantisation.scale = static_cast<float>(std::max(deviation, 0.5) / 75.0);
  return model;
}

std::vector<std::int8_t> random_int8(std::size_t count, Random& random) {
  std::vector<std::int8_t> values(count);
  for (auto& value : values) {
    value = static_cast<std::int8_t>(random.chance(0.1) ? -128 : between(random, -128, 127));
  }
  return values;
}

}  // namespace kws::engine::testing
