// SPDX-License-Identifier: MIT
//
// One function per kind of layer, for make_layer() alone.
#pragma once

#include <cstddef>
#include <memory>

#include "train/layer.h"

namespace kws::train {

using LayerPtr = std::unique_ptr<Layer>;

[[nodiscard]] LayerPtr make_input_norm(const nn::Graph& graph, const nn::Node& node);
[[nodiscard]] LayerPtr make_convolution(const nn::Graph& graph, const nn::Node& node);
[[nodiscard]] LayerPtr make_depthwise(const nn::Graph& graph, const nn::Node& node);
[[nodiscard]] LayerPtr make_dense(const nn::Graph& graph, const nn::Node& node);
/// kBatchNorm and kSubSpectralNorm, with the ReLU behind it if `relu`.
[[nodiscard]] LayerPtr make_norm(const nn::Graph& graph, const nn::Node& node, std::size_t batch,
                                 bool relu);
/// kRelu, kRelu6, kHardSwish, kSwish.
[[nodiscard]] LayerPtr make_activation(const nn::Graph& graph, const nn::Node& node);
[[nodiscard]] LayerPtr make_dropout(const nn::Graph& graph, const nn::Node& node);
[[nodiscard]] LayerPtr make_add(const nn::Graph& graph, const nn::Node& node);
[[nodiscard]] LayerPtr make_mul(const nn::Graph& graph, const nn::Node& node);
[[nodiscard]] LayerPtr make_concat(const nn::Graph& graph, const nn::Node& node);
[[nodiscard]] LayerPtr make_average_pool(const nn::Graph& graph, const nn::Node& node);
[[nodiscard]] LayerPtr make_max_pool(const nn::Graph& graph, const nn::Node& node);
[[nodiscard]] LayerPtr make_mean(const nn::Graph& graph, const nn::Node& node);
[[nodiscard]] LayerPtr make_flatten(const nn::Graph& graph, const nn::Node& node);

}  // namespace kws::train
