// SPDX-License-Identifier: MIT
#include "engine/program.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/text.h"
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

/// The window that a node slides along time, if it does.
const nn::Window* window_of(const nn::Node& node) {
  if (const auto* conv = std::get_if<nn::Conv2d>(&node.attributes)) return &conv->window;
  if (const auto* depthwise = std::get_if<nn::Depthwise>(&node.attributes)) {
    return &depthwise->window;
  }
  if (const auto* pool = std::get_if<nn::Pool>(&node.attributes)) return &pool->window;
  return nullptr;
}

class Compiler {
 public:
  Compiler(nn::Model folded, Execution execution, std::int64_t rows_per_run)
      : graph_(folded.graph),
        execution_(execution),
        rows_per_run_(rows_per_run),
        readers_(graph_.tensors.size(), 0),
        maker_(graph_.tensors.size()),
        buffer_of_(graph_.tensors.size()),
        motions_(graph_.tensors.size()) {
    program_.model = std::move(folded);
  }

  [[nodiscard]] Program run() {
    const auto needed = needed_nodes(graph_);
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      if (!needed[i]) continue;
      for (const auto input : graph_.nodes[i].inputs) ++readers_[input];
    }
    ++readers_[graph_.output];

    motions_[graph_.input] = context_motion(graph_.input_shape().time, rows_per_run_);
    buffer_of_[graph_.input] = add_buffer(graph_.input);
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      if (needed[i]) add_node(i);
    }
    program_.input = buffer_of_[graph_.input];
    program_.output = buffer_of_[graph_.output];
    find_rings();
    share_buffers();
    return std::move(program_);
  }

 private:
  std::size_t add_buffer(nn::TensorId id) {
    const nn::Tensor& tensor = graph_.tensors[id];
    program_.buffers.push_back(
        {.rows = tensor.shape.time,
         .row_bytes = tensor.shape.freq * tensor.shape.channels * nn::bytes_of(tensor.type),
         .motion = motions_[id]});
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
      const bool free = !std::isfinite(layer.bounds.low) &&
                        graph_.tensors[input].type == nn::ElementType::kFloat32;
      if (f32::takes_bounds(op) && free) {
        layer.bounds = *bounds;
        motions_[node.output] = motions_[input];
        buffer_of_[node.output] = buffer_of_[input];
        maker_[node.output] = maker_[input];
        return;
      }
    }
    if (execution_ == Execution::kIncremental) motions_[node.output] = motion_of(node);
    Step step{
        .node = index, .rows = graph_.tensor_of(node).shape.time, .motion = motions_[node.output]};
    for (const auto read : node.inputs) step.inputs.push_back(buffer_of_[read]);
    const auto* mean = std::get_if<nn::Mean>(&node.attributes);
    if (mean != nullptr && mean->over_time && mean->over_freq) step = add_row_sums(step, input);
    step.output = buffer_of_[node.output] = add_buffer(node.output);
    maker_[node.output] = program_.steps.size();
    program_.steps.push_back(std::move(step));
  }

  /// The first half of a mean over both axes; returns the second.
  Step add_row_sums(Step mean, nn::TensorId input) {
    const nn::Shape& shape = graph_.tensors[input].shape;
    const Motion motion = execution_ == Execution::kIncremental ? motions_[input] : Motion{};
    Step sums{.node = mean.node,
              .part = Part::kRowSums,
              .inputs = mean.inputs,
              .output = program_.buffers.size(),
              .rows = shape.time,
              .motion = motion};
    program_.buffers.push_back(
        {.rows = shape.time, .row_bytes = shape.channels * kSumBytes, .motion = motion});
    mean.part = Part::kMeanOfRowSums;
    mean.inputs = {sums.output};
    program_.steps.push_back(std::move(sums));
    return mean;
  }

  [[nodiscard]] Motion motion_of(const nn::Node& node) const {
    const nn::Tensor& output = graph_.tensor_of(node);
    if (!output.has_time) return {};
    const nn::Tensor& input = graph_.tensors[node.inputs[0]];
    if (const auto* window = window_of(node)) {
      return slide(motions_[node.inputs[0]], nn::time_axis(input.shape, output.shape, *window));
    }
    Motion motion = motions_[node.inputs[0]];
    for (const auto read : node.inputs) {
      // One row for all rows of the other changes them all.
      if (graph_.tensors[read].shape.time != output.shape.time) return {};
      motion = join(motion, motions_[read]);
    }
    return worth_keeping(motion, output.shape.time);
  }

  /// Rows of the buffer `input` that `step` reads to compute `out`.
  [[nodiscard]] RowRange reads(const Step& step, std::size_t input, RowRange out) const {
    const nn::Node& node = graph_.nodes[step.node];
    const std::int64_t rows = program_.buffers[input].rows;
    if (const auto* window = window_of(node)) {
      const nn::Shape& in = graph_.tensors[node.inputs[0]].shape;
      return rows_read(nn::time_axis(in, graph_.tensor_of(node).shape, *window), out);
    }
    const bool row_by_row = rows == step.rows && node.op != Op::kDense;
    return row_by_row ? out : RowRange{0, rows};
  }

  /// What is read in later runs becomes a ring; what a step leaves for others in the same run does
  /// not. The context always is one, because its rows come one by one.
  void find_rings() {
    auto& buffers = program_.buffers;
    for (const auto& step : program_.steps) {
      for (const auto input : step.inputs) {
        Buffer& buffer = buffers[input];
        if (buffer.motion.computed_whole()) continue;
        if (step.motion.computed_whole()) {
          buffer.ring = true;
          buffer.margin = buffer.rows;
          continue;
        }
        const RowRange front = reads(step, input, {0, step.motion.kept.begin});
        const RowRange back = reads(step, input, {step.motion.kept.end, step.rows});
        const std::int64_t front_rows = step.motion.kept.begin > 0 ? front.end : 0;
        const RowRange& kept = buffer.motion.kept;
        if (front_rows > kept.begin || back.begin < kept.end) buffer.ring = true;
        if (front_rows > std::max(kept.begin, buffer.forgotten.end)) {
          buffer.forgotten = {std::max(kept.begin, front_rows - buffer.motion.shift), front_rows};
        }
        // A reader of a longer period still runs whole when this one already moves.
        const std::int64_t moved = (step.motion.period - 1) / buffer.motion.period;
        if (moved > 0) buffer.ring = true;
        for (const auto rows :
             {front_rows, buffer.rows - back.begin, moved * buffer.motion.shift}) {
          buffer.margin = std::max(buffer.margin, rows);
        }
      }
    }
    Buffer& output = buffers[program_.output];  // read whole after every run
    if (!output.motion.computed_whole()) {
      output.ring = true;
      output.margin = output.rows;
    }
    for (auto& buffer : buffers) {
      const RowRange& kept = buffer.motion.kept;
      for (const auto rows : {kept.begin, buffer.rows - kept.end}) {  // written in one piece
        buffer.margin = std::max(buffer.margin, rows);
      }
      buffer.margin = std::min(buffer.margin, buffer.rows);
    }
    buffers[program_.input].ring = true;
  }

  /// Finds lifetimes, and lets elementwise steps write into an input that dies with them.
  void share_buffers() {
    auto& buffers = program_.buffers;
    const auto steps = static_cast<std::int64_t>(program_.steps.size());
    std::vector<int> readers(buffers.size(), 0);
    for (std::int64_t i = 0; i < steps; ++i) {
      const Step& step = program_.steps[static_cast<std::size_t>(i)];
      for (const auto input : step.inputs) {
        buffers[input].last_step = i;
        ++readers[input];
      }
      buffers[step.output].first_step = buffers[step.output].last_step = i;
    }
    buffers[program_.output].last_step = steps;  // read after the last step
    ++readers[program_.output];

    std::vector<std::size_t> now(buffers.size());  // buffer → the one it was merged into
    std::iota(now.begin(), now.end(), 0U);
    for (std::int64_t i = 0; i < steps; ++i) {
      Step& step = program_.steps[static_cast<std::size_t>(i)];
      for (auto& input : step.inputs) input = now[input];
      if (step.part != Part::kWhole || !is_elementwise(graph_.nodes[step.node].op)) continue;
      const std::size_t output = step.output;
      for (const auto input : step.inputs) {
        if (buffers[input].last_step != i || !may_merge(input, output, readers[input])) continue;
        buffers[input].last_step = buffers[output].last_step;
        buffers[input].ring |= buffers[output].ring;
        buffers[input].margin = std::max(buffers[input].margin, buffers[output].margin);
        readers[input] = readers[output];
        buffers[output].rows = buffers[output].margin = 0;  // never used
        buffers[output].ring = false;
        step.output = now[output] = input;
        break;
      }
    }
    program_.input = now[program_.input];
    program_.output = now[program_.output];
  }

  /// Rows that stay in a ring must be what the second layer made of them, so nobody else may want
  /// the first one's, and both must compute the same rows.
  [[nodiscard]] bool may_merge(std::size_t input, std::size_t output, int readers) const {
    const Buffer& a = program_.buffers[input];
    const Buffer& b = program_.buffers[output];
    if (a.bytes() != b.bytes()) return false;
    if (!a.ring && !b.ring) return true;
    return readers == 1 && a.motion == b.motion;
  }

  static constexpr std::int64_t kSumBytes = 4;  // a float, or an int32

  Program program_;
  nn::Graph graph_;
  Execution execution_;
  std::int64_t rows_per_run_;
  std::vector<std::size_t> readers_;               // by tensor
  std::vector<std::optional<std::size_t>> maker_;  // tensor → step
  std::vector<std::size_t> buffer_of_;             // by tensor
  std::vector<Motion> motions_;                    // by tensor
};

}  // namespace

Program make_program(const nn::Model& model, Execution execution, std::int64_t rows_per_run) {
  assert(rows_per_run >= 1);
  nn::validate(model);
  nn::Model folded = nn::fold_for_inference(model);
  check_finite(folded);
  return Compiler(std::move(folded), execution, rows_per_run).run();
}

}  // namespace kws::engine
