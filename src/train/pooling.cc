// SPDX-License-Identifier: MIT
//
// Averages and maxima over windows, means over whole axes.
#include <algorithm>
#include <limits>

#include "train/geometry.h"
#include "train/layers.h"

namespace kws::train {
namespace {

/// Walks over the outputs of a pool and the input positions each of them looks at.
class PoolGeometry {
 public:
  PoolGeometry(const nn::Graph& graph, const nn::Node& node)
      : geometry_(graph.tensors[node.inputs[0]].shape, graph.tensor_of(node).shape,
                  std::get<nn::Pool>(node.attributes).window),
        channels_(static_cast<std::size_t>(graph.tensor_of(node).shape.channels)) {}

  [[nodiscard]] std::size_t channels() const { return channels_; }
  [[nodiscard]] std::size_t input_elements() const {
    return static_cast<std::size_t>(geometry_.time.inputs * geometry_.freq.inputs) * channels_;
  }

  /// visit(position) for each input of one output; finish(output, count) behind them.
  template <typename Visit, typename Finish>
  void walk(const Visit& visit, const Finish& finish) const {
    const auto& [time, freq] = geometry_;
    std::size_t output = 0;
    for (std::int64_t t = 0; t < time.outputs; ++t) {
      const nn::Taps rows = time.taps(t);
      for (std::int64_t f = 0; f < freq.outputs; ++f, output += channels_) {
        const nn::Taps columns = freq.taps(f);
        for (auto kt = rows.begin; kt < rows.end; ++kt) {
          for (auto kf = columns.begin; kf < columns.end; ++kf) {
            const auto place = time.input(t, kt) * freq.inputs + freq.input(f, kf);
            visit(output, static_cast<std::size_t>(place) * channels_);
          }
        }
        finish(output, count(t, f));
      }
    }
  }

  /// Inputs that output (t, f) looks at, padding apart.
  [[nodiscard]] float count(std::int64_t t, std::int64_t f) const {
    const nn::Taps rows = geometry_.time.taps(t);
    const nn::Taps columns = geometry_.freq.taps(f);
    return static_cast<float>((rows.end - rows.begin) * (columns.end - columns.begin));
  }
  [[nodiscard]] float count_of(std::size_t output) const {
    const auto place = static_cast<std::int64_t>(output / channels_);
    return count(place / geometry_.freq.outputs, place % geometry_.freq.outputs);
  }
  [[nodiscard]] std::size_t output_elements() const { return geometry_.positions() * channels_; }

 private:
  Geometry geometry_;
  std::size_t channels_;
};

class AveragePoolLayer final : public Layer {
 public:
  explicit AveragePoolLayer(const PoolGeometry& geometry) : geometry_(geometry) {}

  void forward(const Pass& /*pass*/, const Slot& slot) override {
    const float* x = ports_.inputs[0].at(slot);
    float* y = ports_.output.at(slot);
    const auto channels = geometry_.channels();
    std::fill_n(y, geometry_.output_elements(), 0.0F);
    geometry_.walk(
        [&](std::size_t output, std::size_t position) {
          for (std::size_t c = 0; c < channels; ++c) y[output + c] += x[position + c];
        },
        [&](std::size_t output, float count) {
          for (std::size_t c = 0; c < channels; ++c) y[output + c] /= count;
        });
  }

  void backward(const Pass& /*pass*/, const Slot& slot) override {
    if (!ports_.input_gradients[0]) return;
    const float* dy = ports_.output_gradient.at(slot);
    float* dx = ports_.input_gradients[0].at(slot);
    std::fill_n(dx, geometry_.input_elements(), 0.0F);
    geometry_.walk(
        [&](std::size_t output, std::size_t position) {
          const float share = 1.0F / geometry_.count_of(output);
          for (std::size_t c = 0; c < geometry_.channels(); ++c) {
            dx[position + c] += dy[output + c] * share;
          }
        },
        [](std::size_t, float) {});
  }

 private:
  PoolGeometry geometry_;
};

/// The gradient goes to the largest input; among equals to the first in row order.
class MaxPoolLayer final : public Layer {
 public:
  explicit MaxPoolLayer(const PoolGeometry& geometry) : geometry_(geometry) {}

  [[nodiscard]] bool rereads_input() const override { return true; }
  [[nodiscard]] bool rereads_output() const override { return true; }
  /// Marks which outputs have given their gradient away.
  [[nodiscard]] std::size_t scratch_floats() const override { return geometry_.channels(); }

  void forward(const Pass& /*pass*/, const Slot& slot) override {
    const float* x = ports_.inputs[0].at(slot);
    float* y = ports_.output.at(slot);
    std::fill_n(y, geometry_.output_elements(), -std::numeric_limits<float>::infinity());
    geometry_.walk(
        [&](std::size_t output, std::size_t position) {
          for (std::size_t c = 0; c < geometry_.channels(); ++c) {
            y[output + c] = std::max(y[output + c], x[position + c]);
          }
        },
        [](std::size_t, float) {});
  }

  void backward(const Pass& /*pass*/, const Slot& slot) override {
    if (!ports_.input_gradients[0]) return;
    const float* x = ports_.inputs[0].at(slot);
    const float* y = ports_.output.at(slot);
    const float* dy = ports_.output_gradient.at(slot);
    float* dx = ports_.input_gradients[0].at(slot);
    float* given = ports_.scratch.at(slot);
    std::fill_n(dx, geometry_.input_elements(), 0.0F);
    std::fill_n(given, geometry_.channels(), 0.0F);
    geometry_.walk(
        [&](std::size_t output, std::size_t position) {
          for (std::size_t c = 0; c < geometry_.channels(); ++c) {
            if (given[c] == 0.0F && x[position + c] >= y[output + c]) {
              dx[position + c] += dy[output + c];
              given[c] = 1.0F;
            }
          }
        },
        [&](std::size_t, float) { std::fill_n(given, geometry_.channels(), 0.0F); });
  }

 private:
  PoolGeometry geometry_;
};

/// Over time, frequency or both.
class MeanLayer final : public Layer {
 public:
  MeanLayer(const nn::Shape& in, const nn::Mean& mean)
      : times_(static_cast<std::size_t>(in.time)),
        freqs_(static_cast<std::size_t>(in.freq)),
        channels_(static_cast<std::size_t>(in.channels)),
        time_step_(mean.over_time ? 0 : (mean.over_freq ? 1 : freqs_) * channels_),
        freq_step_(mean.over_freq ? 0 : channels_),
        outputs_((mean.over_time ? 1 : times_) * (mean.over_freq ? 1 : freqs_) * channels_),
        share_(static_cast<float>(outputs_) / static_cast<float>(in.elements())) {}

  void forward(const Pass& /*pass*/, const Slot& slot) override {
    const float* x = ports_.inputs[0].at(slot);
    float* y = ports_.output.at(slot);
    std::fill_n(y, outputs_, 0.0F);
    for_each_row([&](std::size_t row, std::size_t output) {
      for (std::size_t c = 0; c < channels_; ++c) y[output + c] += x[row + c];
    });
    for (std::size_t i = 0; i < outputs_; ++i) y[i] *= share_;
  }

  void backward(const Pass& /*pass*/, const Slot& slot) override {
    if (!ports_.input_gradients[0]) return;
    const float* dy = ports_.output_gradient.at(slot);
    float* dx = ports_.input_gradients[0].at(slot);
    for_each_row([&](std::size_t row, std::size_t output) {
      for (std::size_t c = 0; c < channels_; ++c) dx[row + c] = dy[output + c] * share_;
    });
  }

 private:
  template <typename Work>
  void for_each_row(const Work& work) const {
    std::size_t row = 0;
    for (std::size_t t = 0; t < times_; ++t) {
      for (std::size_t f = 0; f < freqs_; ++f, row += channels_) {
        work(row, t * time_step_ + f * freq_step_);
      }
    }
  }

  std::size_t times_;
  std::size_t freqs_;
  std::size_t channels_;
  std::size_t time_step_;
  std::size_t freq_step_;
  std::size_t outputs_;
  float share_;
};

}  // namespace

LayerPtr make_average_pool(const nn::Graph& graph, const nn::Node& node) {
  return std::make_unique<AveragePoolLayer>(PoolGeometry(graph, node));
}

LayerPtr make_max_pool(const nn::Graph& graph, const nn::Node& node) {
  return std::make_unique<MaxPoolLayer>(PoolGeometry(graph, node));
}

LayerPtr make_mean(const nn::Graph& graph, const nn::Node& node) {
  return std::make_unique<MeanLayer>(graph.tensors[node.inputs[0]].shape,
                                     std::get<nn::Mean>(node.attributes));
}

}  // namespace kws::train
