// SPDX-License-Identifier: MIT
//
// Rewrites: Graph → Graph with the same outputs.
#pragma once

#include "nn/weights.h"

namespace kws::nn {

/// Without dropout, and with every batch norm that directly follows a convolution, depthwise or
/// dense layer folded into it: w' = w·γ/√(σ²+ε), b' = β + (b − μ)·γ/√(σ²+ε). A batch norm whose
/// input has other readers, or follows something else, stays.
[[nodiscard]] Model fold_for_inference(const Model& model);

/// Per channel factor and offset of a batch norm: y = factor * x + offset.
struct Affine {
  std::vector<float> factor;
  std::vector<float> offset;
};
[[nodiscard]] Affine batch_norm_affine(const Node& node, const Weights& weights);

}  // namespace kws::nn
