// SPDX-License-Identifier: MIT
//
// From a Graph to the steps that a plan takes: batch norms folded, activations fused into the layer
// before them, layers that nobody needs left out, and memory shared where a layer can work in
// place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/kernels/f32/kernels.h"
#include "nn/weights.h"

namespace kws::engine {

/// A piece of the arena. Alive from the step that first writes it to the last that reads it.
struct Buffer {
  std::int64_t floats = 0;
  std::int64_t first_step = -1;  // -1: filled before the first step (the input)
  std::int64_t last_step = -1;
};

struct Step {
  std::size_t node = 0;  // of Program::model
  f32::Bounds bounds;    // a ReLU that was fused
  std::vector<std::size_t> inputs;
  std::size_t output = 0;  // buffers; equal to an input's when in place
};

struct Program {
  nn::Model model;  // folded
  std::vector<Step> steps;
  std::vector<Buffer> buffers;
  std::size_t input = 0;   // buffer
  std::size_t output = 0;  // buffer
};

/// Throws ModelError naming the layer, or the weights, that cannot be.
[[nodiscard]] Program make_program(const nn::Model& model);

struct ArenaLayout {
  std::vector<std::int64_t> offsets;  // floats, by buffer; each a multiple of kAlignment bytes
  std::int64_t floats = 0;
};

/// Places buffers that are alive together apart, largest first, each at the lowest place that is
/// free for all of its life (Pisarchyk and Lee 2020, greedy by size).
[[nodiscard]] ArenaLayout lay_out(const std::vector<Buffer>& buffers);

}  // namespace kws::engine
