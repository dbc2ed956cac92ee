// SPDX-License-Identifier: MIT
//
// Networks nobody would build, for tests that want every operation in every company.
#pragma once

#include <cstdint>

#include "base/random.h"
#include "nn/weights.h"

namespace kws::engine::testing {

/// A window with random kernel, stride, dilation (unless `for_pool`) and padding.
[[nodiscard]] nn::Window random_window(Random& random, bool for_pool);

/// Random values for everything the graph's nodes own, statistics and gamma included.
[[nodiscard]] nn::Weights random_weights(const nn::Graph& graph, Random random);

/// A graph of some ten nodes of all kinds with branches, joins and dead ends, from a small input to
/// a softmax over a few labels. Equal seeds give equal models.
[[nodiscard]] nn::Model random_model(std::uint64_t seed);

/// Likewise, but with more rows, layers that mostly leave time its length, and up to 130 channels.
[[nodiscard]] nn::Model random_stream_model(std::uint64_t seed);

}  // namespace kws::engine::testing
