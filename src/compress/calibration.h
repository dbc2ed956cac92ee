// SPDX-License-Identifier: MIT
//
// Runs a network over clips and finds the range of every activation.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "compress/histogram.h"
#include "nn/weights.h"

namespace kws::compress {

/// By TensorId of the model's graph.
using Ranges = std::vector<Range>;

/// features: shape [count, time, freq] of the graph's input, row-major, count > 0. The same result
/// for any number of threads. `progress` gets windows done and windows in all, on the calling
/// thread. Throws ModelError as engine::Trace does. Requires a network of floats, folded.
[[nodiscard]] Ranges calibrate(const nn::Model& folded, const std::vector<float>& features,
                               RangeMethod method, std::size_t threads,
                               const std::function<void(std::size_t, std::size_t)>& progress = {});

}  // namespace kws::compress
