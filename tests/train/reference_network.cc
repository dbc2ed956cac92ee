// SPDX-License-Identifier: MIT
#include "reference_network.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <stdexcept>

#include "base/random.h"

namespace kws::testing {
namespace {

using nn::Op;
using Values = std::vector<double>;

/// Where [time, freq, channel] is; the way a shape is read is written down once.
std::size_t at(const nn::Shape& shape, std::int64_t t, std::int64_t f, std::int64_t c) {
  return static_cast<std::size_t>((t * shape.freq + f) * shape.channels + c);
}

/// visit(t, f, c) over all of a shape.
template <typename Visit>
void for_each(const nn::Shape& shape, const Visit& visit) {
  for (std::int64_t t = 0; t < shape.time; ++t) {
    for (std::int64_t f = 0; f < shape.freq; ++f) {
      for (std::int64_t c = 0; c < shape.channels; ++c) visit(t, f, c);
    }
  }
}

/// visit(kt, kf, in_t, in_f) over the taps of output (t, f) that lie on the input.
template <typename Visit>
void for_each_tap(const nn::Window& w, const nn::Shape& in, std::int64_t t, std::int64_t f,
                  const Visit& visit) {
  for (std::int64_t kt = 0; kt < w.kernel_time; ++kt) {
    for (std::int64_t kf = 0; kf < w.kernel_freq; ++kf) {
      const auto time = t * w.stride_time + kt * w.dilation_time - w.padding.time_before;
      const auto freq = f * w.stride_freq + kf * w.dilation_freq - w.padding.freq_before;
      if (time >= 0 && time < in.time && freq >= 0 && freq < in.freq) visit(kt, kf, time, freq);
    }
  }
}

class Run {
 public:
  Run(const nn::Graph& graph, const DoubleWeights& weights, const ReferencePass& pass)
      : graph_(graph), weights_(weights), pass_(pass) {}

  std::vector<std::vector<Values>> tensors;  // [tensor][sample]

  void node(const nn::Node& node) {
    if (node.op == Op::kBatchNorm || node.op == Op::kSubSpectralNorm) {
      norm(node);
      return;
    }
    auto& out = tensors[node.output];
    for (std::size_t sample = 0; sample < out.size(); ++sample) one(node, sample, out[sample]);
  }

 private:
  const Values& weight(const nn::Node& node, const char* what) const {
    return weights_.find(node.name + "." + what)->second;
  }
  double bias(const nn::Node& node, std::int64_t c) const {
    const auto found = weights_.find(node.name + ".bias");
    return found == weights_.end() ? 0.0 : found->second[static_cast<std::size_t>(c)];
  }

  void norm(const nn::Node& node) {
    const auto& shape = graph_.tensor_of(node).shape;
    const auto* sub = std::get_if<nn::SubSpectralNorm>(&node.attributes);
    const std::int64_t bands = sub != nullptr ? sub->bands : 1;
    const double epsilon = static_cast<double>(
        sub != nullptr ? sub->epsilon : std::get<nn::BatchNorm>(node.attributes).epsilon);
    const auto& in = tensors[node.inputs[0]];
    auto& out = tensors[node.output];
    const auto per_band = shape.freq / bands;
    for (std::int64_t band = 0; band < bands; ++band) {
      for (std::int64_t c = 0; c < shape.channels; ++c) {
        const auto s = static_cast<std::size_t>(band * shape.channels + c);
        double mean = weight(node, "mean")[s];
        double variance = weight(node, "variance")[s];
        const auto visit = [&](const auto& work) {
          for (std::size_t n = 0; n < in.size(); ++n) {
            for (std::int64_t t = 0; t < shape.time; ++t) {
              for (auto f = band * per_band; f < (band + 1) * per_band; ++f) {
                work(n, at(shape, t, f, c));
              }
            }
          }
        };
        if (pass_.training) {
          const double count =
              static_cast<double>(in.size()) * static_cast<double>(shape.time * per_band);
          mean = variance = 0.0;
          visit([&](std::size_t n, std::size_t i) { mean += in[n][i] / count; });
          visit([&](std::size_t n, std::size_t i) {
            variance += (in[n][i] - mean) * (in[n][i] - mean) / count;
          });
        }
        visit([&](std::size_t n, std::size_t i) {
          out[n][i] = weight(node, "gamma")[s] * (in[n][i] - mean) / std::sqrt(variance + epsilon) +
                      weight(node, "beta")[s];
        });
      }
    }
  }

  void one(const nn::Node& node, std::size_t sample, Values& y) {
    const auto& in = graph_.tensors[node.inputs[0]].shape;
    const auto& out = graph_.tensor_of(node).shape;
    const Values& x = tensors[node.inputs[0]][sample];
    const auto each_value = [&](const auto& function) {
      std::transform(x.begin(), x.end(), y.begin(), function);
    };
    switch (node.op) {
      case Op::kInputNorm:
        for_each(out, [&](auto t, auto f, auto c) {
          const auto bin = static_cast<std::size_t>(f);
          y[at(out, t, f, c)] =
              (x[at(in, t, f, c)] - weight(node, "mean")[bin]) / weight(node, "deviation")[bin];
        });
        break;
      case Op::kConv2d: {
        const auto& conv = std::get<nn::Conv2d>(node.attributes);
        const auto group_in = in.channels / conv.groups;
        const auto group_out = out.channels / conv.groups;
        const Values& weights = weight(node, "weight");
        for_each(out, [&](auto t, auto f, auto c) {
          double sum = bias(node, c);
          for_each_tap(conv.window, in, t, f, [&](auto kt, auto kf, auto time, auto freq) {
            for (std::int64_t i = 0; i < group_in; ++i) {
              const auto w =
                  ((kt * conv.window.kernel_freq + kf) * group_in + i) * out.channels + c;
              sum += weights[static_cast<std::size_t>(w)] *
                     x[at(in, time, freq, c / group_out * group_in + i)];
            }
          });
          y[at(out, t, f, c)] = sum;
        });
        break;
      }
      case Op::kDepthwise: {
        const auto& window = std::get<nn::Depthwise>(node.attributes).window;
        const Values& weights = weight(node, "weight");
        for_each(out, [&](auto t, auto f, auto c) {
          double sum = bias(node, c);
          for_each_tap(window, in, t, f, [&](auto kt, auto kf, auto time, auto freq) {
            const auto w = (kt * window.kernel_freq + kf) * in.channels + c;
            sum += weights[static_cast<std::size_t>(w)] * x[at(in, time, freq, c)];
          });
          y[at(out, t, f, c)] = sum;
        });
        break;
      }
      case Op::kDense: {
        const Values& weights = weight(node, "weight");
        for (std::int64_t c = 0; c < out.channels; ++c) {
          double sum = bias(node, c);
          for (std::size_t i = 0; i < x.size(); ++i) {
            sum += x[i] * weights[i * y.size() + static_cast<std::size_t>(c)];
          }
          y[static_cast<std::size_t>(c)] = sum;
        }
        break;
      }
      case Op::kRelu:
        each_value([](double v) { return std::max(v, 0.0); });
        break;
      case Op::kRelu6:
        each_value([](double v) { return std::clamp(v, 0.0, 6.0); });
        break;
      case Op::kHardSwish:
        each_value([](double v) { return v * std::clamp(v + 3.0, 0.0, 6.0) / 6.0; });
        break;
      case Op::kSwish:
        each_value([](double v) { return v / (1.0 + std::exp(-v)); });
        break;
      case Op::kAdd:
      case Op::kMul: {
        const auto& second = graph_.tensors[node.inputs[1]].shape;
        const Values& b = tensors[node.inputs[1]][sample];
        const auto value = [](const nn::Shape& shape, const Values& v, auto t, auto f, auto c) {
          return v[at(shape, shape.time == 1 ? 0 : t, shape.freq == 1 ? 0 : f,
                      shape.channels == 1 ? 0 : c)];
        };
        for_each(out, [&](auto t, auto f, auto c) {
          const double left = value(in, x, t, f, c);
          const double right = value(second, b, t, f, c);
          y[at(out, t, f, c)] = node.op == Op::kAdd ? left + right : left * right;
        });
        break;
      }
      case Op::kConcat: {
        std::int64_t first = 0;
        for (const auto input : node.inputs) {
          const auto& shape = graph_.tensors[input].shape;
          for_each(shape, [&](auto t, auto f, auto c) {
            y[at(out, t, f, first + c)] = tensors[input][sample][at(shape, t, f, c)];
          });
          first += shape.channels;
        }
        break;
      }
      case Op::kAveragePool:
      case Op::kMaxPool:
        for_each(out, [&](auto t, auto f, auto c) {
          double sum = 0.0;
          double count = 0.0;
          double largest = -std::numeric_limits<double>::infinity();
          for_each_tap(std::get<nn::Pool>(node.attributes).window, in, t, f,
                       [&](auto, auto, auto time, auto freq) {
                         sum += x[at(in, time, freq, c)];
                         count += 1.0;
                         largest = std::max(largest, x[at(in, time, freq, c)]);
                       });
          y[at(out, t, f, c)] = node.op == Op::kMaxPool ? largest : sum / count;
        });
        break;
      case Op::kMean: {
        const auto& mean = std::get<nn::Mean>(node.attributes);
        std::fill(y.begin(), y.end(), 0.0);
        const double share = static_cast<double>(y.size()) / static_cast<double>(x.size());
        for_each(in, [&](auto t, auto f, auto c) {
          y[at(out, mean.over_time ? 0 : t, mean.over_freq ? 0 : f, c)] +=
              x[at(in, t, f, c)] * share;
        });
        break;
      }
      case Op::kFlatten:
        y = x;
        break;
      case Op::kDropout: {
        const double rate = static_cast<double>(std::get<nn::Dropout>(node.attributes).rate);
        Random random(pass_.seed, {pass_.step, node.output, sample});
        for (std::size_t i = 0; i < x.size(); ++i) {
          y[i] = !pass_.training ? x[i] : random.chance(rate) ? 0.0 : x[i] / (1.0 - rate);
        }
        break;
      }
      case Op::kSoftmax: {
        double sum = 0.0;
        for (const double v : x) sum += std::exp(v);
        each_value([&](double v) { return std::exp(v) / sum; });
        break;
      }
      default:
        throw std::logic_error("no reference for this layer");
    }
  }

  const nn::Graph& graph_;
  const DoubleWeights& weights_;
  const ReferencePass& pass_;
};

}  // namespace

DoubleWeights to_double(const nn::Weights& weights) {
  DoubleWeights result;
  for (const auto& [name, values] : weights) {
    result.emplace(name, Values(values.begin(), values.end()));
  }
  return result;
}

ReferenceResult run_reference(const nn::Graph& graph, const DoubleWeights& weights,
                              std::span<const float> features,
                              std::span<const std::uint32_t> labels, const ReferencePass& pass) {
  Run run(graph, weights, pass);
  for (const auto& tensor : graph.tensors) {
    run.tensors.emplace_back(labels.size(), Values(tensor.shape.elements()));
  }
  const auto elements = graph.input_shape().elements();
  for (std::size_t sample = 0; sample < labels.size(); ++sample) {
    const auto own = features.subspan(sample * elements, elements);
    std::copy(own.begin(), own.end(), run.tensors[graph.input][sample].begin());
  }
  for (const auto& node : graph.nodes) run.node(node);

  ReferenceResult result;
  result.posteriors = run.tensors[graph.output];
  for (std::size_t sample = 0; sample < labels.size(); ++sample) {
    const auto& posteriors = result.posteriors[sample];
    const auto count = static_cast<double>(labels.size());
    std::span<const float> taught;
    double weight = 0.0;
    if (!pass.teacher.empty()) {
      taught = pass.teacher.subspan(sample * posteriors.size(), posteriors.size());
      const auto guess = std::max_element(taught.begin(), taught.end()) - taught.begin();
      if (static_cast<std::uint32_t>(guess) == labels[sample]) weight = pass.teacher_weight;
    }
    const double share = pass.label_smoothing / static_cast<double>(posteriors.size());
    for (std::size_t c = 0; c < posteriors.size(); ++c) {
      const double target = share + (c == labels[sample] ? 1.0 - pass.label_smoothing : 0.0);
      result.loss -= (1.0 - weight) * target * std::log(posteriors[c]) / count;
    }
    if (weight == 0.0) continue;
    // softmax(logits / T) is p^(1/T), scaled to sum to one.
    double sum = 0.0;
    for (const double posterior : posteriors) sum += std::pow(posterior, 1.0 / pass.temperature);
    for (std::size_t c = 0; c < posteriors.size(); ++c) {
      const double softened = std::pow(posteriors[c], 1.0 / pass.temperature) / sum;
      result.loss -= weight * pass.temperature * pass.temperature * static_cast<double>(taught[c]) *
                     std::log(softened) / count;
    }
  }
  return result;
}

}  // namespace kws::testing
