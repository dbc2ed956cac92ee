// SPDX-License-Identifier: MIT
#include "random_models.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/error.h"

namespace kws::engine::testing {
namespace {

using nn::Op;

int between(Random& random, int low, int high) {
  return low + static_cast<int>(random.below(static_cast<std::size_t>(high - low + 1)));
}

/// What a graph is drawn from.
struct Kind {
  int most_rows = 14;
  int most_bins = 12;
  int most_channels = 24;
  double keeps_time = 0.0;  // how often a window keeps so many rows that something outlives a hop
};

class Builder {
 public:
  Builder(std::uint64_t seed, const Kind& kind) : random_(seed), kind_(kind) {}

  nn::Graph run() {
    const int channels = random_.chance(0.8) ? 1 : between(random_, 2, 5);
    tensors_ = {graph_.add_input(
        {between(random_, 1, kind_.most_rows), between(random_, 1, kind_.most_bins), channels})};
    if (channels == 1 && random_.chance(0.7)) add(Op::kInputNorm, nn::NoAttributes{}, {0});
    const int wanted = between(random_, 3, 14);
    for (int tries = 0; tries < 200 && static_cast<int>(graph_.nodes.size()) < wanted; ++tries) {
      add_random_node();
    }
    // The end of a classifier, in one of its shapes.
    const nn::TensorId last = tensors_.back();
    const auto& shape = graph_.tensors[last].shape;
    if (shape.time * shape.freq > 1) {
      if (random_.chance(0.5)) {
        add(Op::kMean, nn::Mean{}, {last});
      } else if (random_.chance(0.5)) {
        add(Op::kFlatten, nn::NoAttributes{}, {last});
      }
    }
    add(Op::kDense, nn::Dense{.channels = between(random_, 1, 20), .bias = random_.chance(0.8)},
        {tensors_.back()});
    add(Op::kSoftmax, nn::NoAttributes{}, {tensors_.back()});
    return std::move(graph_);
  }

 private:
  /// False when the graph refuses it.
  bool add(Op op, nn::Attributes attributes, std::vector<nn::TensorId> inputs) {
    const std::string name = std::string(to_string(op)) + std::to_string(graph_.nodes.size());
    try {
      tensors_.push_back(graph_.add_node(name, op, std::move(attributes), std::move(inputs)));
      return true;
    } catch (const ModelError&) {
      return false;
    }
  }

  nn::TensorId any_tensor() {
    return random_.chance(0.75) ? tensors_.back() : tensors_[random_.below(tensors_.size())];
  }

  void add_random_node() {
    const nn::TensorId from = any_tensor();
    const nn::Shape shape = graph_.tensors[from].shape;
    switch (random_.below(15)) {
      case 0:
      case 1:
      case 2: {
        const int groups = random_.chance(0.7) ? 1 : between(random_, 2, 3);
        const bool pointwise = random_.chance(0.3);
        layer(Op::kConv2d,
              nn::Conv2d{.channels = groups * between(random_, 1, kind_.most_channels),
                         .groups = groups,
                         .window = pointwise ? nn::Window{} : draw_window(false),
                         .bias = random_.chance(0.5)},
              from);
        return;
      }
      case 3:
      case 4:
        layer(Op::kDepthwise,
              nn::Depthwise{.window = draw_window(false), .bias = random_.chance(0.5)}, from);
        return;
      case 5:
        add(Op::kBatchNorm, nn::BatchNorm{}, {from});
        return;
      case 6:
        add(Op::kSubSpectralNorm, nn::SubSpectralNorm{.bands = between(random_, 1, 4)}, {from});
        return;
      case 7:
        add(random_.chance(0.5) ? Op::kHardSwish : Op::kSwish, nn::NoAttributes{}, {from});
        return;
      case 8:
      case 9:
        add(random_.chance(0.5) ? Op::kAdd : Op::kMul, nn::NoAttributes{}, {from, any_tensor()});
        return;
      case 10:
        add(Op::kConcat, nn::NoAttributes{}, {from, any_tensor()});
        return;
      case 11:
        add(random_.chance(0.5) ? Op::kAveragePool : Op::kMaxPool,
            nn::Pool{.window = draw_window(true)}, {from});
        return;
      case 12: {
        // Broadcast residual: what a mean over frequency says is given back to every frequency.
        const bool over_freq = random_.chance(0.7);
        if (add(Op::kMean, nn::Mean{.over_time = !over_freq, .over_freq = over_freq}, {from})) {
          add(random_.chance(0.5) ? Op::kAdd : Op::kMul, nn::NoAttributes{},
              {from, tensors_.back()});
        }
        return;
      }
      case 13:
        add(random_.chance(0.5) ? Op::kRelu : Op::kRelu6, nn::NoAttributes{}, {from});
        return;
      default:
        if (shape.channels > 1 && random_.chance(0.3)) {
          add(Op::kSoftmax, nn::NoAttributes{}, {from});
        } else {
          add(Op::kDropout, nn::Dropout{.rate = 0.3F}, {from});
        }
    }
  }

  /// A weighted layer, often with what usually follows one.
  void layer(Op op, nn::Attributes attributes, nn::TensorId from) {
    if (!add(op, std::move(attributes), {from})) return;
    if (random_.chance(0.6)) add(Op::kBatchNorm, nn::BatchNorm{}, {tensors_.back()});
    if (random_.chance(0.6)) {
      add(random_.chance(0.7) ? Op::kRelu : Op::kRelu6, nn::NoAttributes{}, {tensors_.back()});
    }
  }

  nn::Window draw_window(bool for_pool) {
    nn::Window window = random_window(random_, for_pool);
    if (random_.chance(kind_.keeps_time)) {
      if (random_.chance(0.8)) window.stride_time = 1;
      window.dilation_time = 1;
      window.padding.time_before = std::min(window.padding.time_before, 1);
      window.padding.time_after = std::min(window.padding.time_after, 1);
      if (for_pool) window.kernel_time = std::max(window.kernel_time, 2);
    }
    return window;
  }

  Random random_;
  Kind kind_;
  nn::Graph graph_;
  std::vector<nn::TensorId> tensors_;
};

}  // namespace

nn::Window random_window(Random& random, bool for_pool) {
  nn::Window window;
  window.kernel_time = between(random, 1, 4);
  window.kernel_freq = random.chance(0.4) ? 3 : between(random, 1, 5);
  window.stride_time = between(random, 1, 3);
  window.stride_freq = random.chance(0.5) ? 1 : between(random, 1, 3);
  if (!for_pool && random.chance(0.3)) {
    window.dilation_time = between(random, 1, 3);
    window.dilation_freq = between(random, 1, 3);
  }
  const auto padding = [&](int kernel) {
    return random.chance(0.4) ? 0 : between(random, 0, for_pool ? kernel - 1 : kernel + 1);
  };
  window.padding = {padding(window.kernel_time), padding(window.kernel_time),
                    padding(window.kernel_freq), padding(window.kernel_freq)};
  return window;
}

nn::Weights random_weights(const nn::Graph& graph, Random random) {
  nn::Weights weights = nn::initial_weights(graph, random);
  for (auto& [name, values] : weights) {
    const bool positive = name.ends_with(".variance") || name.ends_with(".deviation");
    if (name.ends_with(".weight")) continue;
    for (auto& value : values) {
      value = static_cast<float>(positive ? random.uniform(0.3, 3.0) : random.normal());
    }
  }
  return weights;
}

namespace {

nn::Model build(std::uint64_t seed, const Kind& kind) {
  nn::Model model;
  model.graph = Builder(seed, kind).run();
  model.weights = random_weights(model.graph, Random(seed, {1}));
  return model;
}

}  // namespace

nn::Model random_model(std::uint64_t seed) { return build(seed, {}); }

nn::Model random_stream_model(std::uint64_t seed) {
  return build(seed, {.most_rows = 40,
                      .most_bins = 6,
                      .most_channels = seed % 5 == 0 ? 130 : 20,
                      .keeps_time = 0.85});
}

}  // namespace kws::engine::testing
