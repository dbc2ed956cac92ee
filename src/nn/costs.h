// SPDX-License-Identifier: MIT
//
// What a Graph costs, counted in one place for inspector, compressor and reports.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "nn/graph.h"

namespace kws::nn {

struct NodeCost {
  std::int64_t parameters = 0;        // trained values without batch norm (which folds away)
  std::int64_t norm_parameters = 0;   // gamma, beta and statistics
  std::int64_t macs = 0;              // multiply-accumulates of one whole window
  std::int64_t flops = 0;             // 2 * macs + one per bias addition
  std::int64_t weight_bytes = 0;      // of `parameters` and the scales of int8 weights, as stored
  std::int64_t activation_bytes = 0;  // of the output tensor
};

struct GraphCost {
  std::vector<NodeCost> nodes;  // as Graph::nodes
  NodeCost total;
  /// Most bytes of activations alive at once while nodes run in order, input included; a node that
  /// works element by element on an input nobody else needs writes into it.
  std::int64_t peak_activation_bytes = 0;
};

[[nodiscard]] GraphCost cost(const Graph& graph);

}  // namespace kws::nn
