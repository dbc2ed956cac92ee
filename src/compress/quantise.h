// SPDX-License-Identifier: MIT
//
// A rewrite: a folded network of floats and the ranges of its activations → the same network in
// int8. Weights symmetric per output channel, activations asymmetric per tensor; docs/engine.md
// defines the arithmetic.
#pragma once

#include <string>
#include <vector>

#include "compress/calibration.h"
#include "nn/weights.h"

namespace kws::compress {

/// A layer that was not quantised, and why.
struct StaysFloat {
  std::string layer;
  std::string reason;
};

struct Quantised {
  nn::Model model;
  std::vector<StaysFloat> stays_float;
};

/// Throws ModelError when something of the network is int8.
void check_is_float(const nn::Model& model);

/// A ReLU or ReLU6 that alone reads a layer disappears into that layer's range. What has no int8
/// arithmetic stays as it is between a dequantize and a quantize, and is reported. Throws
/// ModelError as check_is_float() does, and when the network has no layer that could be quantised.
[[nodiscard]] Quantised quantise(const nn::Model& folded, const Ranges& ranges);

}  // namespace kws::compress
