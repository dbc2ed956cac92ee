// SPDX-License-Identifier: MIT
#include "train/network.h"

#include <algorithm>
#include <cassert>
#include <map>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/text.h"

namespace kws::train {
namespace {

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

/// Whether the output depends on each tensor.
std::vector<bool> reach_output(const nn::Graph& graph) {
  std::vector<bool> reached(graph.tensors.size(), false);
  reached[graph.output] = true;
  for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {
    if (!reached[node->output]) continue;
    for (const auto input : node->inputs) reached[input] = true;
  }
  return reached;
}

/// Runs of neighbouring samples: shard s has first_of(s) … first_of(s + 1).
std::size_t first_of(std::size_t part, std::size_t parts, std::size_t count) {
  return part * count / parts;
}

}  // namespace

struct Network::Unit {
  std::unique_ptr<Layer> layer;
  const nn::Node* node = nullptr;  // whose parameters it has
  std::vector<nn::TensorId> inputs;
  nn::TensorId output = 0;
  bool differentiates = false;      // backward() is called
  std::vector<bool> wants;          // per input: whether its gradient is wanted
  std::vector<Addition> additions;  // after backward()
};

/// Collects who needs what in which phase, then gives tensors that are never needed at the same
/// time the same memory.
struct Network::Layout {
  /// Values are tensors 0 … count - 1, their gradients count … 2 * count - 1, after them whatever
  /// add() made.
  struct Item {
    std::size_t elements = 0;
    std::size_t first = kNone;  // phase
    std::size_t last = 0;
    // Whatever the phases say: kept for all samples, or (scratch) never for more than one.
    bool keep = false;
    bool scratch = false;
    [[nodiscard]] bool used() const { return first != kNone; }
    [[nodiscard]] bool per_sample() const { return !scratch && (keep || first != last); }
  };
  struct Place {
    std::size_t elements = 0;
    std::size_t busy_until = 0;
    bool per_sample = false;
  };

  explicit Layout(const nn::Graph& graph) : tensors(graph.tensors.size()), items(2 * tensors) {
    for (std::size_t i = 0; i < items.size(); ++i) {
      items[i].elements = graph.tensors[i % tensors].shape.elements();
    }
  }

  [[nodiscard]] std::size_t gradient(nn::TensorId tensor) const { return tensors + tensor; }

  void use(std::size_t item, std::size_t phase) {
    auto& it = items[item];
    it.first = it.used() ? std::min(it.first, phase) : phase;
    it.last = std::max(it.last, phase);
  }
  std::size_t add(std::size_t elements, std::size_t phase) {
    items.push_back({.elements = elements});
    use(items.size() - 1, phase);
    return items.size() - 1;
  }

  void place_all() {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (items[i].used()) order.push_back(i);
    }
    std::stable_sort(order.begin(), order.end(),
                     [&](auto a, auto b) { return items[a].first < items[b].first; });
    place_of.assign(items.size(), kNone);
    for (const auto i : order) {
      const auto& item = items[i];
      auto best = kNone;
      for (std::size_t p = 0; p < places.size(); ++p) {
        const auto& place = places[p];
        if (place.per_sample != item.per_sample() || place.busy_until >= item.first) continue;
        if (best == kNone || place.elements > places[best].elements) best = p;
      }
      if (best == kNone) {
        places.push_back({.per_sample = item.per_sample()});
        best = places.size() - 1;
      }
      places[best].elements = std::max(places[best].elements, item.elements);
      places[best].busy_until = item.last;
      place_of[i] = best;
    }
  }

  std::size_t tensors;
  std::vector<Item> items;
  std::vector<Place> places;
  std::vector<std::size_t> place_of;  // per item
};

Network::Network(const nn::Graph& graph, nn::Weights& weights, std::size_t batch, Purpose purpose,
                 ThreadTeam& team, const LossSettings& loss)
    : batch_(batch),
      purpose_(purpose),
      team_(team),
      input_elements_(graph.input_shape().elements()),
      label_count_(graph.output_shape().elements()) {
  make_units(graph, loss);
  Layout layout(graph);
  make_phases(graph, layout);
  connect(graph, weights, layout);
}

Network::~Network() = default;

void Network::make_units(const nn::Graph& graph, const LossSettings& loss) {
  if (graph.nodes.empty() || graph.nodes.back().op != nn::Op::kSoftmax ||
      graph.output != graph.nodes.back().output) {
    throw ModelError("the trainer wants a network whose last layer is a softmax");
  }
  const auto reached = reach_output(graph);
  std::vector<std::size_t> readers(graph.tensors.size(), 0);
  for (const auto& node : graph.nodes) {
    if (!reached[node.output]) continue;
    for (const auto input : node.inputs) ++readers[input];
  }
  std::vector<bool> wants(graph.tensors.size(), false);  // has something trained behind it
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const nn::Node& node = graph.nodes[i];
    if (!reached[node.output]) continue;
    Unit unit;
    unit.node = &node;
    unit.inputs = node.inputs;
    unit.output = node.output;
    const bool norm = node.op == nn::Op::kBatchNorm || node.op == nn::Op::kSubSpectralNorm;
    const nn::Node* next = i + 1 < graph.nodes.size() ? &graph.nodes[i + 1] : nullptr;
    const bool relu = norm && next != nullptr && next->op == nn::Op::kRelu &&
                      next->inputs[0] == node.output && readers[node.output] == 1;
    if (node.output == graph.output) {
      auto last = std::make_unique<SoftmaxLoss>(label_count_, batch_, loss);
      loss_ = last.get();
      unit.layer = std::move(last);
    } else {
      unit.layer = make_layer(graph, node, batch_, relu);
    }
    if (relu) {
      unit.output = next->output;
      ++i;
    }
    bool trained = false;
    for (const auto& spec : nn::parameters(graph, node)) {
      trained = trained || spec.role != nn::ParameterRole::kStatistic;
    }
    for (const auto input : unit.inputs) {
      unit.wants.push_back(wants[input]);
      trained = trained || wants[input];
    }
    wants[unit.output] = trained;
    unit.differentiates = trained && purpose_ == Purpose::kTraining;
    units_.push_back(std::move(unit));
  }
}

void Network::make_phases(const nn::Graph& graph, Layout& layout) {
  const bool training = purpose_ == Purpose::kTraining;
  phases_.emplace_back();
  const auto now = [&] { return phases_.size() - 1; };
  const auto end_phase = [&](Layer* finish, bool backward) {
    phases_.back().finish = finish;
    phases_.back().backward = backward;
    phases_.emplace_back();
  };
  for (std::size_t u = 0; u < units_.size(); ++u) {
    auto& unit = units_[u];
    if (training && unit.layer->needs_whole_batch()) {
      phases_.back().tasks.push_back({u, Call::kCollect});
      for (const auto input : unit.inputs) layout.use(input, now());
      end_phase(unit.layer.get(), false);
    }
    phases_.back().tasks.push_back({u, Call::kForward});
    for (const auto input : unit.inputs) layout.use(input, now());
    layout.use(unit.output, now());
  }
  layout.items[graph.input].keep = true;
  layout.items[graph.output].keep = true;
  if (!training) return;

  // A value that came and went within one phase, and costs little to make, is made again where the
  // way back rereads it: that is less work than to write it to memory and to read it back.
  std::vector<std::size_t> repeated_by(graph.tensors.size(), kNone);
  for (std::size_t u = 0; u < units_.size(); ++u) {
    const auto output = units_[u].output;
    if (!units_[u].layer->cheap_to_repeat() || layout.items[output].per_sample()) continue;
    repeated_by[output] = u;
    layout.items[output].scratch = true;
  }
  std::vector<std::size_t> repeated_in(graph.tensors.size(), kNone);  // phase
  const auto reread = [&](nn::TensorId tensor) {
    const auto u = repeated_by[tensor];
    if (u != kNone && repeated_in[tensor] != now()) {
      phases_.back().tasks.push_back({u, Call::kForward});
      for (const auto input : units_[u].inputs) layout.use(input, now());
      repeated_in[tensor] = now();
    }
    layout.use(tensor, now());
  };
  const auto add_task = [&](std::size_t u, Call call) {
    const auto& unit = units_[u];
    if (unit.layer->rereads_output()) reread(unit.output);
    for (const auto input : unit.inputs) {
      if (unit.layer->rereads_input()) reread(input);
    }
    if (unit.layer.get() != loss_) layout.use(layout.gradient(unit.output), now());
    phases_.back().tasks.push_back({u, call});
  };
  for (std::size_t u = units_.size(); u-- > 0;) {
    auto& unit = units_[u];
    if (!unit.differentiates) continue;
    if (unit.layer->needs_whole_batch()) {
      add_task(u, Call::kCollectGradient);
      end_phase(unit.layer.get(), true);
    }
    add_task(u, Call::kBackward);
    for (std::size_t i = 0; i < unit.inputs.size(); ++i) {
      if (unit.wants[i]) layout.use(layout.gradient(unit.inputs[i]), now());
    }
  }
}

void Network::connect(const nn::Graph& graph, nn::Weights& weights, Layout& layout) {
  // What a unit needs beside the tensors, as items of the layout: scratch, and room for the further
  // gradients of a tensor with several readers.
  struct Extras {
    std::size_t scratch = kNone;
    std::vector<std::size_t> further;  // per input, kNone where it is the first
  };
  std::vector<Extras> extras(units_.size());
  std::vector<bool> has_gradient(graph.tensors.size(), false);
  for (std::size_t p = 0; p < phases_.size(); ++p) {
    for (const auto& [u, call] : phases_[p].tasks) {
      auto& unit = units_[u];
      auto& extra = extras[u];
      if (call == Call::kForward || call == Call::kBackward) {
        const auto floats = unit.layer->scratch_floats();
        if (floats > 0 && extra.scratch == kNone) {
          extra.scratch = layout.add(floats, p);
          layout.items[extra.scratch].scratch = true;
        } else if (floats > 0) {
          layout.use(extra.scratch, p);
        }
      }
      if (call != Call::kBackward) continue;
      for (std::size_t i = 0; i < unit.inputs.size(); ++i) {
        const auto tensor = unit.inputs[i];
        const bool further = unit.wants[i] && has_gradient[tensor];
        extra.further.push_back(further ? layout.add(graph.tensors[tensor].shape.elements(), p)
                                        : kNone);
        if (unit.wants[i]) has_gradient[tensor] = true;
      }
    }
  }
  layout.place_all();

  std::size_t floats = 0;
  for (const auto& place : layout.places) {
    floats += whole_lines(place.elements) * (place.per_sample ? batch_ : team_.threads());
  }
  if (floats > kMaxBytes / sizeof(float)) {
    throw ConfigError("train.batch: " + std::to_string(batch_) + " clips of this network need " +
                      std::to_string(floats * sizeof(float) >> 20) +
                      " MB of activations; at most " + std::to_string(kMaxBytes >> 20) +
                      " are allowed: use smaller batches");
  }
  for (const auto& place : layout.places) {
    memory_.emplace_back(whole_lines(place.elements) *
                         (place.per_sample ? batch_ : team_.threads()));
  }
  const auto buffer = [&](std::size_t item) {
    if (item == kNone || layout.place_of[item] == kNone) return Buffer{};
    const auto& place = layout.places[layout.place_of[item]];
    const auto stride = whole_lines(place.elements);
    return Buffer{memory_[layout.place_of[item]].data(), place.per_sample ? stride : 0,
                  place.per_sample ? 0 : stride};
  };

  for (const auto& unit : units_) {
    for (const auto& spec : nn::parameters(graph, *unit.node)) {
      if (spec.role == nn::ParameterRole::kStatistic) continue;
      trained_.push_back({.name = spec.name,
                          .values = weights.at(spec.name),
                          .offset = gradient_size_,
                          .decays = spec.role == nn::ParameterRole::kWeight});
      gradient_size_ += spec.elements();
    }
  }
  const bool training = purpose_ == Purpose::kTraining;
  shard_stride_ = whole_lines(gradient_size_);
  gradients_ = AlignedFloats(training ? kShards * shard_stride_ : 0);

  auto next_trained = trained_.begin();
  for (std::size_t u = 0; u < units_.size(); ++u) {
    auto& unit = units_[u];
    Ports ports;
    for (std::size_t i = 0; i < unit.inputs.size(); ++i) {
      const auto tensor = unit.inputs[i];
      const auto gradient = buffer(layout.gradient(tensor));
      const bool further = !extras[u].further.empty() && extras[u].further[i] != kNone;
      ports.inputs.push_back(buffer(tensor));
      if (!unit.differentiates || !unit.wants[i]) {
        ports.input_gradients.emplace_back();
      } else if (further) {
        ports.input_gradients.push_back(buffer(extras[u].further[i]));
        unit.additions.push_back(
            {ports.input_gradients.back(), gradient, graph.tensors[tensor].shape.elements()});
      } else {
        ports.input_gradients.push_back(gradient);
      }
    }
    ports.output = buffer(unit.output);
    ports.output_gradient = buffer(layout.gradient(unit.output));
    ports.scratch = buffer(extras[u].scratch);
    for (const auto& spec : nn::parameters(graph, *unit.node)) {
      auto& values = weights.at(spec.name);
      Parameter parameter{.value = values.data(), .size = values.size()};
      if (spec.role != nn::ParameterRole::kStatistic) {
        parameter.gradient = training ? gradients_.data() + next_trained->offset : nullptr;
        parameter.per_shard = shard_stride_;
        ++next_trained;
      }
      ports.parameters.push_back(parameter);
    }
    unit.layer->connect(std::move(ports));
  }
  input_ = buffer(graph.input);
  output_ = buffer(graph.output);
}

Network::Outcome Network::run(std::span<const float> features,
                              std::span<const std::uint32_t> labels, std::uint64_t seed,
                              std::uint64_t step, std::span<const float> teacher) {
  const Pass pass{.training = purpose_ == Purpose::kTraining,
                  .seed = seed,
                  .step = step,
                  .samples = labels.size(),
                  .labels = labels,
                  .teacher = teacher};
  assert(pass.samples <= batch_ && features.size() == pass.samples * input_elements_);
  assert(teacher.empty() || teacher.size() == pass.samples * label_count_);
  assert(std::all_of(labels.begin(), labels.end(), [&](auto l) { return l < label_count_; }));
  for (std::size_t sample = 0; sample < pass.samples; ++sample) {
    std::copy_n(features.data() + sample * input_elements_, input_elements_,
                input_.at({.sample = sample}));
  }
  for (auto& unit : units_) unit.layer->prepare(pass);
  for (const auto& phase : phases_) run_phase(phase, pass, &phase == phases_.data());
  if (pass.training) add_shards();

  Outcome outcome;
  for (std::size_t sample = 0; sample < pass.samples; ++sample) {
    outcome.loss += loss_->loss(sample);
    if (loss_->guess(sample) == labels[sample]) ++outcome.correct;
  }
  outcome.loss /= static_cast<double>(std::max<std::size_t>(pass.samples, 1));
  return outcome;
}

void Network::run_phase(const Phase& phase, const Pass& pass, bool first) {
  team_.run([&](std::size_t thread) {
    const auto end_shard = first_of(thread + 1, team_.threads(), kShards);
    for (auto shard = first_of(thread, team_.threads(), kShards); shard < end_shard; ++shard) {
      if (first && pass.training) {
        std::fill_n(gradients_.data() + shard * shard_stride_, shard_stride_, 0.0F);
      }
      const auto end = first_of(shard + 1, kShards, pass.samples);
      for (auto sample = first_of(shard, kShards, pass.samples); sample < end; ++sample) {
        const Slot slot{sample, thread, shard};
        for (const auto& task : phase.tasks) run_task(task, pass, slot);
      }
    }
  });
  if (phase.finish == nullptr) return;
  phase.backward ? phase.finish->finish_gradient(pass) : phase.finish->finish_collecting(pass);
}

void Network::run_task(const Task& task, const Pass& pass, const Slot& slot) {
  auto& unit = units_[task.unit];
  switch (task.call) {
    case Call::kForward:
      return unit.layer->forward(pass, slot);
    case Call::kCollect:
      return unit.layer->collect(pass, slot);
    case Call::kCollectGradient:
      return unit.layer->collect_gradient(pass, slot);
    case Call::kBackward:
      unit.layer->backward(pass, slot);
      for (const auto& addition : unit.additions) {
        const float* from = addition.from.at(slot);
        float* to = addition.to.at(slot);
        for (std::size_t i = 0; i < addition.elements; ++i) to[i] += from[i];
      }
  }
}

void Network::add_shards() {
  team_.run([&](std::size_t thread) {
    const auto begin = first_of(thread, team_.threads(), gradient_size_);
    const auto end = first_of(thread + 1, team_.threads(), gradient_size_);
    float* sum = gradients_.data();
    for (std::size_t shard = 1; shard < kShards; ++shard) {
      const float* part = gradients_.data() + shard * shard_stride_;
      for (auto i = begin; i < end; ++i) sum[i] += part[i];
    }
  });
}

std::span<const float> Network::posteriors(std::size_t sample) const {
  return {output_.at({.sample = sample}), label_count_};
}

}  // namespace kws::train
