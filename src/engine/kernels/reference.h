// SPDX-License-Identifier: MIT
//
// Every operation as its definition reads: plain loops, sums in double precision, one rounding per
// element. The truth that the fast kernels are tested against.
#pragma once

#include <span>

#include "nn/weights.h"

namespace kws::engine::reference {

/// inputs: one per input of `node`, whole tensors. output: the whole output tensor. Requires
/// weights that nn::validate() accepts.
void run_node(const nn::Model& model, const nn::Node& node,
              std::span<const std::span<const float>> inputs, std::span<float> output);

}  // namespace kws::engine::reference
