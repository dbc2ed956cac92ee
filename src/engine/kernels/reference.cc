// SPDX-License-Identifier: MIT
#include "engine/kernels/reference.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
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

/// What a node owns, by the last part of the name; empty where it has none.
struct Parameters {
  std::vector<float> weight, bias, mean, variance, deviation, gamma, beta;

  Parameters(const nn::Model& model, const nn::Node& node) {
    const auto take = [&](std::vector<float>& values, const char* what) {
      const auto found = model.weights.find(node.name + "." + what);
      if (found != model.weights.end()) values = found->second;
    };
    take(weight, "weight");
    take(bias, "bias");
    take(mean, "mean");
    take(variance, "variance");
    take(deviation, "deviation");
    take(gamma, "gamma");
    take(beta, "beta");
  }
};

/// What a kernel is and stays; Run below is one call of it.
struct Layer {
  nn::Node node;
  std::vector<Shape> in;
  Shape out;
  Parameters own;
  f32::Bounds bounds;
};

class Run {
 public:
  Run(const Layer& layer, Inputs inputs, float* output, RowRange rows)
      : layer_(layer),
        node_(layer.node),
        own_(layer.own),
        out_shape_(layer.out),
        inputs_(inputs),
        out_(output),
        rows_(rows) {}

  void run() const {
    switch (node_.op) {
      case Op::kInputNorm: {
        return each([&](auto t, auto f, auto c) {
          return (x(t, f, c) - value(own_.mean, f)) / value(own_.deviation, f);
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
        return each([&](auto t, auto f, auto c) { return std::max(0.0, x(t, f, c)); });
      case Op::kRelu6:
        return each(
            [&](auto t, auto f, auto c) { return std::min(std::max(0.0, x(t, f, c)), 6.0); });
      case Op::kHardSwish:
        return each([&](auto t, auto f, auto c) {
          return x(t, f, c) * std::clamp(x(t, f, c) + 3.0, 0.0, 6.0) / 6.0;
        });
      case Op::kSwish:
        return each(
            [&](auto t, auto f, auto c) { return x(t, f, c) / (1.0 + std::exp(-x(t, f, c))); });
      case Op::kAdd:
        return each([&](auto t, auto f, auto c) {
          return in(0).broadcast_at(t, f, c) + in(1).broadcast_at(t, f, c);
        });
      case Op::kMul:
        return each([&](auto t, auto f, auto c) {
          return in(0).broadcast_at(t, f, c) * in(1).broadcast_at(t, f, c);
        });
      case Op::kConcat:
        return each([&](auto t, auto f, auto c) {
          std::size_t part = 0;
          while (c >= layer_.in[part].channels) c -= layer_.in[part++].channels;
          return in(part).at(t, f, c);
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
        return each([&](auto t, auto f, auto c) {
          return static_cast<double>(
              in(0).data[(t * out_shape_.freq + f) * out_shape_.channels + c]);
        });
    }
  }

 private:
  [[nodiscard]] View in(std::size_t which) const {
    return {layer_.in[which], static_cast<const float*>(inputs_[which])};
  }
  [[nodiscard]] double x(std::int64_t t, std::int64_t f, std::int64_t c) const {
    return in(0).at(t, f, c);
  }

  /// 0 where the layer has none.
  [[nodiscard]] static double value(std::span<const float> values, std::int64_t index) {
    return values.empty() ? 0.0 : static_cast<double>(values[static_cast<std::size_t>(index)]);
  }

  [[nodiscard]] double normed(double input, std::int64_t index, float epsilon) const {
    return (input - value(own_.mean, index)) /
               std::sqrt(value(own_.variance, index) + static_cast<double>(epsilon)) *
               value(own_.gamma, index) +
           value(own_.beta, index);
  }

  /// output[t, f, c] = function(t, f, c), within the bounds.
  template <typename Function>
  void each(Function function) const {
    float* to = out_ + rows_.begin * out_shape_.freq * out_shape_.channels;
    for (std::int64_t t = rows_.begin; t < rows_.end; ++t) {
      for (std::int64_t f = 0; f < out_shape_.freq; ++f) {
        for (std::int64_t c = 0; c < out_shape_.channels; ++c) {
          *to++ = bounded(static_cast<float>(function(t, f, c)));
        }
      }
    }
  }

  /// A ReLU gives its lower bound for what is no number.
  [[nodiscard]] float bounded(float y) const {
    y = y > layer_.bounds.low ? y : layer_.bounds.low;
    return y < layer_.bounds.high ? y : layer_.bounds.high;
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
        if (in(0).holds(from_t, from_f)) tap(kt, kf, from_t, from_f);
      }
    }
  }

  void conv2d() const {
    const auto& conv = std::get<nn::Conv2d>(node_.attributes);
    const std::int64_t depth = layer_.in[0].channels / conv.groups;
    const std::int64_t group_channels = conv.channels / conv.groups;
    each([&](auto t, auto f, auto c) {
      double sum = value(own_.bias, c);
      slide(conv.window, t, f, [&](auto kt, auto kf, auto from_t, auto from_f) {
        for (std::int64_t k = 0; k < depth; ++k) {
          const std::int64_t tap = (kt * conv.window.kernel_freq + kf) * depth + k;
          sum += x(from_t, from_f, c / group_channels * depth + k) *
                 value(own_.weight, tap * conv.channels + c);
        }
      });
      return sum;
    });
  }

  void depthwise() const {
    const nn::Window& window = std::get<nn::Depthwise>(node_.attributes).window;
    each([&](auto t, auto f, auto c) {
      double sum = value(own_.bias, c);
      slide(window, t, f, [&](auto kt, auto kf, auto from_t, auto from_f) {
        const std::int64_t tap = kt * window.kernel_freq + kf;
        sum += x(from_t, from_f, c) * value(own_.weight, tap * out_shape_.channels + c);
      });
      return sum;
    });
  }

  void dense() const {
    const auto count = static_cast<std::int64_t>(layer_.in[0].elements());
    each([&](auto, auto, auto c) {
      double sum = value(own_.bias, c);
      for (std::int64_t i = 0; i < count; ++i) {
        sum += static_cast<double>(in(0).data[i]) * value(own_.weight, i * out_shape_.channels + c);
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
    const Shape& in = layer_.in[0];
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

  /// A position is read whole before it is written, so that it may work in place.
  void softmax() const {
    const std::int64_t channels = out_shape_.channels;
    for (std::int64_t t = rows_.begin; t < rows_.end; ++t) {
      for (std::int64_t f = 0; f < out_shape_.freq; ++f) {
        double top = -kLargestLogit;
        for (std::int64_t c = 0; c < channels; ++c) top = std::max(top, tame(x(t, f, c)));
        double sum = 0.0;
        for (std::int64_t c = 0; c < channels; ++c) sum += std::exp(tame(x(t, f, c)) - top);
        float* to = out_ + (t * out_shape_.freq + f) * channels;
        for (std::int64_t c = 0; c < channels; ++c) {
          to[c] = static_cast<float>(std::exp(tame(x(t, f, c)) - top) / sum);
        }
      }
    }
  }

  static constexpr double kLargestLogit = 1e30;
  /// A number in ±kLargestLogit; the lowest for what is none.
  [[nodiscard]] static double tame(double logit) {
    return logit > -kLargestLogit ? std::min(logit, kLargestLogit) : -kLargestLogit;
  }

  const Layer& layer_;
  const nn::Node& node_;
  const Parameters& own_;
  const Shape& out_shape_;
  Inputs inputs_;
  float* out_;
  RowRange rows_;
};

class ReferenceKernel final : public Kernel {
 public:
  explicit ReferenceKernel(Layer layer) : layer_(std::move(layer)) {}

  void run(Inputs inputs, void* output, RowRange rows) const noexcept KWS_REALTIME override {
    Run(layer_, inputs, static_cast<float*>(output), rows).run();
  }

  [[nodiscard]] std::string_view name() const noexcept override { return "reference"; }

 private:
  Layer layer_;
};

}  // namespace

std::unique_ptr<Kernel> make_kernel(const nn::Model& model, const nn::Node& node,
                                    f32::Bounds bounds) {
  std::vector<Shape> in;
  for (const auto input : node.inputs) in.push_back(model.graph.tensors[input].shape);
  return std::make_unique<ReferenceKernel>(Layer{.node = node,
                                                 .in = std::move(in),
                                                 .out = model.graph.tensor_of(node).shape,
                                                 .own = Parameters(model, node),
                                                 .bounds = bounds});
}

void run_node(const nn::Model& model, const nn::Node& node,
              std::span<const std::span<const float>> inputs, std::span<float> output) {
  std::vector<const void*> pointers;
  for (const auto& input : inputs) pointers.push_back(input.data());
  make_kernel(model, node, {})
      ->run(pointers, output.data(), {0, model.graph.tensor_of(node).shape.time});
}

}  // namespace kws::engine::reference
