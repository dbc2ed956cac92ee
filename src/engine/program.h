// SPDX-License-Identifier: MIT
//
// From a Graph to the steps that a plan takes: batch norms folded, activations fused into the layer
// before them, layers that nobody needs left out, memory shared where a layer can work in place,
// and, for every step, the rows that it must compute when the context has slid.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/kernels/f32/kernels.h"
#include "engine/reuse.h"
#include "nn/weights.h"

namespace kws::engine {

/// What a plan keeps between two steps, or, as a ring, between two runs.
struct Buffer {
  std::int64_t rows = 1;
  std::int64_t row_bytes = 0;
  // Alive from the step that first writes it to the last that reads it; a ring is always alive.
  std::int64_t first_step = -1;  // -1: filled before the first step (the input)
  std::int64_t last_step = -1;

  Motion motion;
  /// Somebody reads rows that were computed in an earlier run.
  bool ring = false;
  /// Of a ring: so many rows from the first on, and as many up to the last, can be read in one
  /// piece. The plan keeps as many behind the ring, with what stands at its beginning.
  std::int64_t margin = 0;
  /// Of a ring: rows that a run is the first to read since they were computed, most of a ring ago.
  RowRange forgotten;

  [[nodiscard]] std::int64_t bytes() const { return rows * row_bytes; }
};

/// Which part of its node a step is. A mean over time and frequency is two steps, so that the sums
/// of rows can be kept.
enum class Part : std::uint8_t { kWhole, kRowSums, kMeanOfRowSums };

struct Step {
  std::size_t node = 0;  // of Program::model
  Part part = Part::kWhole;
  f32::Bounds bounds;  // a ReLU that was fused
  std::vector<std::size_t> inputs;
  std::size_t output = 0;  // buffers; equal to an input's when in place
  std::int64_t rows = 1;   // of the output
  Motion motion;           // of the output
};

struct Program {
  nn::Model model;  // folded
  std::vector<Step> steps;
  std::vector<Buffer> buffers;
  std::size_t input = 0;   // buffer; always a ring
  std::size_t output = 0;  // buffer
};

enum class Execution : std::uint8_t {
  kIncremental,  // computes what the newest rows changed
  kWholeWindow,  // computes everything, every time
};

/// A run follows every `rows_per_run` rows, at least one. Throws ModelError naming the layer, or
/// the weights, that cannot be.
[[nodiscard]] Program make_program(const nn::Model& model, Execution execution,
                                   std::int64_t rows_per_run = 1);

}  // namespace kws::engine
