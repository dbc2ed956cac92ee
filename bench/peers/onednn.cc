// SPDX-License-Identifier: MIT
//
// oneDNN primitive by primitive, in the memory layouts that it likes best. In int8 the input is
// signed and everything behind a ReLU unsigned, both with their zero at 0.
#include <oneapi/dnnl/dnnl.hpp>

#include <unordered_map>

#include "peers/contender.h"

namespace kws::peers {
namespace {

using dnnl::memory;
using Tag = memory::format_tag;
using Type = memory::data_type;

constexpr int kPerOutput = 1 << 1;  // mask: a scale for each channel (axis 1) of an output
constexpr int kPerWeight = 1 << 0;  // for each output channel (axis 0) of weights
constexpr int kOneScale = 0;

/// A tensor of any layout, for a primitive to choose.
memory::desc any(const memory::dims& shape, Type type) { return {shape, type, Tag::any}; }

class Chain final : public Contender {
 public:
  Chain(const Network& network, Precision precision)
      : network_(network), int8_(precision == Precision::kInt8) {
    const nn::Shape& in = network.layers.front().in;
    last_ =
        memory({{1, 1, in.time, in.freq}, Type::f32, Tag::nchw}, engine_, network_.input.data());
    scale_ = network.largest_input() / 127.0F;
    if (int8_) {
      reorder_last({{1, 1, in.time, in.freq}, Type::s8, Tag::nhwc}, 1.0F / scale_);
    }
    for (Layer& layer : network_.layers) add(layer);
    const nn::Shape& out = network.layers.back().out;
    if (int8_) {
      reorder_last({{1, out.channels, out.time, out.freq}, Type::f32, Tag::nhwc}, scale_);
    }
    add_mean(out);
  }

  void run() override {
    for (auto& step : steps_) step.primitive.execute(stream_, step.arguments);
    stream_.wait();
    logits_ = network_.bias;
    const auto* mean = static_cast<const float*>(last_.get_data_handle());
    for (std::size_t i = 0; i < static_cast<std::size_t>(network_.channels()); ++i) {
      for (std::size_t label = 0; label < logits_.size(); ++label) {
        logits_[label] += mean[i] * network_.classifier[i * logits_.size() + label];
      }
    }
  }
  std::vector<float> logits() override {
    run();
    return logits_;
  }

 private:
  struct Step {
    dnnl::primitive primitive;
    std::unordered_map<int, memory> arguments;
  };

  /// At every run: the latest tensor in another layout or type, times `scale`.
  void reorder_last(const memory::desc& wanted, float scale) {
    dnnl::primitive_attr attributes;
    if (scale != 1.0F) attributes.set_output_scales(kOneScale, {scale});
    memory to(wanted, engine_);
    steps_.push_back(
        {dnnl::reorder(last_, to, attributes), {{DNNL_ARG_FROM, last_}, {DNNL_ARG_TO, to}}});
    last_ = to;
  }

  /// Once: weights as the primitive wants them.
  memory stored(memory from, const memory::desc& wanted, const std::vector<float>& scales = {}) {
    dnnl::primitive_attr attributes;
    if (!scales.empty()) attributes.set_output_scales(kPerWeight, scales);
    memory to(wanted, engine_);
    dnnl::reorder(from, to, attributes).execute(stream_, from, to);
    stream_.wait();
    return to;
  }

  void add(Layer& layer) {
    const auto channels = layer.out.channels;
    const bool grouped = layer.depthwise;
    const memory::dims shape =
        grouped ? memory::dims{channels, 1, 1, layer.kernel, layer.kernel}
                : memory::dims{channels, layer.in.channels, layer.kernel, layer.kernel};
    std::vector<float> bias = layer.bias;
    std::vector<float> to_int8;  // of the weights
    dnnl::primitive_attr attributes;
    if (int8_) {
      const float output_scale = layer.largest / 255.0F;
      std::vector<float> rescale;
      for (const float scale : quantise(layer).scales) {
        bias[rescale.size()] /= scale * scale_;
        to_int8.push_back(1.0F / scale);
        rescale.push_back(scale * scale_ / output_scale);
      }
      attributes.set_output_scales(kPerOutput, rescale);
      scale_ = output_scale;
    }
    dnnl::post_ops relu;
    relu.append_eltwise(1.0F, dnnl::algorithm::eltwise_relu, 0.0F, 0.0F);
    attributes.set_post_ops(relu);

    const Type input = last_.get_desc().data_type();
    const memory::dims stride(2, layer.stride);
    const memory::dims padding(2, layer.padding);
    const dnnl::convolution_forward::primitive_desc chosen(
        {dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct,
         any({1, layer.in.channels, layer.in.time, layer.in.freq}, input),
         any(shape, int8_ ? Type::s8 : Type::f32), any({channels}, Type::f32),
         any({1, channels, layer.out.time, layer.out.freq}, int8_ ? Type::u8 : Type::f32), stride,
         padding, padding},
        attributes, engine_);
    if (last_.get_desc() != chosen.src_desc()) reorder_last(chosen.src_desc(), 1.0F);
    const memory weights({shape, Type::f32, grouped ? Tag::hwigo : Tag::hwio}, engine_,
                         layer.weights.data());
    const memory plain_bias({{channels}, Type::f32, Tag::x}, engine_, bias.data());
    memory to(chosen.dst_desc(), engine_);
    steps_.push_back({dnnl::convolution_forward(chosen),
                      {{DNNL_ARG_SRC, last_},
                       {DNNL_ARG_WEIGHTS, stored(weights, chosen.weights_desc(), to_int8)},
                       {DNNL_ARG_BIAS, stored(plain_bias, chosen.bias_desc())},
                       {DNNL_ARG_DST, to}}});
    last_ = to;
  }

  void add_mean(const nn::Shape& in) {
    const memory::desc mean{{1, in.channels, 1, 1}, Type::f32, Tag::nchw};
    const memory::dims window{in.time, in.freq};
    const dnnl::pooling_forward::primitive_desc chosen(
        {dnnl::prop_kind::forward_inference,
         dnnl::algorithm::pooling_avg_exclude_padding,
         last_.get_desc(),
         any({1, in.channels, 1, 1}, Type::f32),
         {1, 1},
         window,
         {0, 0},
         {0, 0}},
        engine_);
    memory to(chosen.dst_desc(), engine_);
    steps_.push_back({dnnl::pooling_forward(chosen), {{DNNL_ARG_SRC, last_}, {DNNL_ARG_DST, to}}});
    last_ = to;
    if (to.get_desc() != mean) reorder_last(mean, 1.0F);
  }

  Network network_;
  bool int8_;
  dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream_{engine_};
  memory last_;  // what the latest step gives
  float scale_ = 1.0F;
  std::vector<Step> steps_;
  std::vector<float> logits_;
};

}  // namespace

std::unique_ptr<Contender> onednn(const Network& network, Precision precision) {
  return std::make_unique<Chain>(network, precision);
}

}  // namespace kws::peers
