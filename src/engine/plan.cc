// SPDX-License-Identifier: MIT
#include "engine/plan.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "engine/aligned_floats.h"
#include "engine/arena.h"
#include "engine/kernels/s8/kernels.h"

namespace kws::engine {
namespace {

/// One layer, or one half of a mean, and where it finds and leaves its rows.
struct Call {
  std::unique_ptr<Kernel> kernel;
  std::vector<Place> inputs;
  Place output;
  bool to_caller = false;  // writes the caller's posteriors instead
  std::int64_t rows = 1;
  Motion motion;
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
  if (graph.tensors[graph.output].type != nn::ElementType::kFloat32) {
    throw ModelError("layer '" + printable(graph.tensors[graph.output].name) +
                     "': its output is the network's, which must be floats: end with a dequantize");
  }
  const nn::Shape& shape = graph.output_shape();
  if (shape.time == 1 && shape.freq == 1) return;
  throw ModelError("layer '" + printable(graph.tensors[graph.output].name) + "': its output, " +
                   nn::to_string(shape) +
                   ", is the network's, which must be 1x1xlabels: end with a mean or a dense layer "
                   "and a softmax");
}

std::unique_ptr<Kernel> make_kernel(const Program& program, const Step& step, InstructionSet set) {
  const nn::Graph& graph = program.model.graph;
  const nn::Node& node = graph.nodes[step.node];
  const nn::Tensor& in = graph.tensors[node.inputs[0]];
  const bool int8 = s8::is_for(graph, node);
  switch (step.part) {
    case Part::kWhole:
      return int8 ? s8::make_kernel(program.model, node, set)
                  : f32::make_kernel(program.model, node, step.bounds, set);
    case Part::kRowSums:
      return int8 ? s8::row_sums(s8::spec_of(in), set) : f32::row_sums(in.shape, set);
    case Part::kMeanOfRowSums:
      return int8 ? s8::mean_of_row_sums(s8::spec_of(in), s8::spec_of(graph.tensor_of(node)), set)
                  : f32::mean_of_row_sums(in.shape, set);
  }
  return nullptr;
}

}  // namespace

/// Rings that must keep many phases may take far more than the activations of a window, which
/// check_costs() of src/pack bounds; a network of which they would is computed whole.
constexpr std::int64_t kMostIncrementalBytes = std::int64_t{64} << 20;

/// What streams share. Nothing in it changes after the constructor.
struct Plan::Compiled {
  nn::Shape in;
  std::size_t labels = 0;
  PlanOptions options;
  std::vector<float> substitutes;  // by value of a row
  std::vector<Call> calls;
  std::vector<LayerKernel> kernels;
  Place input;
  Place logits;
  std::vector<Place> forgetful;  // rings with rows to prefetch
  bool ends_with_softmax = false;
  std::int64_t arena_bytes = 0;
  std::size_t most_inputs = 1;
};

/// What a stream has for itself.
struct Plan::Stream {
  explicit Stream(const Compiled& compiled)
      : arena((compiled.arena_bytes + 3) / std::int64_t{sizeof(float)}),
        inputs(compiled.most_inputs) {}

  [[nodiscard]] std::byte* memory() noexcept { return reinterpret_cast<std::byte*>(arena.data()); }

  AlignedFloats arena;
  std::vector<const void*> inputs;  // of the call being made
  std::uint64_t rows = 0;           // since the start or the latest gap
  std::uint64_t runs = 0;           // likewise
  std::uint64_t broken_rows = 0;

  void remember(const Compiled& compiled, std::span<const float> row) noexcept KWS_REALTIME;
  void run(const Compiled& compiled, std::span<float> posteriors) noexcept KWS_REALTIME;
  void call(const Call& call, float* posteriors) noexcept KWS_REALTIME;
};

Plan::Plan(const nn::Model& model, PlanOptions options) {
  Program program = make_program(model, options.execution, options.rows_per_run);
  const nn::Graph& graph = program.model.graph;
  check_output(graph);
  ArenaLayout layout = lay_out(program.buffers);
  if (options.execution == Execution::kIncremental && layout.bytes > kMostIncrementalBytes) {
    options.execution = Execution::kWholeWindow;
    program = make_program(model, options.execution, options.rows_per_run);
    layout = lay_out(program.buffers);
  }
  const auto place = [&](std::size_t buffer) {
    return Place(program.buffers[buffer], layout.offsets[buffer]);
  };

  auto compiled = std::make_shared<Compiled>();
  Compiled& c = *compiled;
  c.in = graph.input_shape();
  c.labels = graph.output_shape().elements();
  c.options = options;
  c.substitutes = substitutes(program.model);
  c.input = place(program.input);
  c.logits = place(program.output);
  c.arena_bytes = layout.bytes;
  for (std::size_t b = 0; b < program.buffers.size(); ++b) {
    const Buffer& buffer = program.buffers[b];
    if (buffer.ring && buffer.forgotten.begin < buffer.forgotten.end) {
      c.forgetful.push_back(place(b));
    }
  }
  for (const auto& step : program.steps) {
    Call call{.kernel = make_kernel(program, step, options.instruction_set),
              .output = place(step.output),
              .rows = step.rows,
              .motion = step.motion};
    for (const auto input : step.inputs) call.inputs.push_back(place(input));
    c.most_inputs = std::max(c.most_inputs, call.inputs.size());
    const RowRange& kept = step.motion.kept;
    c.kernels.push_back({.layer = graph.nodes[step.node].name,
                         .kernel = call.kernel->name(),
                         .rows = step.rows,
                         .rows_computed = step.rows - kept.end + kept.begin});
    c.calls.push_back(std::move(call));
  }
  // The posteriors of a last softmax go straight to the caller, so its input, the logits, stays.
  if (!program.steps.empty() && graph.nodes[program.steps.back().node].op == nn::Op::kSoftmax) {
    c.logits = c.calls.back().inputs[0];
    c.calls.back().to_caller = c.ends_with_softmax = true;
  }
  compiled_ = std::move(compiled);
  stream_ = std::make_unique<Stream>(*compiled_);
}

Plan::Plan(std::shared_ptr<const Compiled> compiled)
    : compiled_(std::move(compiled)), stream_(std::make_unique<Stream>(*compiled_)) {}

Plan::~Plan() = default;
Plan::Plan(Plan&&) noexcept = default;
Plan& Plan::operator=(Plan&&) noexcept = default;
Plan Plan::another_stream() const { return Plan(compiled_); }

std::size_t Plan::frames() const noexcept { return static_cast<std::size_t>(compiled_->in.time); }
std::size_t Plan::bins() const noexcept { return compiled_->substitutes.size(); }
std::size_t Plan::labels() const noexcept { return compiled_->labels; }
std::uint64_t Plan::broken_rows() const noexcept { return stream_->broken_rows; }

std::span<const float> Plan::logits() const noexcept {
  const std::uint64_t run = stream_->runs == 0 ? 0 : stream_->runs - 1;
  const std::byte* place = stream_->memory() + compiled_->logits.front(run);
  return {reinterpret_cast<const float*>(place), compiled_->labels};
}

std::size_t Plan::arena_bytes() const noexcept {
  return static_cast<std::size_t>(compiled_->arena_bytes);
}

void Plan::reset() noexcept { stream_->rows = stream_->runs = 0; }

bool Plan::push(std::span<const float> row, std::span<float> posteriors) noexcept {
  assert(row.size() == bins());
  assert(posteriors.size() == labels());
  Stream& stream = *stream_;
  stream.remember(*compiled_, row);
  if (stream.rows < frames()) return false;
  const auto interval = static_cast<std::uint64_t>(compiled_->options.rows_per_run);
  if ((stream.rows - frames()) % interval != 0) return false;
  stream.run(*compiled_, posteriors);
  return true;
}

InstructionSet Plan::instruction_set() const noexcept { return compiled_->options.instruction_set; }
std::vector<LayerKernel> Plan::kernels() const { return compiled_->kernels; }

void Plan::run_window(std::span<const float> features, std::span<float> posteriors) noexcept {
  assert(features.size() == frames() * bins());
  assert(posteriors.size() == labels());
  reset();
  for (std::size_t frame = 0; frame < frames(); ++frame) {
    stream_->remember(*compiled_, features.subspan(frame * bins(), bins()));
  }
  stream_->run(*compiled_, posteriors);
}

void Plan::Stream::remember(const Compiled& compiled, std::span<const float> row) noexcept {
  // The ring of the context is of one phase, so a row's place depends on its number alone.
  const std::int64_t origin = compiled.input.front(0);
  const auto frame = static_cast<std::int64_t>(rows % static_cast<std::uint64_t>(compiled.in.time));
  auto* const to =
      reinterpret_cast<float*>(memory() + origin) + frame * static_cast<std::int64_t>(row.size());
  // x - x is 0 for what is finite and not a number for what is not. Hardly a row is broken, so
  // looking for it is a loop of its own; its flag is as wide as a float, for vectors.
  const auto finite = [](float x) { return x - x == 0.0F; };
  std::int32_t broken = 0;
  for (const float value : row) broken |= static_cast<std::int32_t>(!finite(value));
  std::copy(row.begin(), row.end(), to);
  for (std::size_t bin = 0; broken != 0 && bin < row.size(); ++bin) {
    if (!finite(row[bin])) to[bin] = compiled.substitutes[bin];
  }
  broken_rows += static_cast<std::uint64_t>(broken);
  compiled.input.mirror(memory(), 0, origin, {frame, frame + 1});
  ++rows;
}

void Plan::Stream::run(const Compiled& compiled, std::span<float> posteriors) noexcept {
  for (const Place& ring : compiled.forgetful) ring.prefetch(memory(), runs);
  for (const Call& next : compiled.calls) call(next, posteriors.data());
  if (!compiled.ends_with_softmax) {
    std::memcpy(posteriors.data(), memory() + compiled.logits.front(runs),
                posteriors.size() * sizeof(float));
  }
  ++runs;
}

/// Computes what changed. In the first run of every phase there is nothing to build on.
void Plan::Stream::call(const Call& call, float* posteriors) noexcept {
  const auto compute = [&](auto origin_of, RowRange range) {
    if (range.begin >= range.end) return;
    for (std::size_t i = 0; i < call.inputs.size(); ++i) {
      inputs[i] = memory() + origin_of(call.inputs[i]);
    }
    const std::span used(inputs.data(), call.inputs.size());
    if (call.to_caller) {
      call.kernel->run(used, posteriors, range);
      return;
    }
    const std::int64_t origin = origin_of(call.output);
    call.kernel->run(used, memory() + origin, range);
    call.output.mirror(memory(), runs, origin, range);
  };
  const auto front = [this](const Place& place) noexcept { return place.front(runs); };
  const auto back = [this](const Place& place) noexcept { return place.back(runs); };
  const RowRange& kept = call.motion.kept;
  if (call.motion.computed_whole() || runs < static_cast<std::uint64_t>(call.motion.period)) {
    compute(front, {0, call.rows});
  } else {
    compute(front, {0, kept.begin});
    compute(back, {kept.end, call.rows});
  }
}

}  // namespace kws::engine
