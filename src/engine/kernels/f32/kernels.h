// SPDX-License-Identifier: MIT
//
// The fp32 kernels. The same sources are compiled once for each instruction set; each set fills a
// KernelSet, and make_kernel() picks from one of them the kernel for a node.
#pragma once

#include <limits>
#include <memory>
#include <span>
#include <vector>

#include "engine/instruction_set.h"
#include "engine/kernels/f32/sparse_choice.h"
#include "engine/kernels/kernel.h"
#include "nn/weights.h"

namespace kws::engine::f32 {

/// A fused ReLU (0..∞) or ReLU6 (0..6), or none.
struct Bounds {
  float low = -std::numeric_limits<float>::infinity();
  float high = std::numeric_limits<float>::infinity();
};

/// The kernel for `node` with `bounds` applied to its output. Flatten has none (the plan gives its
/// output the memory of its input) and dropout does not reach the engine. Requires a set that is
/// available (instruction_set.h). Throws ModelError naming the layer.
[[nodiscard]] std::unique_ptr<Kernel> make_kernel(const nn::Model& model, const nn::Node& node,
                                                  Bounds bounds, InstructionSet set);

/// A mean over time and frequency of `in` in two halves, with the same bits as the whole of it in
/// the sets that sum in floats: the sums of rows, shape [time, 1, channels], and what is left to do
/// with them.
[[nodiscard]] std::unique_ptr<Kernel> row_sums(const nn::Shape& in, InstructionSet set);
[[nodiscard]] std::unique_ptr<Kernel> mean_of_row_sums(const nn::Shape& in, InstructionSet set);

/// Whether `bounds` can be given to this operation's kernel.
[[nodiscard]] bool takes_bounds(nn::Op op);

// Each factory packs what its layer needs. Weight layouts are those of nn/weights.h; an empty
// `bias` means zeros.
using MakeConv2d = std::unique_ptr<Kernel>(const nn::Shape& in, const nn::Shape& out,
                                           const nn::Conv2d& conv, std::span<const float> weight,
                                           std::span<const float> bias, Bounds bounds);
using MakeDepthwise = std::unique_ptr<Kernel>(const nn::Shape& in, const nn::Shape& out,
                                              const nn::Window& window,
                                              std::span<const float> weight,
                                              std::span<const float> bias, Bounds bounds);
using MakeDense = std::unique_ptr<Kernel>(const nn::Shape& in, const nn::Shape& out,
                                          std::span<const float> weight,
                                          std::span<const float> bias, Bounds bounds);
using MakeInputNorm = std::unique_ptr<Kernel>(const nn::Shape& shape, std::span<const float> mean,
                                              std::span<const float> deviation);
using MakeAffine = std::unique_ptr<Kernel>(const nn::Shape& shape, std::int64_t bands,
                                           std::span<const float> factor,
                                           std::span<const float> offset, Bounds bounds);
using MakeClamp = std::unique_ptr<Kernel>(const nn::Shape& shape, Bounds bounds);
using MakeActivation = std::unique_ptr<Kernel>(const nn::Shape& shape);
using MakeCombination = std::unique_ptr<Kernel>(const nn::Shape& a, const nn::Shape& b,
                                                const nn::Shape& out, Bounds bounds);
using MakeConcat = std::unique_ptr<Kernel>(const std::vector<nn::Shape>& in);
using MakePool = std::unique_ptr<Kernel>(const nn::Shape& in, const nn::Shape& out,
                                         const nn::Window& window);
using MakeMean = std::unique_ptr<Kernel>(const nn::Shape& in, const nn::Mean& axes);

/// One instruction set's factories.
struct KernelSet {
  MakeConv2d* conv2d;
  MakeDepthwise* depthwise;
  MakeDense* dense;
  MakeInputNorm* input_norm;  // (x - mean[freq]) / deviation[freq]
  MakeAffine* affine;         // factor[band, channel] * x + offset[band, channel], equal bands
  MakeClamp* clamp;           // ReLU and ReLU6 that found no layer to be fused into
  MakeActivation* hard_swish;
  MakeActivation* swish;
  MakeCombination* add;
  MakeCombination* multiply;
  MakeConcat* concat;
  MakePool* average_pool;
  MakePool* max_pool;
  MakeMean* mean;
  MakeActivation* row_sums;
  MakeActivation* mean_of_row_sums;
  /// Finite and summing to 1 for every input: not a number counts as the lowest number, and numbers
  /// beyond ±1e30 as ±1e30.
  MakeActivation* softmax;

  // The same sums as conv2d and dense without the products of zero weights.
  MakeDense* sparse_pointwise;
  MakeDense* sparse_dense;
  SparseCosts sparse;
};

/// Requires a set that is available, and not the reference, which has no factories.
[[nodiscard]] const KernelSet& kernels_for(InstructionSet set);

}  // namespace kws::engine::f32
