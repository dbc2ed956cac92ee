// SPDX-License-Identifier: MIT
//
// A network node by node, by the kernels of an instruction set, with every tensor kept: for
// calibration, which wants to see all activations, and for tests of what a plan fuses, shares and
// leaves out.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/aligned.h"
#include "engine/instruction_set.h"
#include "engine/kernels/kernel.h"
#include "nn/weights.h"

namespace kws::engine {

class Trace {
 public:
  /// Nothing is folded or fused: give it a folded model to see what a plan computes. Throws
  /// ModelError as Plan does. Requires a set that is available. Keeps no reference.
  explicit Trace(const nn::Model& model, InstructionSet set = chosen_instruction_set());

  /// features: shape of the graph's input (asserted).
  void run(std::span<const float> features);

  /// A tensor after the latest run; valid until the next. Requires one of that type (asserted).
  [[nodiscard]] std::span<const float> floats(nn::TensorId tensor) const;
  [[nodiscard]] std::span<const std::int8_t> int8s(nn::TensorId tensor) const;

  [[nodiscard]] const nn::Graph& graph() const { return graph_; }

 private:
  nn::Graph graph_;
  std::vector<std::unique_ptr<Kernel>> kernels_;  // by node; null: a copy
  std::vector<Aligned<unsigned char>> memory_;    // by tensor, kReadSlack behind
};

}  // namespace kws::engine
