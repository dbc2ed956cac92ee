// SPDX-License-Identifier: MIT
//
// The numbers that belong to a Graph, by name. Order and layout are fixed here, so that trainer,
// pack, engine and exporters never disagree.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/random.h"
#include "nn/graph.h"

namespace kws::nn {

enum class ParameterRole : std::uint8_t {
  kWeight,     // trained, decays
  kBias,       // trained, no decay (biases, gamma, beta)
  kStatistic,  // measured, not trained (running mean and variance, normalisation)
};

struct ParameterSpec {
  // "<node>.weight", ".weight_scale", ".bias", ".gamma", ".beta", ".mean", ".variance",
  // ".deviation"
  std::string name;
  std::vector<std::int64_t> shape;
  ParameterRole role = ParameterRole::kWeight;
  ElementType type = ElementType::kFloat32;  // as a file stores it; in memory all are floats

  [[nodiscard]] std::size_t elements() const;
};

/// What one node owns, in storage order; empty for most operations. A convolution, depthwise or
/// dense layer that works in int8 has a `weight_scale` for each output channel: its weights are
/// floats that lie exactly on the grid scale * q with q in -127..127.
[[nodiscard]] std::vector<ParameterSpec> parameters(const Graph& graph, const Node& node);

/// What all nodes own, in node order.
[[nodiscard]] std::vector<ParameterSpec> parameters(const Graph& graph);

/// Values by parameter name, row-major in the shape of its ParameterSpec.
using Weights = std::map<std::string, std::vector<float>, std::less<>>;

/// A network that can run.
struct Model {
  Graph graph;
  Weights weights;
};

/// Throws ModelError naming the parameter when one is missing, has the wrong number of values, is
/// not finite, belongs to no node, or cannot be (a negative variance, a deviation of zero or less),
/// and what nn::check_quantisation() throws.
void validate(const Model& model);

/// Fresh weights: He normal for convolutions (fan in), uniform ±1/sqrt(fan in) for dense layers and
/// biases of convolutions, gamma 1, beta 0, mean 0, variance and deviation 1.
[[nodiscard]] Weights initial_weights(const Graph& graph, Random random);

}  // namespace kws::nn
