// SPDX-License-Identifier: MIT
#include "engine/plan.h"

#include <algorithm>
#include <cassert>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "engine/aligned_floats.h"
#include "engine/program.h"

namespace kws::engine {
namespace {

struct Call {
  std::unique_ptr<Kernel> kernel;
  std::vector<const void*> inputs;
  float* output = nullptr;  // nullptr: the caller's posteriors
  RowRange rows;
};

/// What stands in for a feature that is not finite: what the input norm takes to 0, or else 0.
std::vector<float> substitutes(const nn::Model& model) {
  const nn::Shape& shape = model.graph.input_shape();
  std::vector<float> result(static_cast<std::size_t>(shape.freq * shape.channels), 0.0F);
  for (const auto& node : model.graph.nodes) {
    if (node.op == nn::Op::kInputNorm) return model.weights.find(node.name + ".mean")->second;
  }
  return result;
}

void check_output(const nn::Graph& graph) {
  const nn::Shape& shape = graph.output_shape();
  if (shape.time == 1 && shape.freq == 1) return;
  throw ModelError("layer '" + printable(graph.tensors[graph.output].name) + "': its output, " +
                   nn::to_string(shape) +
                   ", is the network's, which must be 1x1xlabels: end with a mean or a dense layer "
                   "and a softmax");
}

}  // namespace

struct Plan::Compiled {
  nn::Shape in;
  std::size_t labels = 0;
  std::vector<float> substitutes;  // by value of a row
  AlignedFloats arena;
  float* input = nullptr;
  std::span<const float> logits;
  std::vector<Call> calls;
  InstructionSet instruction_set = InstructionSet::kReference;
  std::vector<LayerKernel> kernels;
};

Plan::Plan(const nn::Model& model, PlanOptions options) : compiled_(std::make_unique<Compiled>()) {
  const Program program = make_program(model);
  const nn::Graph& graph = program.model.graph;
  check_output(graph);
  const ArenaLayout layout = lay_out(program.buffers);

  Compiled& c = *compiled_;
  c.in = graph.input_shape();
  c.instruction_set = options.instruction_set;
  c.labels = graph.output_shape().elements();
  c.substitutes = substitutes(program.model);
  c.arena = AlignedFloats(layout.floats + kReadSlack / std::int64_t{sizeof(float)});
  const auto at = [&](std::size_t buffer) { return c.arena.data() + layout.offsets[buffer]; };
  c.input = at(program.input);
  c.logits = {at(program.output), c.labels};

  for (const auto& step : program.steps) {
    const nn::Node& node = graph.nodes[step.node];
    Call call{.kernel = f32::make_kernel(program.model, node, step.bounds, options.instruction_set),
              .output = at(step.output),
              .rows = {0, graph.tensor_of(node).shape.time}};
    for (const auto input : step.inputs) call.inputs.push_back(at(input));
    c.kernels.push_back({.layer = node.name, .kernel = call.kernel->name()});
    c.calls.push_back(std::move(call));
  }
  // The posteriors of a last softmax go straight to the caller, so its input, the logits, stays.
  if (!program.steps.empty() && graph.nodes[program.steps.back().node].op == nn::Op::kSoftmax) {
    c.logits = {static_cast<const float*>(c.calls.back().inputs[0]), c.labels};
    c.calls.back().output = nullptr;
  }
}

Plan::~Plan() = default;
Plan::Plan(Plan&&) noexcept = default;
Plan& Plan::operator=(Plan&&) noexcept = default;

std::size_t Plan::frames() const noexcept { return static_cast<std::size_t>(compiled_->in.time); }
std::size_t Plan::bins() const noexcept { return compiled_->substitutes.size(); }
std::size_t Plan::labels() const noexcept { return compiled_->labels; }
std::span<const float> Plan::logits() const noexcept { return compiled_->logits; }
std::size_t Plan::arena_bytes() const noexcept {
  return static_cast<std::size_t>(compiled_->arena.count()) * sizeof(float);
}

InstructionSet Plan::instruction_set() const noexcept { return compiled_->instruction_set; }
std::vector<LayerKernel> Plan::kernels() const { return compiled_->kernels; }

void Plan::run_window(std::span<const float> features, std::span<float> posteriors) noexcept {
  Compiled& c = *compiled_;
  assert(features.size() == frames() * bins());
  assert(posteriors.size() == c.labels);
  const std::size_t bins = c.substitutes.size();
  for (std::size_t frame = 0; frame < frames(); ++frame) {
    const float* row = features.data() + frame * bins;
    float* to = c.input + frame * bins;
    for (std::size_t bin = 0; bin < bins; ++bin) {
      // x - x is 0 for what is finite and not a number for what is not.
      to[bin] = row[bin] - row[bin] == 0.0F ? row[bin] : c.substitutes[bin];
    }
  }
  bool written = false;
  for (const Call& call : c.calls) {
    float* output = call.output;
    if (output == nullptr) {
      output = posteriors.data();
      written = true;
    }
    call.kernel->run(call.inputs, output, call.rows);
  }
  if (!written) std::copy(c.logits.begin(), c.logits.end(), posteriors.begin());
}

}  // namespace kws::engine
