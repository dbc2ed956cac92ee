// SPDX-License-Identifier: MIT
#include "train/layers.h"
#include "train/vector.h"

namespace kws::train {
namespace {

/// y = x·W + b over the flattened input: one row per sample, so a vector runs over the outputs.
class DenseLayer final : public Layer {
 public:
  DenseLayer(const nn::Shape& in, const nn::Dense& dense)
      : inputs_(in.elements()),
        outputs_(static_cast<std::size_t>(dense.channels)),
        bias_(dense.bias) {}

  [[nodiscard]] bool rereads_input() const override { return true; }

  void forward(const Pass& /*pass*/, const Slot& slot) override {
    const float* x = ports_.inputs[0].at(slot);
    const float* weight = ports_.parameters[0].value;
    const float* bias = bias_ ? ports_.parameters[1].value : nullptr;
    float* output = ports_.output.at(slot);
    over_channels(outputs_, [&]<typename V>(std::size_t c) {
      V sum = bias != nullptr ? load<V>(bias + c) : zero<V>();
      for (std::size_t i = 0; i < inputs_; ++i) sum += x[i] * load<V>(weight + i * outputs_ + c);
      store(output + c, sum);
    });
  }

  void backward(const Pass& /*pass*/, const Slot& slot) override {
    const float* x = ports_.inputs[0].at(slot);
    const float* weight = ports_.parameters[0].value;
    const float* gradient = ports_.output_gradient.at(slot);
    float* weight_gradient = ports_.parameters[0].gradient_at(slot);
    for (std::size_t i = 0; i < inputs_; ++i) {
      float* row = weight_gradient + i * outputs_;
      for (std::size_t c = 0; c < outputs_; ++c) row[c] += x[i] * gradient[c];
    }
    if (bias_) {
      float* bias_gradient = ports_.parameters[1].gradient_at(slot);
      for (std::size_t c = 0; c < outputs_; ++c) bias_gradient[c] += gradient[c];
    }
    if (!ports_.input_gradients[0]) return;
    float* dx = ports_.input_gradients[0].at(slot);
    for (std::size_t i = 0; i < inputs_; ++i) {
      const float* row = weight + i * outputs_;
      float sum = 0.0F;
      for (std::size_t c = 0; c < outputs_; ++c) sum += row[c] * gradient[c];
      dx[i] = sum;
    }
  }

 private:
  std::size_t inputs_;
  std::size_t outputs_;
  bool bias_;
};

}  // namespace

LayerPtr make_dense(const nn::Graph& graph, const nn::Node& node) {
  return std::make_unique<DenseLayer>(graph.tensors[node.inputs[0]].shape,
                                      std::get<nn::Dense>(node.attributes));
}

}  // namespace kws::train
