// SPDX-License-Identifier: MIT
//
// The fp32 kernels of this build's instruction set. Each factory packs what its layer needs and
// returns a Kernel; make_kernel() picks the one for a node.
#pragma once

#include <limits>
#include <memory>
#include <span>
#include <vector>

#include "engine/kernels/kernel.h"
#include "nn/weights.h"

namespace kws::engine::f32 {

/// A fused ReLU (0..∞) or ReLU6 (0..6), or none.
struct Bounds {
  float low = -std::numeric_limits<float>::infinity();
  float high = std::numeric_limits<float>::infinity();
};

/// An empty `bias` means zeros. Weight layouts are those of nn/weights.h.
[[nodiscard]] std::unique_ptr<Kernel> conv2d(const nn::Shape& in, const nn::Shape& out,
                                             const nn::Conv2d& conv, std::span<const float> weight,
                                             std::span<const float> bias, Bounds bounds);
[[nodiscard]] std::unique_ptr<Kernel> depthwise(const nn::Shape& in, const nn::Shape& out,
                                                const nn::Window& window,
                                                std::span<const float> weight,
                                                std::span<const float> bias, Bounds bounds);
[[nodiscard]] std::unique_ptr<Kernel> dense(const nn::Shape& in, const nn::Shape& out,
                                            std::span<const float> weight,
                                            std::span<const float> bias, Bounds bounds);

/// (x - mean[freq]) / deviation[freq].
[[nodiscard]] std::unique_ptr<Kernel> input_norm(const nn::Shape& shape,
                                                 std::span<const float> mean,
                                                 std::span<const float> deviation);
/// factor[band, channel] * x + offset[band, channel], with equal bands of frequencies.
[[nodiscard]] std::unique_ptr<Kernel> affine(const nn::Shape& shape, std::int64_t bands,
                                             std::span<const float> factor,
                                             std::span<const float> offset, Bounds bounds);
/// ReLU and ReLU6 that found no layer to be fused into.
[[nodiscard]] std::unique_ptr<Kernel> clamp(const nn::Shape& shape, Bounds bounds);
[[nodiscard]] std::unique_ptr<Kernel> hard_swish(const nn::Shape& shape);
[[nodiscard]] std::unique_ptr<Kernel> swish(const nn::Shape& shape);

[[nodiscard]] std::unique_ptr<Kernel> add(const nn::Shape& a, const nn::Shape& b,
                                          const nn::Shape& out, Bounds bounds);
[[nodiscard]] std::unique_ptr<Kernel> multiply(const nn::Shape& a, const nn::Shape& b,
                                               const nn::Shape& out, Bounds bounds);
[[nodiscard]] std::unique_ptr<Kernel> concat(const std::vector<nn::Shape>& in);

[[nodiscard]] std::unique_ptr<Kernel> average_pool(const nn::Shape& in, const nn::Shape& out,
                                                   const nn::Window& window);
[[nodiscard]] std::unique_ptr<Kernel> max_pool(const nn::Shape& in, const nn::Shape& out,
                                               const nn::Window& window);
[[nodiscard]] std::unique_ptr<Kernel> mean(const nn::Shape& in, const nn::Mean& axes);
/// A mean over time and frequency of `in` in two halves, with the same bits as mean(): the sums of
/// rows, shape [time, 1, channels], and what is left to do with them.
[[nodiscard]] std::unique_ptr<Kernel> row_sums(const nn::Shape& in);
[[nodiscard]] std::unique_ptr<Kernel> mean_of_row_sums(const nn::Shape& in);

/// Finite and summing to 1 for every input: not a number counts as the lowest number, and numbers
/// beyond ±1e30 as ±1e30.
[[nodiscard]] std::unique_ptr<Kernel> softmax(const nn::Shape& shape);

/// The kernel for `node` with `bounds` applied to its output. Flatten has none (the plan gives its
/// output the memory of its input) and dropout does not reach the engine.
[[nodiscard]] std::unique_ptr<Kernel> make_kernel(const nn::Model& model, const nn::Node& node,
                                                  Bounds bounds);

/// Whether `bounds` can be given to this operation's kernel.
[[nodiscard]] bool takes_bounds(nn::Op op);

}  // namespace kws::engine::f32
