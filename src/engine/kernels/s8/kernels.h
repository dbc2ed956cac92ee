// SPDX-License-Identifier: MIT
//
// The int8 kernels. The arithmetic of every operation is defined in docs/engine.md and written down
// plainly in reference.cc; all others give the same bits, on every processor.
#pragma once

#include <cstdint>
#include <memory>

#include "engine/kernels/kernel.h"
#include "nn/quantisation.h"

namespace kws::engine::s8 {

/// Whether a node reads or gives int8, so that its kernel comes from here.
[[nodiscard]] bool is_for(const nn::Graph& graph, const nn::Node& node);

/// The fastest kernel there is for `node`. Flatten has none (the plan gives its output the memory
/// of its input). Throws ModelError naming the node. Requires is_for().
[[nodiscard]] std::unique_ptr<Kernel> make_kernel(const nn::Model& model, const nn::Node& node);

/// Every operation as its definition reads, in plain loops.
[[nodiscard]] std::unique_ptr<Kernel> make_reference_kernel(const nn::Model& model,
                                                            const nn::Node& node);

/// What a tensor is, for a kernel.
struct TensorSpec {
  nn::Shape shape;
  nn::Quantisation quantisation;
};
[[nodiscard]] inline TensorSpec spec_of(const nn::Tensor& tensor) {
  return {tensor.shape, tensor.quantisation};
}

[[nodiscard]] std::unique_ptr<Kernel> conv2d(const TensorSpec& in, const TensorSpec& out,
                                             const nn::Conv2d& conv, const nn::IntegerLayer& layer);
[[nodiscard]] std::unique_ptr<Kernel> depthwise(const TensorSpec& in, const TensorSpec& out,
                                                const nn::Window& window,
                                                const nn::IntegerLayer& layer);
/// A pointwise convolution of one position.
[[nodiscard]] std::unique_ptr<Kernel> dense(const TensorSpec& in, const TensorSpec& out,
                                            const nn::IntegerLayer& layer);

/// float → int8.
[[nodiscard]] std::unique_ptr<Kernel> quantize(const TensorSpec& out);

/// The mean over time, frequency or both.
[[nodiscard]] std::unique_ptr<Kernel> mean(const TensorSpec& in, const TensorSpec& out,
                                           const nn::Mean& axes);
/// The same over both axes in two steps, for a plan that keeps the first one's results: the sums of
/// q over the frequencies of each row, int32 [time, 1, channels] …
[[nodiscard]] std::unique_ptr<Kernel> row_sums(const TensorSpec& in);
/// … and the mean of a tensor of shape `in` from them.
[[nodiscard]] std::unique_ptr<Kernel> mean_of_row_sums(const TensorSpec& in, const TensorSpec& out);

}  // namespace kws::engine::s8
