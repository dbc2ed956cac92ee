// SPDX-License-Identifier: MIT
//
// Runs one keyword network. Whatever can go wrong goes wrong in the constructor; a run is a fixed
// list of kernel calls over one arena.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/realtime.h"
#include "engine/instruction_set.h"
#include "nn/weights.h"

namespace kws::engine {

/// What a plan may be built with.
struct PlanOptions {
  /// Must be available on this processor.
  InstructionSet instruction_set = chosen_instruction_set();
};

/// A layer that a plan runs, and the name of the kernel that does it.
struct LayerKernel {
  std::string layer;
  std::string_view kernel;
};

class Plan {
 public:
  /// Folds batch norms, fuses activations, checks shapes, picks a kernel per layer, lays out the
  /// arena by liveness. Throws ModelError naming the layer. Not real-time; keeps no reference.
  explicit Plan(const nn::Model& model, PlanOptions options = {});
  ~Plan();
  Plan(Plan&&) noexcept;
  Plan& operator=(Plan&&) noexcept;

  [[nodiscard]] std::size_t frames() const noexcept KWS_REALTIME;  // rows of a context
  [[nodiscard]] std::size_t bins() const noexcept KWS_REALTIME;    // values of a row
  [[nodiscard]] std::size_t labels() const noexcept KWS_REALTIME;  // posteriors

  /// features:   shape [frames, bins], row-major, oldest frame first.
  /// posteriors: shape [labels], each 0..1, summing to 1 within 1e-3.
  /// Requires sizes that match the model (asserted).
  void run_window(std::span<const float> features,
                  std::span<float> posteriors) noexcept KWS_REALTIME;

  /// What entered the last softmax in the latest run: shape [labels]. Valid until the next run.
  [[nodiscard]] std::span<const float> logits() const noexcept;

  /// Bytes reserved for activations, context ring included. A test pins this number.
  [[nodiscard]] std::size_t arena_bytes() const noexcept KWS_REALTIME;

  [[nodiscard]] InstructionSet instruction_set() const noexcept;
  /// In the order of the run.
  [[nodiscard]] std::vector<LayerKernel> kernels() const;

 private:
  struct Compiled;
  std::unique_ptr<Compiled> compiled_;
};

}  // namespace kws::engine
