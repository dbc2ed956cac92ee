// SPDX-License-Identifier: MIT
//
// Every operation as its definition reads: plain loops, sums in double precision, one rounding per
// element. The truth that the fast kernels are tested against, and the kernels of
// InstructionSet::kReference.
#pragma once

#include <memory>
#include <span>

#include "engine/kernels/f32/kernels.h"
#include "nn/weights.h"

namespace kws::engine::reference {

/// As f32::make_kernel(), for every operation. Keeps copies of the node and its weights.
[[nodiscard]] std::unique_ptr<Kernel> make_kernel(const nn::Model& model, const nn::Node& node,
                                                  f32::Bounds bounds);

/// The same at once. inputs: one per input of `node`, whole tensors. output: the whole output
/// tensor. Requires weights that nn::validate() accepts.
void run_node(const nn::Model& model, const nn::Node& node,
              std::span<const std::span<const float>> inputs, std::span<float> output);

}  // namespace kws::engine::reference
