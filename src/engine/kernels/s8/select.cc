// SPDX-License-Identifier: MIT
//
// Node → kernel: the fast one where there is one, else the reference.
#include "engine/kernels/s8/kernels.h"

namespace kws::engine::s8 {

using nn::Op;

bool is_for(const nn::Graph& graph, const nn::Node& node) {
  return graph.tensor_of(node).type == nn::ElementType::kInt8 || node.op == Op::kDequantize;
}

std::unique_ptr<Kernel> make_kernel(const nn::Model& model, const nn::Node& node) {
  const auto spec = [&](nn::TensorId tensor) {
    return TensorSpec{model.graph.tensors[tensor].shape, model.graph.tensors[tensor].quantisation};
  };
  const TensorSpec in = spec(node.inputs[0]);
  const TensorSpec out = spec(node.output);
  switch (node.op) {
    case Op::kConv2d: {
      const auto& conv = std::get<nn::Conv2d>(node.attributes);
      const auto layer = nn::integer_layer(model, node);
      if (conv.groups > 1 && conv.groups == in.shape.channels &&
          conv.groups == out.shape.channels) {
        return depthwise(in, out, conv.window, layer);  // which it is
      }
      return conv2d(in, out, conv, layer);
    }
    case Op::kDepthwise:
      return depthwise(in, out, std::get<nn::Depthwise>(node.attributes).window,
                       nn::integer_layer(model, node));
    case Op::kDense:
      return dense(in, out, nn::integer_layer(model, node));
    case Op::kMean:
      return mean(in, out, std::get<nn::Mean>(node.attributes));
    case Op::kQuantize:
      return quantize(out);
    default:
      return make_reference_kernel(model, node);
  }
}

}  // namespace kws::engine::s8
