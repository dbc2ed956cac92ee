// SPDX-License-Identifier: MIT
//
// The int8 kernels. The arithmetic of every operation is defined in docs/engine.md and written down
// plainly in reference.cc; all others give the same bits, in every instruction set. Their sources
// are compiled once for each of those; each set fills a KernelSet, and make_kernel() picks from one
// of them the kernel for a node.
#pragma once

#include <cstdint>
#include <memory>

#include "engine/instruction_set.h"
#include "engine/kernels/kernel.h"
#include "engine/kernels/s8/sparse_choice.h"
#include "nn/quantisation.h"

namespace kws::engine::s8 {

/// What a tensor is, for a kernel.
struct TensorSpec {
  nn::Shape shape;
  nn::Quantisation quantisation;
};
[[nodiscard]] inline TensorSpec spec_of(const nn::Tensor& tensor) {
  return {tensor.shape, tensor.quantisation};
}

/// Whether a node reads or gives int8, so that its kernel comes from here.
[[nodiscard]] bool is_for(const nn::Graph& graph, const nn::Node& node);

/// The kernel for `node`: the set's own, or the reference where it has none. Flatten has none (the
/// plan gives its output the memory of its input). Requires is_for() and a set that is available
/// (instruction_set.h). Throws ModelError naming the node.
[[nodiscard]] std::unique_ptr<Kernel> make_kernel(const nn::Model& model, const nn::Node& node,
                                                  InstructionSet set);

/// A mean over time and frequency of a tensor `in` in two halves, for a plan that keeps the first
/// one's results: the sums of q over the frequencies of each row, int32 [time, 1, channels] …
[[nodiscard]] std::unique_ptr<Kernel> row_sums(const TensorSpec& in, InstructionSet set);
/// … and the mean from them.
[[nodiscard]] std::unique_ptr<Kernel> mean_of_row_sums(const TensorSpec& in, const TensorSpec& out,
                                                       InstructionSet set);

using MakeConv2d = std::unique_ptr<Kernel>(const TensorSpec& in, const TensorSpec& out,
                                           const nn::Conv2d& conv, const nn::IntegerLayer& layer);
using MakeDepthwise = std::unique_ptr<Kernel>(const TensorSpec& in, const TensorSpec& out,
                                              const nn::Window& window,
                                              const nn::IntegerLayer& layer);
using MakeDense = std::unique_ptr<Kernel>(const TensorSpec& in, const TensorSpec& out,
                                          const nn::IntegerLayer& layer);
using MakeCombination = std::unique_ptr<Kernel>(const TensorSpec& a, const TensorSpec& b,
                                                const TensorSpec& out);
using MakePool = std::unique_ptr<Kernel>(const TensorSpec& in, const TensorSpec& out,
                                         const nn::Window& window);
using MakeQuantize = std::unique_ptr<Kernel>(const TensorSpec& out);
using MakeMean = std::unique_ptr<Kernel>(const TensorSpec& in, const TensorSpec& out,
                                         const nn::Mean& axes);
using MakeRowSums = std::unique_ptr<Kernel>(const TensorSpec& in);
using MakeMeanOfRowSums = std::unique_ptr<Kernel>(const TensorSpec& in, const TensorSpec& out);

/// One instruction set's factories.
struct KernelSet {
  MakeConv2d* conv2d;
  MakeDepthwise* depthwise;
  MakeDense* dense;  // a pointwise convolution of one position
  MakeCombination* add;
  MakeCombination* multiply;
  MakePool* average_pool;
  MakePool* max_pool;
  MakeQuantize* quantize;  // float → int8
  MakeMean* mean;          // over time, frequency or both
  MakeRowSums* row_sums;
  MakeMeanOfRowSums* mean_of_row_sums;

  MakeDense* sparse_pointwise;  // of any number of positions, without the zero weights
  SparseCosts sparse;
};

/// Requires a set that is available, and not the reference, which has no factories.
[[nodiscard]] const KernelSet& kernels_for(InstructionSet set);

// Every operation as its definition reads, in plain loops.
[[nodiscard]] std::unique_ptr<Kernel> make_reference_kernel(const nn::Model& model,
                                                            const nn::Node& node);
[[nodiscard]] std::unique_ptr<Kernel> reference_row_sums(const TensorSpec& in);
[[nodiscard]] std::unique_ptr<Kernel> reference_mean_of_row_sums(const TensorSpec& in,
                                                                 const TensorSpec& out);

}  // namespace kws::engine::s8
