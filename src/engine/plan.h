// SPDX-License-Identifier: MIT
//
// Runs one keyword network on a stream of feature rows. Whatever can go wrong goes wrong in the
// constructor; a run is a fixed list of kernel calls over one arena, and, once the stream runs, of
// only those rows that the newest ones changed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/realtime.h"
#include "engine/instruction_set.h"
#include "engine/program.h"
#include "nn/weights.h"

namespace kws::engine {

/// What a plan may be built with.
struct PlanOptions {
  Execution execution = Execution::kIncremental;
  std::int64_t rows_per_run = 1;  // push() decides after so many rows
  /// Must be available on this processor.
  InstructionSet instruction_set = chosen_instruction_set();
};

/// What a plan does for a layer, for people.
struct LayerKernel {
  std::string layer;
  std::string_view kernel;
  std::int64_t rows = 1;           // of the layer's output
  std::int64_t rows_computed = 1;  // per run, once the stream runs
};

class Plan {
 public:
  /// Folds batch norms, fuses activations, checks shapes, picks a kernel per layer, finds out which
  /// rows outlive a run, lays out the arena by liveness. Throws ModelError naming the layer. Not
  /// real-time; keeps no reference.
  explicit Plan(const nn::Model& model, PlanOptions options = {});
  ~Plan();
  Plan(Plan&&) noexcept;
  Plan& operator=(Plan&&) noexcept;

  /// For another stream: the same kernels and packed weights, which are shared, and a state of its
  /// own that has heard nothing. Streams may run on different threads at once.
  [[nodiscard]] Plan another_stream() const;

  [[nodiscard]] std::size_t frames() const noexcept KWS_REALTIME;  // rows of a context
  [[nodiscard]] std::size_t bins() const noexcept KWS_REALTIME;    // values of a row
  [[nodiscard]] std::size_t labels() const noexcept KWS_REALTIME;  // posteriors

  /// The next row of features: shape [bins]. True when the context is whole and due for a run; then
  /// posteriors, shape [labels], holds what run_window() would give for the latest frames() rows,
  /// bit for bit: each 0..1, summing to 1 within 1e-3. Requires sizes that match the model
  /// (asserted).
  bool push(std::span<const float> row, std::span<float> posteriors) noexcept KWS_REALTIME;

  /// Forgets all rows: a start, or a gap in the sound.
  void reset() noexcept KWS_REALTIME;

  /// features: shape [frames, bins], row-major, oldest frame first. They become the context, and
  /// push() goes on from there.
  void run_window(std::span<const float> features,
                  std::span<float> posteriors) noexcept KWS_REALTIME;

  /// What entered the last softmax in the latest run: shape [labels]. Valid until the next run.
  [[nodiscard]] std::span<const float> logits() const noexcept KWS_REALTIME;

  /// Rows with features that were not finite, since the beginning.
  [[nodiscard]] std::uint64_t broken_rows() const noexcept KWS_REALTIME;

  /// Bytes reserved for activations, context included, for one stream. A test pins this number.
  [[nodiscard]] std::size_t arena_bytes() const noexcept KWS_REALTIME;

  [[nodiscard]] InstructionSet instruction_set() const noexcept KWS_REALTIME;
  /// In the order of the run. A layer that was fused or that costs no step has none.
  [[nodiscard]] std::vector<LayerKernel> kernels() const;

 private:
  struct Compiled;
  struct Stream;
  explicit Plan(std::shared_ptr<const Compiled> compiled);

  std::shared_ptr<const Compiled> compiled_;
  std::unique_ptr<Stream> stream_;
};

}  // namespace kws::engine
