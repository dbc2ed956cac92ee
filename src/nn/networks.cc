// SPDX-License-Identifier: MIT
#include "nn/networks.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/text.h"

namespace kws::nn {
namespace {

/// Appends layers one behind the other, each named by what it is and which one it is.
class Builder {
 public:
  Builder(const NetworkSpec& spec, int frames, int bins) : spec_(spec) {
    last_ = graph_.add_input({frames, bins, 1});
    add("input_norm", Op::kInputNorm, NoAttributes{});
  }

  /// Hidden channels after the width multiplier. `usual` where the recipe does not say.
  [[nodiscard]] int channels(int usual) const {
    const double wanted = spec_.width * (spec_.channels > 0 ? spec_.channels : usual);
    return std::max(1,
                    static_cast<int>(spec_.width_rounds ? std::round(wanted) : std::floor(wanted)));
  }
  [[nodiscard]] int blocks(int usual) const { return spec_.blocks > 0 ? spec_.blocks : usual; }
  [[nodiscard]] const Shape& shape() const { return graph_.tensors[last_].shape; }

  void add(const std::string& name, Op op, Attributes attributes) {
    last_ = graph_.add_node(name, op, std::move(attributes), {last_});
  }
  void norm_relu(const std::string& name) {
    add(name + "_bn", Op::kBatchNorm, BatchNorm{});
    add(name + "_relu", Op::kRelu, NoAttributes{});
  }
  void convolution(const std::string& name, int count, const Window& window) {
    add(name, Op::kConv2d, Conv2d{.channels = count, .window = unpadded(window)});
    norm_relu(name);
  }
  /// Depthwise 3x3 and pointwise 1x1, each with batch norm and ReLU; the block's input joins before
  /// the last ReLU where it is residual and shapes allow. Without padding in time it is the mean of
  /// the three rows that the output's row has seen.
  void separable(int block, int count) {
    const auto name = "block" + std::to_string(block);
    const TensorId input = last_;
    Window window{.kernel_time = 3, .kernel_freq = 3};
    window.padding = {1, 1, 1, 1};
    if (block == spec_.stride_block) {
      window.stride_time = spec_.stride_time ? 2 : 1;
      window.stride_freq = 2;
    }
    add(name + "_dw", Op::kDepthwise, Depthwise{.window = unpadded(window)});
    norm_relu(name + "_dw");
    add(name + "_pw", Op::kConv2d, Conv2d{.channels = count});
    add(name + "_pw_bn", Op::kBatchNorm, BatchNorm{});
    if (spec_.residual && window.stride_time == 1 && window.stride_freq == 1 &&
        shape().channels == graph_.tensors[input].shape.channels) {
      TensorId skip = input;
      if (!spec_.pad_time) {
        const Pool rows{.window = {.kernel_time = window.kernel_time}};
        skip = graph_.add_node(name + "_skip", Op::kAveragePool, rows, {input});
      }
      last_ = graph_.add_node(name + "_sum", Op::kAdd, NoAttributes{}, {last_, skip});
    }
    add(name + "_pw_relu", Op::kRelu, NoAttributes{});
  }
  void pooled_classifier(int labels, double usual_dropout) {
    add("pool", Op::kMean, Mean{});
    classifier(labels, usual_dropout);
  }
  void classifier(int labels, double usual_dropout) {
    const double rate = spec_.dropout >= 0.0 ? spec_.dropout : usual_dropout;
    if (rate > 0.0) add("dropout", Op::kDropout, Dropout{static_cast<float>(rate)});
    add("dense", Op::kDense, Dense{.channels = labels});
    add("softmax", Op::kSoftmax, NoAttributes{});
  }

  /// `window` without padding in time where the recipe wants none.
  [[nodiscard]] Window unpadded(Window window) const {
    if (!spec_.pad_time) window.padding.time_before = window.padding.time_after = 0;
    return window;
  }

  [[nodiscard]] Graph take() { return std::move(graph_); }

 private:
  const NetworkSpec& spec_;
  Graph graph_;
  TensorId last_ = 0;
};

/// Frames from which, without padding in time, one row is left behind the last block.
int frames_needed(const NetworkSpec& spec, int blocks) {
  int rows = 1;
  for (int block = blocks; block >= 1; --block) {
    const bool strided = block == spec.stride_block && spec.stride_time;
    rows = (rows - 1) * (strided ? 2 : 1) + 3;
  }
  const bool tall = spec.kind == "ds_cnn_s" || spec.kind == "tiny_conv";
  return (rows - 1) * 2 + (tall ? 10 : 3);
}

}  // namespace

const std::vector<std::string>& network_kinds() {
  static const std::vector<std::string> kKinds{"ds_cnn", "ds_cnn_s", "cnn", "tiny_conv"};
  return kKinds;
}

Graph build_network(const NetworkSpec& spec, int frames, int bins, int labels) {
  Builder net(spec, frames, bins);
  const bool separable = spec.kind == "ds_cnn" || spec.kind == "ds_cnn_s";
  const int blocks = net.blocks(spec.kind == "ds_cnn_s" ? 4 : 2);
  if (spec.stride_block > (separable ? blocks : 0)) {
    throw ConfigError("network.stride_block is " + std::to_string(spec.stride_block) + ", but '" +
                      printable(spec.kind) + "' has " +
                      (separable ? std::to_string(blocks) : std::string("no")) +
                      " depthwise-separable blocks here");
  }
  if (spec.residual && !separable) {
    throw ConfigError("network.residual adds a separable block's input to its output: '" +
                      printable(spec.kind) + "' has no such blocks");
  }
  const int needed = frames_needed(spec, spec.kind == "tiny_conv" ? 0 : blocks);
  if (!spec.pad_time && frames < needed) {
    throw ConfigError("network.time_padding = \"valid\" with " + std::to_string(blocks) +
                      " blocks needs " + std::to_string(needed) + " frames, but a clip has " +
                      std::to_string(frames) +
                      "; take fewer blocks, a longer data.clip_ms or a shorter features.hop_ms");
  }
  if (spec.kind == "ds_cnn" || spec.kind == "cnn") {
    const int count = net.channels(128);
    net.convolution("conv1", count,
                    {.kernel_time = 3, .kernel_freq = 3, .stride_time = 2, .stride_freq = 2});
    for (int block = 1; block <= blocks; ++block) {
      if (spec.kind == "ds_cnn") {
        net.separable(block, count);
      } else {
        Window window{.kernel_time = 3, .kernel_freq = 3};
        window.padding = {1, 1, 1, 1};
        net.convolution("conv" + std::to_string(block + 1), count, window);
      }
    }
    net.pooled_classifier(labels, 0.0);
  } else if (spec.kind == "ds_cnn_s") {
    const int count = net.channels(64);
    Window window{.kernel_time = 10, .kernel_freq = 4, .stride_time = 2, .stride_freq = 2};
    window.padding = {4, 4, 1, 1};
    net.convolution("conv1", count, window);
    for (int block = 1; block <= blocks; ++block) {
      net.separable(block, count);
    }
    net.pooled_classifier(labels, 0.2);
  } else if (spec.kind == "tiny_conv") {
    Window window{.kernel_time = 10, .kernel_freq = 8, .stride_time = 2, .stride_freq = 2};
    window.padding = {5, 5, 3, 3};
    net.add("conv1", Op::kConv2d,
            Conv2d{.channels = net.channels(8), .window = net.unpadded(window), .bias = true});
    net.add("conv1_relu", Op::kRelu, NoAttributes{});
    net.add("flatten", Op::kFlatten, NoAttributes{});
    net.classifier(labels, 0.5);
  } else {
    const auto near = nearest_word(spec.kind, network_kinds());
    throw ConfigError("unknown network '" + printable(spec.kind) + "'; " +
                      (near.empty() ? "there are " + join_words(network_kinds())
                                    : "did you mean '" + near + "'?"));
  }
  return net.take();
}

}  // namespace kws::nn
