// SPDX-License-Identifier: MIT
//
// One kernel per channel. Channels are worked on side by side, a vector of them at a time, and the
// sum over the taps of an output stays in a register.
#include <algorithm>

#include "train/geometry.h"
#include "train/layers.h"
#include "train/vector.h"

namespace kws::train {
namespace {

class DepthwiseLayer final : public Layer {
 public:
  DepthwiseLayer(const nn::Shape& in, const nn::Shape& out, const nn::Depthwise& depthwise)
      : geometry_(in, out, depthwise.window),
        channels_(static_cast<std::size_t>(in.channels)),
        bias_(depthwise.bias) {}

  [[nodiscard]] bool rereads_input() const override { return true; }

  void forward(const Pass& /*pass*/, const Slot& slot) override {
    const float* input = ports_.inputs[0].at(slot);
    const float* weight = ports_.parameters[0].value;
    const float* bias = bias_ ? ports_.parameters[1].value : nullptr;
    float* output = ports_.output.at(slot);
    over_channels(channels_, [&]<typename V>(std::size_t c) {
      float* y = output + c;
      for_each_output([&](const Taps& taps) {
        V sum = bias != nullptr ? load<V>(bias + c) : zero<V>();
        for_each_tap(taps, [&](std::size_t position, std::size_t tap) {
          sum += load<V>(input + position + c) * load<V>(weight + tap + c);
        });
        store(y, sum);
        y += channels_;
      });
    });
  }

  void backward(const Pass& /*pass*/, const Slot& slot) override {
    const float* input = ports_.inputs[0].at(slot);
    const float* weight = ports_.parameters[0].value;
    const float* gradient = ports_.output_gradient.at(slot);
    float* weight_gradient = ports_.parameters[0].gradient_at(slot);
    float* bias_gradient = bias_ ? ports_.parameters[1].gradient_at(slot) : nullptr;
    float* input_gradient = nullptr;
    if (ports_.input_gradients[0]) {
      input_gradient = ports_.input_gradients[0].at(slot);
      const auto positions = static_cast<std::size_t>(geometry_.time.in * geometry_.freq.in);
      std::fill_n(input_gradient, positions * channels_, 0.0F);
    }
    over_channels(channels_, [&]<typename V>(std::size_t c) {
      const float* g = gradient + c;
      V bias_sum = zero<V>();
      for_each_output([&](const Taps& taps) {
        const V dy = load<V>(g);
        g += channels_;
        bias_sum += dy;
        for_each_tap(taps, [&](std::size_t position, std::size_t tap) {
          float* dw = weight_gradient + tap + c;
          store(dw, load<V>(dw) + dy * load<V>(input + position + c));
          if (input_gradient == nullptr) return;
          float* dx = input_gradient + position + c;
          store(dx, load<V>(dx) + dy * load<V>(weight + tap + c));
        });
      });
      if (bias_gradient != nullptr) {
        store(bias_gradient + c, load<V>(bias_gradient + c) + bias_sum);
      }
    });
  }

 private:
  /// The taps of one output that do not lie on the padding.
  struct Taps {
    std::ptrdiff_t t, f;
    std::ptrdiff_t time_first, time_end, freq_first, freq_end;
  };

  template <typename Work>
  void for_each_output(const Work& work) const {
    const auto& [time, freq] = geometry_;
    for (std::ptrdiff_t t = 0; t < time.out; ++t) {
      for (std::ptrdiff_t f = 0; f < freq.out; ++f) {
        work(Taps{t, f, time.first_tap(t), time.end_tap(t), freq.first_tap(f), freq.end_tap(f)});
      }
    }
  }

  /// work(position, tap): where the input and the weight of channel 0 are.
  template <typename Work>
  void for_each_tap(const Taps& taps, const Work& work) const {
    const auto& [time, freq] = geometry_;
    for (auto kt = taps.time_first; kt < taps.time_end; ++kt) {
      const auto row = time.position(taps.t, kt) * freq.in;
      for (auto kf = taps.freq_first; kf < taps.freq_end; ++kf) {
        work(static_cast<std::size_t>(row + freq.position(taps.f, kf)) * channels_,
             static_cast<std::size_t>(kt * freq.kernel + kf) * channels_);
      }
    }
  }

  Geometry geometry_;
  std::size_t channels_;
  bool bias_;
};

}  // namespace

LayerPtr make_depthwise(const nn::Graph& graph, const nn::Node& node) {
  return std::make_unique<DepthwiseLayer>(graph.tensors[node.inputs[0]].shape,
                                          graph.tensor_of(node).shape,
                                          std::get<nn::Depthwise>(node.attributes));
}

}  // namespace kws::train
