// SPDX-License-Identifier: MIT
//
// nn::Graph ↔ the [graph] and [[node]] tables of a manifest. Internal to src/pack.
#pragma once

#include "config/document.h"
#include "nn/graph.h"

namespace kws::pack {

/// Builds the graph node by node, so that every shape is inferred and checked on the way. Throws
/// ConfigError naming line and key, ModelError naming the layer.
[[nodiscard]] nn::Graph read_graph(const config::Table& manifest);

void write_graph(config::Writer& writer, const nn::Graph& graph);

}  // namespace kws::pack
