// SPDX-License-Identifier: MIT
#include <string>

#include "base/error.h"
#include "base/text.h"
#include "train/layers.h"

namespace kws::train {

LayerPtr make_layer(const nn::Graph& graph, const nn::Node& node, std::size_t batch, bool relu) {
  using nn::Op;
  switch (node.op) {
    case Op::kInputNorm:
      return make_input_norm(graph, node);
    case Op::kConv2d:
      return make_convolution(graph, node);
    case Op::kDepthwise:
      return make_depthwise(graph, node);
    case Op::kDense:
      return make_dense(graph, node);
    case Op::kBatchNorm:
    case Op::kSubSpectralNorm:
      return make_norm(graph, node, batch, relu);
    case Op::kRelu:
    case Op::kRelu6:
    case Op::kHardSwish:
    case Op::kSwish:
      return make_activation(graph, node);
    case Op::kDropout:
      return make_dropout(graph, node);
    case Op::kAdd:
      return make_add(graph, node);
    case Op::kMul:
      return make_mul(graph, node);
    case Op::kConcat:
      return make_concat(graph, node);
    case Op::kAveragePool:
      return make_average_pool(graph, node);
    case Op::kMaxPool:
      return make_max_pool(graph, node);
    case Op::kMean:
      return make_mean(graph, node);
    case Op::kFlatten:
      return make_flatten(graph, node);
    case Op::kQuantize:
    case Op::kDequantize:
      throw ModelError("layer '" + printable(node.name) + "' (" + std::string(to_string(node.op)) +
                       "): a quantised network cannot be trained; train the one it was made from");
    case Op::kSoftmax:
      break;
  }
  throw ModelError("layer '" + printable(node.name) + "' (" + std::string(to_string(node.op)) +
                   "): the trainer cannot differentiate it here; a softmax may only be the last "
                   "layer");
}

}  // namespace kws::train
