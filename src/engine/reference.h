// SPDX-License-Identifier: MIT
//
// The network as it is written down, for tests and for whoever wants to see inside: nothing folded,
// nothing fused, every tensor kept. Slow.
#pragma once

#include <span>
#include <vector>

#include "nn/weights.h"

namespace kws::engine {

/// input: shape of the graph's input. Returns every tensor of the graph, by TensorId; the input is
/// the first. Throws ModelError when the weights do not fit. Requires input of the right size
/// (asserted).
[[nodiscard]] std::vector<std::vector<float>> run_reference(const nn::Model& model,
                                                            std::span<const float> input);

}  // namespace kws::engine
