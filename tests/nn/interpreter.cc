// SPDX-License-Identifier: MIT
#include "nn/interpreter.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

namespace kws::testing {
namespace {

using nn::Node;
using nn::Op;
using nn::Shape;
using Values = std::vector<double>;

std::size_t offset(const Shape& shape, std::int64_t time, std::int64_t freq, std::int64_t channel) {
  return static_cast<std::size_t>((time * shape.freq + freq) * shape.channels + channel);
}

class Interpreter {
 public:
  Interpreter(const nn::Model& model, const Values& input)
      : model_(model), graph_(model.graph), values_(graph_.tensors.size()) {
    values_[graph_.input] = input;
    for (const auto& node : graph_.nodes) run(node);
  }

  [[nodiscard]] const Values& output() const { return values_[graph_.output]; }

 private:
  const std::vector<float>& weight(const Node& node, const char* what) const {
    return model_.weights.at(node.name + "." + what);
  }

  void run(const Node& node) {
    const Shape in = graph_.tensors[node.inputs[0]].shape;
    const Shape out = graph_.tensor_of(node).shape;
    Values result(out.elements());
    for (std::int64_t t = 0; t < out.time; ++t) {
      for (std::int64_t f = 0; f < out.freq; ++f) {
        for (std::int64_t c = 0; c < out.channels; ++c) {
          result[offset(out, t, f, c)] = one(node, in, out, t, f, c);
        }
      }
    }
    values_[node.output] = result;
  }

  double one(const Node& node, const Shape& in, const Shape& out, std::int64_t t, std::int64_t f,
             std::int64_t c) const {
    const Values& x = values_[node.inputs[0]];
    const auto channel = static_cast<std::size_t>(c);
    const auto same = [&] { return x[offset(in, t, f, c)]; };
    switch (node.op) {
      case Op::kInputNorm:
        return (same() - static_cast<double>(weight(node, "mean")[static_cast<std::size_t>(f)])) /
               static_cast<double>(weight(node, "deviation")[static_cast<std::size_t>(f)]);
      case Op::kConv2d: {
        const auto& conv = std::get<nn::Conv2d>(node.attributes);
        const std::int64_t in_group = in.channels / conv.groups;
        const std::int64_t group = c / (out.channels / conv.groups);
        double sum = conv.bias ? static_cast<double>(weight(node, "bias")[channel]) : 0.0;
        slide(conv.window, in, t, f, [&](std::int64_t k, std::int64_t it, std::int64_t jf) {
          for (std::int64_t i = 0; i < in_group; ++i) {
            const auto w = static_cast<std::size_t>((k * in_group + i) * out.channels + c);
            sum += static_cast<double>(weight(node, "weight")[w]) *
                   x[offset(in, it, jf, group * in_group + i)];
          }
        });
        return sum;
      }
      case Op::kDepthwise: {
        const auto& depthwise = std::get<nn::Depthwise>(node.attributes);
        double sum = depthwise.bias ? static_cast<double>(weight(node, "bias")[channel]) : 0.0;
        slide(depthwise.window, in, t, f, [&](std::int64_t k, std::int64_t it, std::int64_t jf) {
          sum += static_cast<double>(
                     weight(node, "weight")[static_cast<std::size_t>(k * in.channels + c)]) *
                 x[offset(in, it, jf, c)];
        });
        return sum;
      }
      case Op::kDense: {
        const bool bias = std::get<nn::Dense>(node.attributes).bias;
        double sum = bias ? static_cast<double>(weight(node, "bias")[channel]) : 0.0;
        for (std::size_t i = 0; i < x.size(); ++i) {
          sum += x[i] * static_cast<double>(weight(
                            node, "weight")[i * static_cast<std::size_t>(out.channels) + channel]);
        }
        return sum;
      }
      case Op::kBatchNorm:
        return normalised(node, same(), channel, std::get<nn::BatchNorm>(node.attributes).epsilon);
      case Op::kSubSpectralNorm: {
        const auto& norm = std::get<nn::SubSpectralNorm>(node.attributes);
        const std::int64_t band = f / (in.freq / norm.bands);
        return normalised(node, same(), static_cast<std::size_t>(band * in.channels + c),
                          norm.epsilon);
      }
      case Op::kRelu:
        return std::max(same(), 0.0);
      case Op::kRelu6:
        return std::clamp(same(), 0.0, 6.0);
      case Op::kHardSwish:
        return same() * std::clamp(same() + 3.0, 0.0, 6.0) / 6.0;
      case Op::kSwish:
        return same() / (1.0 + std::exp(-same()));
      case Op::kAdd:
        return broadcast(node, 0, t, f, c) + broadcast(node, 1, t, f, c);
      case Op::kMul:
        return broadcast(node, 0, t, f, c) * broadcast(node, 1, t, f, c);
      case Op::kConcat: {
        std::int64_t from = c;
        for (const auto input : node.inputs) {
          const Shape& part = graph_.tensors[input].shape;
          if (from < part.channels) return values_[input][offset(part, t, f, from)];
          from -= part.channels;
        }
        return 0.0;
      }
      case Op::kAveragePool:
      case Op::kMaxPool: {
        double sum = 0.0;
        double most = -std::numeric_limits<double>::infinity();
        int count = 0;
        slide(std::get<nn::Pool>(node.attributes).window, in, t, f,
              [&](std::int64_t, std::int64_t it, std::int64_t jf) {
                sum += x[offset(in, it, jf, c)];
                most = std::max(most, x[offset(in, it, jf, c)]);
                ++count;
              });
        return node.op == Op::kMaxPool ? most : sum / count;
      }
      case Op::kMean: {
        const auto& mean = std::get<nn::Mean>(node.attributes);
        double sum = 0.0;
        int count = 0;
        for (std::int64_t it = 0; it < in.time; ++it) {
          for (std::int64_t jf = 0; jf < in.freq; ++jf) {
            if ((!mean.over_time && it != t) || (!mean.over_freq && jf != f)) continue;
            sum += x[offset(in, it, jf, c)];
            ++count;
          }
        }
        return sum / count;
      }
      case Op::kFlatten:
        return x[channel];
      case Op::kSoftmax: {
        double most = -std::numeric_limits<double>::infinity();
        for (std::int64_t i = 0; i < in.channels; ++i)
          most = std::max(most, x[offset(in, t, f, i)]);
        double sum = 0.0;
        for (std::int64_t i = 0; i < in.channels; ++i)
          sum += std::exp(x[offset(in, t, f, i)] - most);
        return std::exp(same() - most) / sum;
      }
      case Op::kDropout:
        return same();
      case Op::kQuantize:
      case Op::kDequantize:
        break;
    }
    return 0.0;
  }

  double normalised(const Node& node, double value, std::size_t at, float epsilon) const {
    const auto number = [&](const char* what) {
      return static_cast<double>(weight(node, what)[at]);
    };
    return (value - number("mean")) / std::sqrt(number("variance") + static_cast<double>(epsilon)) *
               number("gamma") +
           number("beta");
  }

  double broadcast(const Node& node, std::size_t which, std::int64_t t, std::int64_t f,
                   std::int64_t c) const {
    const auto input = node.inputs[which];
    const Shape& shape = graph_.tensors[input].shape;
    return values_[input][offset(shape, shape.time == 1 ? 0 : t, shape.freq == 1 ? 0 : f,
                                 shape.channels == 1 ? 0 : c)];
  }

  /// Calls visit(kernel position, time, freq) for what the kernel sees inside the input.
  template <typename Visit>
  static void slide(const nn::Window& window, const Shape& in, std::int64_t t, std::int64_t f,
                    Visit visit) {
    for (std::int64_t i = 0; i < window.kernel_time; ++i) {
      for (std::int64_t j = 0; j < window.kernel_freq; ++j) {
        const auto time =
            t * window.stride_time + i * window.dilation_time - window.padding.time_before;
        const auto freq =
            f * window.stride_freq + j * window.dilation_freq - window.padding.freq_before;
        if (time < 0 || time >= in.time || freq < 0 || freq >= in.freq) continue;
        visit(i * window.kernel_freq + j, time, freq);
      }
    }
  }

  const nn::Model& model_;
  const nn::Graph& graph_;
  std::vector<Values> values_;
};

}  // namespace

std::vector<double> interpret(const nn::Model& model, const std::vector<double>& input) {
  return Interpreter(model, input).output();
}

}  // namespace kws::testing
