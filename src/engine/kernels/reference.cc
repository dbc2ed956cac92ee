// SPDX-License-Identifier: MIT
#include "engine/kernels/reference.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace kws::engine::reference {
namespace {

using nn::Op;
using nn::Shape;

/// A tensor with names for its axes.
struct View {
  Shape shape;
  const float* data = nullptr;

  [[nodiscard]] double at(std::int64_t t, std::int64_t f, std::int64_t c) const {
    return static_cast<double>(data[(t * shape.freq + f) * shape.channels + c]);
  }
  /// An axis of size 1 broadcasts.
  [[nodiscard]] double broadcast_at(std::int64_t t, std::int64_t f, std::int64_t c) const {
    return at(shape.time == 1 ? 0 : t, shape.freq == 1 ? 0 : f, shape.channels == 1 ? 0 : c);
  }
  [[nodiscard]] bool holds(std::int64_t t, std::int64_t f) const {
    return t >= 0 && t < shape.time && f >= 0 && f < shape.freq;
  }
};

class Node {
 public:
  Node(const nn::Model& model, const nn::Node& node, std::span<const std::span<const float>> inputs,
       std::span<float> output)
      : model_(model),
        node_(node),
        out_shape_(model.graph.tensor_of(node).shape),
        out_(output.data()) {
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      in_.push_back({model.graph.tensors[node.inputs[i]].shape, inputs[i].data()});
    }
  }

  void run() const {
    switch (node_.op) {
      case Op::kInputNorm: {
        const auto mean = weights("mean");
        const auto deviation = weights("deviation");
        return each([&](auto t, auto f, auto c) {
          return (x(t, f, c) - value(mean, f)) / value(deviation, f);
        });
      }
      case Op::kConv2d:
        return conv2d();
      case Op::kDepthwise:
        return depthwise();
      case Op::kDense:
        return dense();
      case Op::kBatchNorm: {
        const auto& norm = std::get<nn::BatchNorm>(node_.attributes);
        return each([&](auto t, auto f, auto c) { return normed(x(t, f, c), c, norm.epsilon); });
      }
      case Op::kSubSpectralNorm: {
        const auto& norm = std::get<nn::SubSpectralNorm>(node_.attributes);
        const std::int64_t band = out_shape_.freq / norm.bands;
        return each([&](auto t, auto f, auto c) {
          return normed(x(t, f, c), f / band * out_shape_.channels + c, norm.epsilon);
        });
      }
      case Op::kRelu:
        return each([&](auto t, auto f, auto c) { return std::max(x(t, f, c), 0.0); });
      case Op::kRelu6:
        return each([&](auto t, auto f, auto c) { return std::clamp(x(t, f, c), 0.0, 6.0); });
      case Op::kHardSwish:
        return each([&](auto t, auto f, auto c) {
          return x(t, f, c) * std::clamp(x(t, f, c) + 3.0, 0.0, 6.0) / 6.0;
        });
      case Op::kSwish:
        return each(
            [&](auto t, auto f, auto c) { return x(t, f, c) / (1.0 + std::exp(-x(t, f, c))); });
      case Op::kAdd:
        return each([&](auto t, auto f, auto c) {
          return in_[0].broadcast_at(t, f, c) + in_[1].broadcast_at(t, f, c);
        });
      case Op::kMul:
        return each([&](auto t, auto f, auto c) {
          return in_[0].broadcast_at(t, f, c) * in_[1].broadcast_at(t, f, c);
        });
      case Op::kConcat:
        return each([&](auto t, auto f, auto c) {
          std::size_t part = 0;
          while (c >= in_[part].shape.channels) c -= in_[part++].shape.channels;
          return in_[part].at(t, f, c);
        });
      case Op::kAveragePool:
      case Op::kMaxPool:
        return pool();
      case Op::kMean:
        return mean();
      case Op::kSoftmax:
        return softmax();
      case Op::kFlatten:
      case Op::kDropout:
      case Op::kQuantize:  // which only int8 arithmetic rounds (kernels/s8)
      case Op::kDequantize:
        std::copy_n(in_[0].data, in_[0].shape.elements(), out_);
        return;
    }
  }

 private:
  [[nodiscard]] double x(std::int64_t t, std::int64_t f, std::int64_t c) const {
    return in_[0].at(t, f, c);
  }

  /// Empty when the layer has none.
  [[nodiscard]] std::span<const float> weights(const char* what) const {
    const auto found = model_.weights.find(node_.name + "." + what);
    if (found == model_.weights.end()) return {};
    return found->second;
  }
  [[nodiscard]] static double value(std::span<const float> values, std::int64_t index) {
    return values.empty() ? 0.0 : static_cast<double>(values[static_cast<std::size_t>(index)]);
  }

  [[nodiscard]] double normed(double input, std::int64_t index, float epsilon) const {
    return (input - value(weights("mean"), index)) /
               std::sqrt(value(weights("variance"), index) + static_cast<double>(epsilon)) *
               value(weights("gamma"), index) +
           value(weights("beta"), index);
  }

  /// output[t, f, c] = function(t, f, c).
  template <typename Function>
  void each(Function function) const {
    float* to = out_;
    for (std::int64_t t = 0; t < out_shape_.time; ++t) {
      for (std::int64_t f = 0; f < out_shape_.freq; ++f) {
        for (std::int64_t c = 0; c < out_shape_.channels; ++c) {
          *to++ = static_cast<float>(function(t, f, c));
        }
      }
    }
  }

  /// Calls tap(kt, kf, input time, input freq) for every tap of the window at (t, f) that meets the
  /// input.
  template <typename Tap>
  void slide(const nn::Window& window, std::int64_t t, std::int64_t f, Tap tap) const {
    for (std::int64_t kt = 0; kt < window.kernel_time; ++kt) {
      for (std::int64_t kf = 0; kf < window.kernel_freq; ++kf) {
        const std::int64_t from_t =
            t * window.stride_time + kt * window.dilation_time - window.padding.time_before;
        const std::int64_t from_f =
            f * window.stride_freq + kf * window.dilation_freq - window.padding.freq_before;
        if (in_[0].holds(from_t, from_f)) tap(kt, kf, from_t, from_f);
      }
    }
  }

  void conv2d() const {
    const auto& conv = std::get<nn::Conv2d>(node_.attributes);
    const auto weight = weights("weight");
    const auto bias = weights("bias");
    const std::int64_t depth = in_[0].shape.channels / conv.groups;
    const std::int64_t group_channels = conv.channels / conv.groups;
    each([&](auto t, auto f, auto c) {
      double sum = value(bias, c);
      slide(conv.window, t, f, [&](auto kt, auto kf, auto from_t, auto from_f) {
        for (std::int64_t k = 0; k < depth; ++k) {
          const std::int64_t tap = (kt * conv.window.kernel_freq + kf) * depth + k;
          sum += x(from_t, from_f, c / group_channels * depth + k) *
                 value(weight, tap * conv.channels + c);
        }
      });
      return sum;
    });
  }

  void depthwise() const {
    const nn::Window& window = std::get<nn::Depthwise>(node_.attributes).window;
    const auto weight = weights("weight");
    const auto bias = weights("bias");
    each([&](auto t, auto f, auto c) {
      double sum = value(bias, c);
      slide(window, t, f, [&](auto kt, auto kf, auto from_t, auto from_f) {
        const std::int64_t tap = kt * window.kernel_freq + kf;
        sum += x(from_t, from_f, c) * value(weight, tap * out_shape_.channels + c);
      });
      return sum;
    });
  }

  void dense() const {
    const auto weight = weights("weight");
    const auto bias = weights("bias");
    const auto count = static_cast<std::int64_t>(in_[0].shape.elements());
    each([&](auto, auto, auto c) {
      double sum = value(bias, c);
      for (std::int64_t i = 0; i < count; ++i) {
        sum += static_cast<double>(in_[0].data[i]) * value(weight, i * out_shape_.channels + c);
      }
      return sum;
    });
  }

  void pool() const {
    const nn::Window& window = std::get<nn::Pool>(node_.attributes).window;
    const bool average = node_.op == Op::kAveragePool;
    each([&](auto t, auto f, auto c) {
      double sum = 0.0;
      double count = 0.0;
      double largest = -std::numeric_limits<double>::infinity();
      slide(window, t, f, [&](auto, auto, auto from_t, auto from_f) {
        sum += x(from_t, from_f, c);
        count += 1.0;
        largest = std::max(largest, x(from_t, from_f, c));
      });
      return average ? sum / count : largest;
    });
  }

  void mean() const {
    const auto& axes = std::get<nn::Mean>(node_.attributes);
    const Shape& in = in_[0].shape;
    each([&](auto t, auto f, auto c) {
      double sum = 0.0;
      for (std::int64_t from_t = 0; from_t < in.time; ++from_t) {
        for (std::int64_t from_f = 0; from_f < in.freq; ++from_f) {
          const bool counts = (axes.over_time || from_t == t) && (axes.over_freq || from_f == f);
          if (counts) sum += x(from_t, from_f, c);
        }
      }
      return sum /
             static_cast<double>((axes.over_time ? in.time : 1) * (axes.over_freq ? in.freq : 1));
    });
  }

  void softmax() const {
    each([&](auto t, auto f, auto c) {
      double sum = 0.0;
      for (std::int64_t other = 0; other < out_shape_.channels; ++other) {
        sum += std::exp(x(t, f, other) - x(t, f, c));
      }
      return 1.0 / sum;
    });
  }

  const nn::Model& model_;
  const nn::Node& node_;
  Shape out_shape_;
  float* out_;
  std::vector<View> in_;
};

}  // namespace

void run_node(const nn::Model& model, const nn::Node& node,
              std::span<const std::span<const float>> inputs, std::span<float> output) {
  Node(model, node, inputs, output).run();
}

}  // namespace kws::engine::reference
