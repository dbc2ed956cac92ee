// SPDX-License-Identifier: MIT
//
// The named architectures of docs/models.md, from a few numbers to a Graph.
#pragma once

#include <string>
#include <vector>

#include "nn/graph.h"

namespace kws::nn {

/// The `[network]` table of a recipe. Zero means: as the architecture defines it.
struct NetworkSpec {
  std::string kind = "ds_cnn_s";  // network_kinds()
  int channels = 0;               // of every hidden layer
  int blocks = 0;                 // depthwise-separable (or plain) convolutions after the first
  int stride_block = 0;           // ds_cnn, ds_cnn_s: this block (from 1) takes every second frame
                                  // and bin, as the first of DS-CNN-M does; 0: none
  bool stride_time = true;        // false: that block takes every second bin, but every frame
  bool pad_time = true;           // false: no zeros before and after the context, so that a hop
                                  // changes one row of every layer
  bool residual = false;      // ds_cnn, ds_cnn_s: a block that is not strided adds its input (He et
                              // al. 2016); without padding in time, the mean of three of its rows
  double width = 1.0;         // multiplies every hidden channel count
  bool width_rounds = false;  // round(width * c) instead of int(width * c); never below 1
  double dropout = -1.0;      // before the classifier; negative: as the architecture defines it
};

/// "ds_cnn", "ds_cnn_s", "cnn", "tiny_conv".
[[nodiscard]] const std::vector<std::string>& network_kinds();

/// A Graph from normalised features to posteriors: input [frames, bins, 1], output [1, 1, labels].
/// Throws ConfigError for an unknown kind (naming the nearest), or when without padding in time the
/// frames do not suffice (naming how many would); ModelError naming the layer when the input is too
/// small for it.
[[nodiscard]] Graph build_network(const NetworkSpec& spec, int frames, int bins, int labels);

}  // namespace kws::nn
