// SPDX-License-Identifier: MIT
#include "engine/reference.h"

#include <cassert>

#include "engine/kernels/reference.h"

namespace kws::engine {

std::vector<std::vector<float>> run_reference(const nn::Model& model,
                                              std::span<const float> input) {
  nn::validate(model);
  const nn::Graph& graph = model.graph;
  assert(input.size() == graph.input_shape().elements());
  std::vector<std::vector<float>> tensors(graph.tensors.size());
  tensors[graph.input].assign(input.begin(), input.end());
  for (const auto& node : graph.nodes) {
    std::vector<std::span<const float>> inputs;
    for (const auto tensor : node.inputs) inputs.emplace_back(tensors[tensor]);
    tensors[node.output].resize(graph.tensor_of(node).shape.elements());
    reference::run_node(model, node, inputs, tensors[node.output]);
  }
  return tensors;
}

}  // namespace kws::engine
