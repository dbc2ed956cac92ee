// SPDX-License-Identifier: MIT
#include "engine/program.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/text.h"
#include "engine/aligned_floats.h"
#include "nn/rewrite.h"

namespace kws::engine {
namespace {

using nn::Op;

/// A weight that folding pushed out of the range of a float would silence a channel for good.
void check_finite(const nn::Model& folded) {
  for (const auto& [name, values] : folded.weights) {
    if (!std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); })) {
      throw ModelError("weights '" + printable(name) +
                       "' are not finite once the batch norm behind them is folded in: its gamma "
                       "or its variance is out of proportion");
    }
  }
}

/// Nodes that the output depends on.
std::vector<bool> needed_nodes(const nn::Graph& graph) {
  std::vector<bool> tensor_needed(graph.tensors.size(), false);
  std::vector<bool> needed(graph.nodes.size(), false);
  tensor_needed[graph.output] = true;
  for (std::size_t i = graph.nodes.size(); i-- > 0;) {
    const nn::Node& node = graph.nodes[i];
    needed[i] = tensor_needed[node.output];
    if (!needed[i]) continue;
    for (const auto input : node.inputs) tensor_needed[input] = true;
  }
  return needed;
}

std::optional<f32::Bounds> bounds_of(Op op) {
  if (op == Op::kRelu) return f32::Bounds{.low = 0.0F};
  if (op == Op::kRelu6) return f32::Bounds{.low = 0.0F, .high = 6.0F};
  return std::nullopt;
}

/// Whether element i of the output needs nothing but element i of an input of the same shape.
bool is_elementwise(Op op) {
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
    case Op::kSoftmax:  // whose kernel reads a position whole before it writes it
      return true;
    default:
      return false;
  }
}

class Compiler {
 public:
  explicit Compiler(nn::Model folded)
      : graph_(folded.graph), readers_(graph_.tensors.size(), 0), maker_(graph_.tensors.size()) {
    program_.model = std::move(folded);
  }

  [[nodiscard]] Program run() {
    const auto needed = needed_nodes(graph_);
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      if (!needed[i]) continue;
      for (const auto input : graph_.nodes[i].inputs) ++readers_[input];
    }
    ++readers_[graph_.output];

    buffer_of_.resize(graph_.tensors.size());
    buffer_of_[graph_.input] = add_buffer(graph_.input);
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      if (needed[i]) add_node(i);
    }
    program_.input = buffer_of_[graph_.input];
    program_.output = buffer_of_[graph_.output];
    share_buffers();
    return std::move(program_);
  }

 private:
  std::size_t add_buffer(nn::TensorId tensor) {
    program_.buffers.push_back(
        {.floats = static_cast<std::int64_t>(graph_.tensors[tensor].shape.elements())});
    return program_.buffers.size() - 1;
  }

  void add_node(std::size_t index) {
    const nn::Node& node = graph_.nodes[index];
    const nn::TensorId input = node.inputs[0];
    if (node.op == Op::kFlatten) {  // the same numbers in the same order
      buffer_of_[node.output] = buffer_of_[input];
      return;
    }
    // An activation that is the only reader of a layer is done by it.
    const auto bounds = bounds_of(node.op);
    if (bounds && readers_[input] == 1 && maker_[input]) {
      Step& layer = program_.steps[*maker_[input]];
      const Op op = graph_.nodes[layer.node].op;
      const bool free = !std::isfinite(layer.bounds.low);
      if (f32::takes_bounds(op) && free) {
        layer.bounds = *bounds;
        buffer_of_[node.output] = buffer_of_[input];
        maker_[node.output] = maker_[input];
        return;
      }
    }
    Step step{.node = index};
    for (const auto read : node.inputs) step.inputs.push_back(buffer_of_[read]);
    step.output = buffer_of_[node.output] = add_buffer(node.output);
    maker_[node.output] = program_.steps.size();
    program_.steps.push_back(std::move(step));
  }

  /// Finds lifetimes, and lets elementwise steps write into an input that dies with them.
  void share_buffers() {
    auto& buffers = program_.buffers;
    const auto steps = static_cast<std::int64_t>(program_.steps.size());
    for (std::int64_t i = 0; i < steps; ++i) {
      const Step& step = program_.steps[static_cast<std::size_t>(i)];
      for (const auto input : step.inputs) buffers[input].last_step = i;
      buffers[step.output].first_step = buffers[step.output].last_step = i;
    }
    buffers[program_.output].last_step = steps;  // read after the last step

    std::vector<std::size_t> now(buffers.size());  // buffer → the one it was merged into
    std::iota(now.begin(), now.end(), 0U);
    for (std::int64_t i = 0; i < steps; ++i) {
      Step& step = program_.steps[static_cast<std::size_t>(i)];
      for (auto& input : step.inputs) input = now[input];
      if (!is_elementwise(graph_.nodes[step.node].op)) continue;
      const std::size_t output = step.output;
      for (const auto input : step.inputs) {
        if (buffers[input].last_step != i || buffers[input].floats != buffers[output].floats) {
          continue;
        }
        buffers[input].last_step = buffers[output].last_step;
        buffers[output].floats = 0;  // never used
        step.output = now[output] = input;
        break;
      }
    }
    program_.input = now[program_.input];
    program_.output = now[program_.output];
  }

  Program program_;
  nn::Graph graph_;
  std::vector<std::size_t> readers_;               // by tensor
  std::vector<std::optional<std::size_t>> maker_;  // tensor → step
  std::vector<std::size_t> buffer_of_;             // by tensor
};

}  // namespace

Program make_program(const nn::Model& model) {
  nn::validate(model);
  nn::Model folded = nn::fold_for_inference(model);
  check_finite(folded);
  return Compiler(std::move(folded)).run();
}

ArenaLayout lay_out(const std::vector<Buffer>& buffers) {
  constexpr auto kUnit = static_cast<std::int64_t>(kAlignment / sizeof(float));
  const auto room = [&](std::size_t b) { return (buffers[b].floats + kUnit - 1) / kUnit * kUnit; };
  std::vector<std::size_t> order(buffers.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(),
                   [&](auto a, auto b) { return buffers[a].floats > buffers[b].floats; });

  ArenaLayout layout{.offsets = std::vector<std::int64_t>(buffers.size(), 0)};
  std::vector<std::size_t> placed;  // by offset
  for (const auto b : order) {
    if (buffers[b].floats == 0) continue;
    std::int64_t offset = 0;
    for (const auto other : placed) {
      const bool together = buffers[b].first_step <= buffers[other].last_step &&
                            buffers[other].first_step <= buffers[b].last_step;
      if (!together) continue;
      if (offset + room(b) <= layout.offsets[other]) break;  // fits before it
      offset = std::max(offset, layout.offsets[other] + room(other));
    }
    layout.offsets[b] = offset;
    layout.floats = std::max(layout.floats, offset + room(b));
    const auto behind = std::find_if(placed.begin(), placed.end(),
                                     [&](auto other) { return layout.offsets[other] > offset; });
    placed.insert(behind, b);
  }
  return layout;
}

}  // namespace kws::engine
