// SPDX-License-Identifier: MIT
#include "nn/costs.h"

#include <algorithm>

#include "nn/weights.h"

namespace kws::nn {
namespace {

std::int64_t bytes_of(const Tensor& tensor) {
  return static_cast<std::int64_t>(tensor.shape.elements()) * bytes_of(tensor.type);
}

bool is_element_wise(Op op) {
  switch (op) {
    case Op::kInputNorm:
    case Op::kBatchNorm:
    case Op::kSubSpectralNorm:
    case Op::kRelu:
    case Op::kRelu6:
    case Op::kHardSwish:
    case Op::kSwish:
    case Op::kAdd:
    case Op::kMul:
    case Op::kFlatten:  // the same bytes under another shape
    case Op::kSoftmax:
    case Op::kDropout:
      return true;
    default:
      return false;
  }
}

NodeCost node_cost(const Graph& graph, const Node& node) {
  NodeCost cost;
  const Tensor& output = graph.tensor_of(node);
  cost.activation_bytes = bytes_of(output);
  for (const auto& spec : parameters(graph, node)) {
    const auto count = static_cast<std::int64_t>(spec.elements());
    const bool norm =
        node.op == Op::kBatchNorm || node.op == Op::kSubSpectralNorm || node.op == Op::kInputNorm;
    if (norm) {
      cost.norm_parameters += count;
      continue;
    }
    cost.weight_bytes += count * bytes_of(spec.type);
    if (spec.role == ParameterRole::kStatistic) continue;  // scales of weights: nothing is trained
    cost.parameters += count;
    // Every weight is used once per position of its output; so is every bias.
    const std::int64_t uses = output.shape.time * output.shape.freq * count;
    if (spec.role == ParameterRole::kWeight) {
      cost.macs += uses;
      cost.flops += 2 * uses;
    } else {
      cost.flops += uses;
    }
  }
  return cost;
}

std::int64_t peak_bytes(const Graph& graph) {
  std::vector<std::size_t> last_use(graph.tensors.size(), 0);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    last_use[graph.nodes[i].output] = i;  // should nobody read it
    for (const auto input : graph.nodes[i].inputs) last_use[input] = i;
  }
  last_use[graph.output] = graph.nodes.size();

  std::vector<bool> alive(graph.tensors.size(), false);
  alive[graph.input] = true;
  std::int64_t live = bytes_of(graph.tensors[graph.input]);
  std::int64_t peak = live;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    const auto out = bytes_of(graph.tensor_of(node));
    const bool in_place = is_element_wise(node.op) &&
                          std::any_of(node.inputs.begin(), node.inputs.end(), [&](TensorId input) {
                            return last_use[input] == i && bytes_of(graph.tensors[input]) == out;
                          });
    // In place, the output takes over the bytes that its input gives up below.
    peak = std::max(peak, in_place ? live : live + out);
    alive[node.output] = true;
    live += out;
    for (TensorId tensor = 0; tensor < alive.size(); ++tensor) {
      if (!alive[tensor] || last_use[tensor] > i) continue;
      alive[tensor] = false;
      live -= bytes_of(graph.tensors[tensor]);
    }
  }
  return peak;
}

}  // namespace

GraphCost cost(const Graph& graph) {
  GraphCost result;
  for (const auto& node : graph.nodes) {
    const NodeCost one = node_cost(graph, node);
    result.nodes.push_back(one);
    result.total.parameters += one.parameters;
    result.total.norm_parameters += one.norm_parameters;
    result.total.macs += one.macs;
    result.total.flops += one.flops;
    result.total.weight_bytes += one.weight_bytes;
    result.total.activation_bytes += one.activation_bytes;
  }
  result.peak_activation_bytes = peak_bytes(graph);
  return result;
}

}  // namespace kws::nn
