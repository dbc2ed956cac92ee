// SPDX-License-Identifier: MIT
//
// Convolution as a matrix product: the patches a kernel looks at become the rows of a matrix
// (im2col), [positions, kernel_time * kernel_freq * channels], which a 1x1 kernel already has.
#include <algorithm>
#include <cstdint>
#include <vector>

#include "train/geometry.h"
#include "train/layers.h"
#include "train/matrix.h"

namespace kws::train {
namespace {

class ConvolutionLayer final : public Layer {
 public:
  ConvolutionLayer(const nn::Shape& in, const nn::Shape& out, const nn::Conv2d& conv)
      : geometry_(in, out, conv.window),
        groups_(static_cast<std::size_t>(conv.groups)),
        in_channels_(static_cast<std::size_t>(in.channels)),
        out_channels_(static_cast<std::size_t>(out.channels)),
        group_in_(in_channels_ / groups_),
        group_out_(out_channels_ / groups_),
        depth_(geometry_.taps() * group_in_),
        pointwise_(geometry_.taps() == 1 && conv.window == nn::Window{} && groups_ == 1),
        bias_(conv.bias) {
    if (!pointwise_) sources_ = find_sources();
    for (std::size_t group = 0; group < groups_; ++group) {
      weights_.emplace_back(depth_, group_out_);
      transposed_weights_.emplace_back(group_out_, depth_);
    }
  }

  [[nodiscard]] bool rereads_input() const override { return true; }

  [[nodiscard]] std::size_t scratch_floats() const override {
    return pointwise_ ? 0 : geometry_.positions() * depth_;
  }

  void prepare(const Pass& pass) override {
    for (std::size_t group = 0; group < groups_; ++group) {
      const ConstMatrix weight{ports_.parameters[0].value + group * group_out_, depth_, group_out_,
                               out_channels_};
      weights_[group].pack(weight);
      if (pass.training && ports_.input_gradients[0]) {
        transposed_weights_[group].pack_transposed(weight);
      }
    }
  }

  void forward(const Pass& /*pass*/, const Slot& slot) override {
    const float* input = ports_.inputs[0].at(slot);
    float* output = ports_.output.at(slot);
    for (std::size_t group = 0; group < groups_; ++group) {
      multiply(patches(input, group, slot), weights_[group], columns_of(output, group));
    }
    if (!bias_) return;
    const float* bias = ports_.parameters[1].value;
    for (std::size_t row = 0; row < geometry_.positions(); ++row) {
      float* y = output + row * out_channels_;
      for (std::size_t c = 0; c < out_channels_; ++c) y[c] += bias[c];
    }
  }

  void backward(const Pass& /*pass*/, const Slot& slot) override {
    const float* input = ports_.inputs[0].at(slot);
    float* gradient = ports_.output_gradient.at(slot);
    const bool input_wanted = static_cast<bool>(ports_.input_gradients[0]);
    float* input_gradient = input_wanted ? ports_.input_gradients[0].at(slot) : nullptr;
    if (input_wanted && !pointwise_) {
      const auto positions =
          static_cast<std::size_t>(geometry_.time.inputs * geometry_.freq.inputs);
      std::fill_n(input_gradient, positions * in_channels_, 0.0F);
    }
    for (std::size_t group = 0; group < groups_; ++group) {
      const ConstMatrix output_gradient = columns_of(gradient, group);
      add_transposed_product(patches(input, group, slot), output_gradient,
                             {ports_.parameters[0].gradient_at(slot) + group * group_out_, depth_,
                              group_out_, out_channels_});
      if (!input_wanted) continue;
      if (pointwise_) {
        multiply(output_gradient, transposed_weights_[group],
                 {input_gradient, geometry_.positions(), in_channels_, in_channels_});
      } else {
        // The patches are used up, so their gradients take their place.
        float* scratch = ports_.scratch.at(slot);
        multiply(output_gradient, transposed_weights_[group],
                 {scratch, geometry_.positions(), depth_, depth_});
        add_patches(scratch, input_gradient + group * group_in_);
      }
    }
    if (bias_) {
      float* bias_gradient = ports_.parameters[1].gradient_at(slot);
      for (std::size_t row = 0; row < geometry_.positions(); ++row) {
        const float* g = gradient + row * out_channels_;
        for (std::size_t c = 0; c < out_channels_; ++c) bias_gradient[c] += g[c];
      }
    }
  }

 private:
  /// The channels of one group: [positions, group_out].
  [[nodiscard]] Matrix columns_of(float* output, std::size_t group) const {
    return {output + group * group_out_, geometry_.positions(), group_out_, out_channels_};
  }

  /// [positions, depth]
  [[nodiscard]] ConstMatrix patches(const float* input, std::size_t group, const Slot& slot) const {
    if (pointwise_) return {input, geometry_.positions(), depth_, in_channels_};
    float* patch = ports_.scratch.at(slot);
    const float* from = input + group * group_in_;
    const std::size_t count = sources_.size();
    if (group_in_ == 1) {
      for (std::size_t i = 0; i < count; ++i) {
        patch[i] = sources_[i] < 0 ? 0.0F : from[sources_[i]];
      }
    } else {
      for (std::size_t i = 0; i < count; ++i) {
        if (sources_[i] < 0) {
          std::fill_n(patch + i * group_in_, group_in_, 0.0F);
        } else {
          std::copy_n(from + sources_[i], group_in_, patch + i * group_in_);
        }
      }
    }
    return {patch, geometry_.positions(), depth_, depth_};
  }

  /// The way back from patches: adds each value to where it came from.
  void add_patches(const float* patch, float* input_gradient) const {
    for (const auto source : sources_) {
      if (source >= 0) {
        float* to = input_gradient + source;
        for (std::size_t c = 0; c < group_in_; ++c) to[c] += patch[c];
      }
      patch += group_in_;
    }
  }

  /// Where in a sample the first channel under each tap of each position is; -1 on the padding.
  /// Shape [positions, taps].
  [[nodiscard]] std::vector<std::int32_t> find_sources() const {
    const auto& [time, freq] = geometry_;
    std::vector<std::int32_t> sources;
    for (std::int64_t i = 0; i < time.outputs * freq.outputs; ++i) {
      for (std::int64_t k = 0; k < time.kernel * freq.kernel; ++k) {
        const auto t = time.input(i / freq.outputs, k / freq.kernel);
        const auto f = freq.input(i % freq.outputs, k % freq.kernel);
        const bool padding = t < 0 || t >= time.inputs || f < 0 || f >= freq.inputs;
        const auto channels = static_cast<std::int64_t>(in_channels_);
        const auto source = (t * freq.inputs + f) * channels;
        sources.push_back(padding ? -1 : static_cast<std::int32_t>(source));
      }
    }
    return sources;
  }

  Geometry geometry_;
  std::size_t groups_;
  std::size_t in_channels_;
  std::size_t out_channels_;
  std::size_t group_in_;
  std::size_t group_out_;
  std::size_t depth_;
  bool pointwise_;
  bool bias_;
  std::vector<std::int32_t> sources_;             // find_sources(), unless pointwise
  std::vector<PackedMatrix> weights_;             // per group: [depth, group_out]
  std::vector<PackedMatrix> transposed_weights_;  // per group: [group_out, depth]
};

}  // namespace

LayerPtr make_convolution(const nn::Graph& graph, const nn::Node& node) {
  return std::make_unique<ConvolutionLayer>(graph.tensors[node.inputs[0]].shape,
                                            graph.tensor_of(node).shape,
                                            std::get<nn::Conv2d>(node.attributes));
}

}  // namespace kws::train
