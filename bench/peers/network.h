// SPDX-License-Identifier: MIT
//
// A network as every engine can take it: a chain of convolutions with ReLU behind each, a mean over
// all positions, a dense layer. Made from one of ours with random weights, batch norms folded, so
// that all contenders compute the very same numbers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "nn/networks.h"
#include "nn/weights.h"

namespace kws::peers {

/// A convolution and its ReLU. Kernels and strides are square; padding is the same on all sides.
struct Layer {
  nn::Shape in;
  nn::Shape out;
  int kernel = 1;
  int stride = 1;
  int padding = 0;
  bool depthwise = false;
  std::vector<float> weights;  // [kernel, kernel, in_per_group, out.channels]
  std::vector<float> bias;     // [out.channels]
  float largest = 0.0F;        // output for Network::input

  [[nodiscard]] std::int64_t in_per_group() const { return depthwise ? 1 : in.channels; }
};

struct Network {
  std::string name;
  nn::Model model;      // ours
  nn::Model streaming;  // ours without padding in time
  std::vector<Layer> layers;
  std::vector<float> classifier;  // [channels, labels]
  std::vector<float> bias;        // [labels]
  std::vector<float> input;       // [frames, bins]
  std::vector<float> logits;      // for `input`, computed in double precision
  double macs = 0.0;

  [[nodiscard]] std::int64_t labels() const { return static_cast<std::int64_t>(bias.size()); }
  [[nodiscard]] std::int64_t channels() const { return layers.back().out.channels; }
  [[nodiscard]] float largest_input() const;
};

/// Of 49 frames. Requires a kind that is such a chain: "ds_cnn" or "cnn".
[[nodiscard]] Network make_network(std::string name, const nn::NetworkSpec& spec, int bins);

/// Symmetric int8 per output channel, as all peers want it: real = scale * q, |q| <= 127.
struct ChannelWeights {
  std::vector<std::int8_t> values;  // in the order of Layer::weights
  std::vector<float> scales;        // [out.channels]
};
[[nodiscard]] ChannelWeights quantise(const Layer& layer);

/// In the order [out.channels, …] that peers store: `spatial_last` gives [out, in, kernel, kernel],
/// otherwise [out, kernel, kernel, in].
template <typename T>
[[nodiscard]] std::vector<T> by_output(const Layer& layer, const std::vector<T>& weights,
                                       bool spatial_last) {
  const auto taps = static_cast<std::size_t>(layer.kernel * layer.kernel);
  const auto in = static_cast<std::size_t>(layer.in_per_group());
  const auto out = static_cast<std::size_t>(layer.out.channels);
  std::vector<T> result(weights.size());
  for (std::size_t tap = 0; tap < taps; ++tap) {
    for (std::size_t i = 0; i < in; ++i) {
      for (std::size_t o = 0; o < out; ++o) {
        const std::size_t to = spatial_last ? (o * in + i) * taps + tap : (o * taps + tap) * in + i;
        result[to] = weights[(tap * in + i) * out + o];
      }
    }
  }
  return result;
}

}  // namespace kws::peers
