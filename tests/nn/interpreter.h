// SPDX-License-Identifier: MIT
//
// Runs a Graph in the plainest way there is: one loop per definition, sums in double, every tensor
// kept. What rewrites must leave unchanged is measured with it.
#pragma once

#include <vector>

#include "nn/weights.h"

namespace kws::testing {

/// input: shape of the graph's input. Gives the graph's output. Knows every operation.
[[nodiscard]] std::vector<double> interpret(const nn::Model& model,
                                            const std::vector<double>& input);

}  // namespace kws::testing
