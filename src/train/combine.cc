// SPDX-License-Identifier: MIT
//
// Layers with more than one input: sums and products that broadcast, joins along channels.
#include <algorithm>
#include <array>
#include <vector>

#include "train/layers.h"

namespace kws::train {
namespace {

/// Walks over an output and, in step, over two inputs whose axes of size 1 stand still.
class Broadcast {
 public:
  Broadcast(const nn::Graph& graph, const nn::Node& node) : out_(graph.tensor_of(node).shape) {
    for (std::size_t i = 0; i < 2; ++i) {
      const auto& shape = graph.tensors[node.inputs[i]].shape;
      elements_[i] = shape.elements();
      time_[i] = shape.time == 1 ? 0 : shape.freq * shape.channels;
      freq_[i] = shape.freq == 1 ? 0 : shape.channels;
      channel_[i] = shape.channels == 1 ? 0 : 1;
    }
  }

  [[nodiscard]] std::size_t elements(std::size_t input) const { return elements_[input]; }

  /// work(output, first, second): offsets of one value.
  template <typename Work>
  void walk(const Work& work) const {
    std::size_t output = 0;
    for (std::int64_t t = 0; t < out_.time; ++t) {
      for (std::int64_t f = 0; f < out_.freq; ++f) {
        const auto first = t * time_[0] + f * freq_[0];
        const auto second = t * time_[1] + f * freq_[1];
        for (std::int64_t c = 0; c < out_.channels; ++c, ++output) {
          work(output, static_cast<std::size_t>(first + c * channel_[0]),
               static_cast<std::size_t>(second + c * channel_[1]));
        }
      }
    }
  }

 private:
  nn::Shape out_;
  std::array<std::size_t, 2> elements_{};
  std::array<std::int64_t, 2> time_{};
  std::array<std::int64_t, 2> freq_{};
  std::array<std::int64_t, 2> channel_{};
};

class AddLayer final : public Layer {
 public:
  explicit AddLayer(const Broadcast& broadcast) : broadcast_(broadcast) {}

  void forward(const Pass& /*pass*/, const Slot& slot) override {
    const float* a = ports_.inputs[0].at(slot);
    const float* b = ports_.inputs[1].at(slot);
    float* y = ports_.output.at(slot);
    broadcast_.walk([&](std::size_t o, std::size_t i, std::size_t j) { y[o] = a[i] + b[j]; });
  }

  void backward(const Pass& /*pass*/, const Slot& slot) override {
    const float* dy = ports_.output_gradient.at(slot);
    for (std::size_t input = 0; input < 2; ++input) {
      if (!ports_.input_gradients[input]) continue;
      float* dx = ports_.input_gradients[input].at(slot);
      std::fill_n(dx, broadcast_.elements(input), 0.0F);
      broadcast_.walk(
          [&](std::size_t o, std::size_t i, std::size_t j) { dx[input == 0 ? i : j] += dy[o]; });
    }
  }

 private:
  Broadcast broadcast_;
};

class MulLayer final : public Layer {
 public:
  explicit MulLayer(const Broadcast& broadcast) : broadcast_(broadcast) {}

  [[nodiscard]] bool rereads_input() const override { return true; }

  void forward(const Pass& /*pass*/, const Slot& slot) override {
    const float* a = ports_.inputs[0].at(slot);
    const float* b = ports_.inputs[1].at(slot);
    float* y = ports_.output.at(slot);
    broadcast_.walk([&](std::size_t o, std::size_t i, std::size_t j) { y[o] = a[i] * b[j]; });
  }

  void backward(const Pass& /*pass*/, const Slot& slot) override {
    const float* a = ports_.inputs[0].at(slot);
    const float* b = ports_.inputs[1].at(slot);
    const float* dy = ports_.output_gradient.at(slot);
    if (ports_.input_gradients[0]) {
      float* da = ports_.input_gradients[0].at(slot);
      std::fill_n(da, broadcast_.elements(0), 0.0F);
      broadcast_.walk([&](std::size_t o, std::size_t i, std::size_t j) { da[i] += dy[o] * b[j]; });
    }
    if (ports_.input_gradients[1]) {
      float* db = ports_.input_gradients[1].at(slot);
      std::fill_n(db, broadcast_.elements(1), 0.0F);
      broadcast_.walk([&](std::size_t o, std::size_t i, std::size_t j) { db[j] += dy[o] * a[i]; });
    }
  }

 private:
  Broadcast broadcast_;
};

class ConcatLayer final : public Layer {
 public:
  ConcatLayer(const nn::Graph& graph, const nn::Node& node)
      : rows_(static_cast<std::size_t>(graph.tensor_of(node).shape.time *
                                       graph.tensor_of(node).shape.freq)),
        channels_(static_cast<std::size_t>(graph.tensor_of(node).shape.channels)) {
    for (const auto input : node.inputs) {
      widths_.push_back(static_cast<std::size_t>(graph.tensors[input].shape.channels));
    }
  }

  void forward(const Pass& /*pass*/, const Slot& slot) override {
    float* y = ports_.output.at(slot);
    for (std::size_t input = 0; input < widths_.size(); y += widths_[input], ++input) {
      const float* x = ports_.inputs[input].at(slot);
      for (std::size_t row = 0; row < rows_; ++row) {
        std::copy_n(x + row * widths_[input], widths_[input], y + row * channels_);
      }
    }
  }

  void backward(const Pass& /*pass*/, const Slot& slot) override {
    const float* dy = ports_.output_gradient.at(slot);
    for (std::size_t input = 0; input < widths_.size(); dy += widths_[input], ++input) {
      if (!ports_.input_gradients[input]) continue;
      float* dx = ports_.input_gradients[input].at(slot);
      for (std::size_t row = 0; row < rows_; ++row) {
        std::copy_n(dy + row * channels_, widths_[input], dx + row * widths_[input]);
      }
    }
  }

 private:
  std::size_t rows_;
  std::size_t channels_;
  std::vector<std::size_t> widths_;
};

}  // namespace

LayerPtr make_add(const nn::Graph& graph, const nn::Node& node) {
  return std::make_unique<AddLayer>(Broadcast(graph, node));
}

LayerPtr make_mul(const nn::Graph& graph, const nn::Node& node) {
  return std::make_unique<MulLayer>(Broadcast(graph, node));
}

LayerPtr make_concat(const nn::Graph& graph, const nn::Node& node) {
  return std::make_unique<ConcatLayer>(graph, node);
}

}  // namespace kws::train
