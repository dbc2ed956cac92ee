// SPDX-License-Identifier: MIT
//
// What works on each value alone: input normalisation, activations, dropout, flatten.
#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "train/layers.h"

namespace kws::train {
namespace {

float sigmoid(float x) { return 1.0F / (1.0F + std::exp(-x)); }

struct Relu {
  static float value(float x) { return x > 0.0F ? x : 0.0F; }
  static float slope(float x) { return x > 0.0F ? 1.0F : 0.0F; }
};
struct Relu6 {
  static float value(float x) { return std::clamp(x, 0.0F, 6.0F); }
  static float slope(float x) { return x > 0.0F && x < 6.0F ? 1.0F : 0.0F; }
};
struct HardSwish {
  static float value(float x) { return x * std::clamp(x + 3.0F, 0.0F, 6.0F) / 6.0F; }
  static float slope(float x) {
    if (x <= -3.0F) return 0.0F;
    return x >= 3.0F ? 1.0F : (2.0F * x + 3.0F) / 6.0F;
  }
};
struct Swish {
  static float value(float x) { return x * sigmoid(x); }
  static float slope(float x) {
    const float s = sigmoid(x);
    return s * (1.0F + x * (1.0F - s));
  }
};

template <typename Function>
class ActivationLayer final : public Layer {
 public:
  explicit ActivationLayer(std::size_t elements) : elements_(elements) {}

  [[nodiscard]] bool rereads_input() const override { return true; }

  void forward(const Pass& /*pass*/, const Slot& slot) override {
    const float* x = ports_.inputs[0].at(slot);
    float* y = ports_.output.at(slot);
    for (std::size_t i = 0; i < elements_; ++i) y[i] = Function::value(x[i]);
  }

  void backward(const Pass& /*pass*/, const Slot& slot) override {
    if (!ports_.input_gradients[0]) return;
    const float* x = ports_.inputs[0].at(slot);
    const float* dy = ports_.output_gradient.at(slot);
    float* dx = ports_.input_gradients[0].at(slot);
    for (std::size_t i = 0; i < elements_; ++i) dx[i] = dy[i] * Function::slope(x[i]);
  }

 private:
  std::size_t elements_;
};

/// (x − mean) / deviation, per frequency; the statistics come from the data and are not trained.
class InputNormLayer final : public Layer {
 public:
  explicit InputNormLayer(const nn::Shape& shape)
      : times_(static_cast<std::size_t>(shape.time)),
        freqs_(static_cast<std::size_t>(shape.freq)) {}

  void forward(const Pass& /*pass*/, const Slot& slot) override {
    const float* x = ports_.inputs[0].at(slot);
    const float* mean = ports_.parameters[0].value;
    const float* deviation = ports_.parameters[1].value;
    float* y = ports_.output.at(slot);
    for (std::size_t time = 0; time < times_; ++time, x += freqs_, y += freqs_) {
      for (std::size_t f = 0; f < freqs_; ++f) y[f] = (x[f] - mean[f]) / deviation[f];
    }
  }

  void backward(const Pass& /*pass*/, const Slot& /*slot*/) override {}

 private:
  std::size_t times_;
  std::size_t freqs_;
};

/// Sets values to zero at random and scales the others up, so that their mean stays (Srivastava et
/// al. 2014). The draw is a function of (seed, step, layer, sample), so the way back repeats it.
class DropoutLayer final : public Layer {
 public:
  DropoutLayer(std::size_t elements, float rate, std::uint64_t layer)
      : elements_(elements), rate_(rate), layer_(layer) {}

  void forward(const Pass& pass, const Slot& slot) override {
    apply(pass, slot, ports_.inputs[0].at(slot), ports_.output.at(slot));
  }

  void backward(const Pass& pass, const Slot& slot) override {
    if (!ports_.input_gradients[0]) return;
    apply(pass, slot, ports_.output_gradient.at(slot), ports_.input_gradients[0].at(slot));
  }

 private:
  void apply(const Pass& pass, const Slot& slot, const float* from, float* to) const {
    if (!pass.training || rate_ <= 0.0F) {
      std::copy_n(from, elements_, to);
      return;
    }
    Random random(pass.seed, {pass.step, layer_, slot.sample});
    const float scale = 1.0F / (1.0F - rate_);
    for (std::size_t i = 0; i < elements_; ++i) {
      to[i] = random.chance(static_cast<double>(rate_)) ? 0.0F : from[i] * scale;
    }
  }

  std::size_t elements_;
  float rate_;
  std::uint64_t layer_;
};

/// Channels-last activations already lie in the order that flatten promises.
class FlattenLayer final : public Layer {
 public:
  explicit FlattenLayer(std::size_t elements) : elements_(elements) {}

  void forward(const Pass& /*pass*/, const Slot& slot) override {
    std::copy_n(ports_.inputs[0].at(slot), elements_, ports_.output.at(slot));
  }
  void backward(const Pass& /*pass*/, const Slot& slot) override {
    if (!ports_.input_gradients[0]) return;
    std::copy_n(ports_.output_gradient.at(slot), elements_, ports_.input_gradients[0].at(slot));
  }

 private:
  std::size_t elements_;
};

}  // namespace

LayerPtr make_input_norm(const nn::Graph& graph, const nn::Node& node) {
  return std::make_unique<InputNormLayer>(graph.tensor_of(node).shape);
}

LayerPtr make_activation(const nn::Graph& graph, const nn::Node& node) {
  const auto elements = graph.tensor_of(node).shape.elements();
  if (node.op == nn::Op::kRelu) return std::make_unique<ActivationLayer<Relu>>(elements);
  if (node.op == nn::Op::kRelu6) return std::make_unique<ActivationLayer<Relu6>>(elements);
  if (node.op == nn::Op::kHardSwish) return std::make_unique<ActivationLayer<HardSwish>>(elements);
  return std::make_unique<ActivationLayer<Swish>>(elements);
}

LayerPtr make_dropout(const nn::Graph& graph, const nn::Node& node) {
  return std::make_unique<DropoutLayer>(graph.tensor_of(node).shape.elements(),
                                        std::get<nn::Dropout>(node.attributes).rate, node.output);
}

LayerPtr make_flatten(const nn::Graph& graph, const nn::Node& node) {
  return std::make_unique<FlattenLayer>(graph.tensor_of(node).shape.elements());
}

}  // namespace kws::train
