// SPDX-License-Identifier: MIT
//
// XNNPACK operator by operator: channels last, one thread (no pool). In int8 activations are
// signed; those behind a ReLU have their zero at -128, so that all 256 steps are used.
#include <xnnpack.h>

#include <cmath>
#include <deque>
#include <limits>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>

#include "peers/contender.h"

namespace kws::peers {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr std::int8_t kReluZero = -128;

void check(xnn_status status) {
  if (status != xnn_status_success) {
    throw std::runtime_error("XNNPACK: status " + std::to_string(static_cast<int>(status)));
  }
}

struct DeleteOperator {
  void operator()(xnn_operator_t op) const { xnn_delete_operator(op); }
};
using Operator = std::unique_ptr<xnn_operator, DeleteOperator>;

std::uint32_t unsigned32(std::int64_t value) { return static_cast<std::uint32_t>(value); }
std::size_t size(std::int64_t value) { return static_cast<std::size_t>(value); }

/// What both precisions share. Tensors have the room that XNNPACK may read behind them.
template <typename T>
class Chain : public Contender {
 public:
  void run() override {
    for (const auto& op : operators_) check(xnn_run_operator(op.get(), nullptr));
  }

 protected:
  explicit Chain(std::size_t inputs) { tensor(inputs); }

  std::span<T> tensor(std::size_t elements) {
    tensors_.emplace_back(elements + XNN_EXTRA_BYTES);
    return std::span(tensors_.back()).first(elements);
  }
  void add(xnn_operator_t op) { operators_.emplace_back(op); }

  std::deque<std::vector<T>> tensors_;  // the input, then what each operator gives
  std::vector<Operator> operators_;
};

class Floats final : public Chain<float> {
 public:
  explicit Floats(const Network& network)
      : Chain(network.input.size()), logits_(size(network.labels()) + XNN_EXTRA_BYTES) {
    std::copy(network.input.begin(), network.input.end(), tensors_.front().begin());
    for (const Layer& layer : network.layers) add_layer(layer);
    const std::size_t channels = size(network.channels());
    const nn::Shape& last = network.layers.back().out;
    xnn_operator_t mean = nullptr;
    check(xnn_create_global_average_pooling_nwc_f32(channels, channels, channels, -kInfinity,
                                                    kInfinity, 0, &mean));
    add(mean);
    const float* from = tensors_.back().data();
    const auto pooled = tensor(channels);
    check(xnn_setup_global_average_pooling_nwc_f32(mean, 1, size(last.time * last.freq), from,
                                                   pooled.data(), nullptr));
    const std::size_t labels = size(network.labels());
    xnn_operator_t dense = nullptr;
    check(xnn_create_fully_connected_nc_f32(
        channels, labels, channels, labels, network.classifier.data(), network.bias.data(),
        -kInfinity, kInfinity, XNN_FLAG_TRANSPOSE_WEIGHTS, &dense));
    add(dense);
    check(xnn_setup_fully_connected_nc_f32(dense, 1, pooled.data(), logits_.data(), nullptr));
    labels_ = labels;
  }

  std::vector<float> logits() override {
    run();
    return {logits_.begin(), logits_.begin() + static_cast<std::ptrdiff_t>(labels_)};
  }

 private:
  void add_layer(const Layer& layer) {
    const auto weights = by_output(layer, layer.weights, false);
    const std::uint32_t pad = unsigned32(layer.padding);
    const std::uint32_t kernel = unsigned32(layer.kernel);
    const std::uint32_t stride = unsigned32(layer.stride);
    const std::size_t groups = layer.depthwise ? size(layer.in.channels) : 1;
    xnn_operator_t op = nullptr;
    check(xnn_create_convolution2d_nhwc_f32(
        pad, pad, pad, pad, kernel, kernel, stride, stride, 1, 1,
        static_cast<std::uint32_t>(groups), size(layer.in_per_group()),
        size(layer.out.channels) / groups, size(layer.in.channels), size(layer.out.channels),
        weights.data(), layer.bias.data(), 0.0F, kInfinity, 0, &op));
    add(op);
    const float* from = tensors_.back().data();
    const auto to = tensor(layer.out.elements());
    check(xnn_setup_convolution2d_nhwc_f32(op, 1, size(layer.in.time), size(layer.in.freq), from,
                                           to.data(), nullptr));
  }

  std::vector<float> logits_;
  std::size_t labels_ = 0;
};

class Ints final : public Chain<std::int8_t> {
 public:
  explicit Ints(const Network& network)
      : Chain(network.input.size()),
        input_(network.input),
        classifier_(network.classifier),
        bias_(network.bias),
        input_scale_(network.largest_input() / 127.0F) {
    float scale = input_scale_;
    std::int8_t zero = 0;
    for (const Layer& layer : network.layers) {
      add_layer(layer, scale, zero);
      scale = layer.largest / 255.0F;
      zero = kReluZero;
    }
    const std::size_t channels = size(network.channels());
    const nn::Shape& last = network.layers.back().out;
    xnn_operator_t mean = nullptr;
    check(xnn_create_global_average_pooling_nwc_qs8(channels, channels, channels, kReluZero, scale,
                                                    kReluZero, scale, -128, 127, 0, &mean));
    add(mean);
    const std::int8_t* from = tensors_.back().data();
    pooled_ = tensor(channels);
    check(xnn_setup_global_average_pooling_nwc_qs8(mean, 1, size(last.time * last.freq), from,
                                                   pooled_.data(), nullptr));
    pooled_scale_ = scale;
  }

  void run() override {
    for (std::size_t i = 0; i < input_.size(); ++i) {
      tensors_.front()[i] = static_cast<std::int8_t>(std::lrint(input_[i] / input_scale_));
    }
    Chain::run();
    logits_ = bias_;
    for (std::size_t i = 0; i < pooled_.size(); ++i) {
      const float value = pooled_scale_ * static_cast<float>(pooled_[i] - kReluZero);
      for (std::size_t label = 0; label < logits_.size(); ++label) {
        logits_[label] += value * classifier_[i * logits_.size() + label];
      }
    }
  }
  std::vector<float> logits() override {
    run();
    return logits_;
  }

 private:
  void add_layer(const Layer& layer, float scale, std::int8_t zero) {
    const ChannelWeights quantised = quantise(layer);
    const auto weights = by_output(layer, quantised.values, false);
    std::vector<std::int32_t> bias(layer.bias.size());
    for (std::size_t c = 0; c < bias.size(); ++c) {
      bias[c] =
          static_cast<std::int32_t>(std::lrint(layer.bias[c] / (scale * quantised.scales[c])));
    }
    const std::uint32_t pad = unsigned32(layer.padding);
    const std::uint32_t kernel = unsigned32(layer.kernel);
    const std::uint32_t stride = unsigned32(layer.stride);
    const std::size_t groups = layer.depthwise ? size(layer.in.channels) : 1;
    xnn_operator_t op = nullptr;
    check(xnn_create_convolution2d_nhwc_qc8(
        pad, pad, pad, pad, kernel, kernel, stride, stride, 1, 1,
        static_cast<std::uint32_t>(groups), size(layer.in_per_group()),
        size(layer.out.channels) / groups, size(layer.in.channels), size(layer.out.channels), zero,
        scale, quantised.scales.data(), weights.data(), bias.data(), kReluZero,
        layer.largest / 255.0F, -128, 127, 0, &op));
    add(op);
    const std::int8_t* from = tensors_.back().data();
    const auto to = tensor(layer.out.elements());
    check(xnn_setup_convolution2d_nhwc_qc8(op, 1, size(layer.in.time), size(layer.in.freq), from,
                                           to.data(), nullptr));
  }

  std::vector<float> input_;
  std::vector<float> classifier_;
  std::vector<float> bias_;
  float input_scale_;
  std::span<std::int8_t> pooled_;
  float pooled_scale_ = 1.0F;
  std::vector<float> logits_;
};

}  // namespace

std::unique_ptr<Contender> xnnpack(const Network& network, Precision precision) {
  check(xnn_initialize(nullptr));
  if (precision == Precision::kInt8) return std::make_unique<Ints>(network);
  return std::make_unique<Floats>(network);
}

}  // namespace kws::peers
