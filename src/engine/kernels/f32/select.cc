// SPDX-License-Identifier: MIT
//
// Node → kernel: the only place that knows which operation has which weights.
#include <algorithm>
#include <cmath>
#include <string>

#include "base/error.h"
#include "base/text.h"
#include "engine/kernels/f32/kernels.h"
#include "nn/rewrite.h"

namespace kws::engine::f32 {
namespace {

using nn::Op;

/// Empty when the node has none of that name.
std::span<const float> values(const nn::Model& model, const nn::Node& node, const char* what) {
  const auto found = model.weights.find(node.name + "." + what);
  if (found == model.weights.end()) return {};
  return found->second;
}

std::unique_ptr<Kernel> norm(const nn::Model& model, const nn::Node& node, const nn::Shape& shape,
                             std::int64_t bands, Bounds bounds) {
  const auto values = nn::batch_norm_affine(node, model.weights);
  const auto finite = [](float value) { return std::isfinite(value); };
  if (!std::all_of(values.factor.begin(), values.factor.end(), finite) ||
      !std::all_of(values.offset.begin(), values.offset.end(), finite)) {
    throw ModelError("layer '" + printable(node.name) +
                     "': its gamma or its variance is out of proportion");
  }
  return affine(shape, bands, values.factor, values.offset, bounds);
}

}  // namespace

bool takes_bounds(nn::Op op) {
  switch (op) {
    case Op::kConv2d:
    case Op::kDepthwise:
    case Op::kDense:
    case Op::kBatchNorm:
    case Op::kSubSpectralNorm:
    case Op::kAdd:
    case Op::kMul:
      return true;
    default:
      return false;
  }
}

std::unique_ptr<Kernel> make_kernel(const nn::Model& model, const nn::Node& node, Bounds bounds) {
  const auto& tensors = model.graph.tensors;
  const nn::Shape& in = tensors[node.inputs[0]].shape;
  const nn::Shape& out = tensors[node.output].shape;
  const auto weight = values(model, node, "weight");
  const auto bias = values(model, node, "bias");
  switch (node.op) {
    case Op::kInputNorm:
      return input_norm(in, values(model, node, "mean"), values(model, node, "deviation"));
    case Op::kConv2d: {
      const auto& conv = std::get<nn::Conv2d>(node.attributes);
      if (conv.groups > 1 && conv.groups == in.channels && conv.groups == out.channels) {
        return depthwise(in, out, conv.window, weight, bias, bounds);  // which it is
      }
      return conv2d(in, out, conv, weight, bias, bounds);
    }
    case Op::kDepthwise:
      return depthwise(in, out, std::get<nn::Depthwise>(node.attributes).window, weight, bias,
                       bounds);
    case Op::kDense:
      return dense(in, out, weight, bias, bounds);
    case Op::kBatchNorm:
      return norm(model, node, in, 1, bounds);
    case Op::kSubSpectralNorm:
      return norm(model, node, in, std::get<nn::SubSpectralNorm>(node.attributes).bands, bounds);
    case Op::kRelu:
      return clamp(in, {.low = 0.0F});
    case Op::kRelu6:
      return clamp(in, {.low = 0.0F, .high = 6.0F});
    case Op::kHardSwish:
      return hard_swish(in);
    case Op::kSwish:
      return swish(in);
    case Op::kAdd:
      return add(in, tensors[node.inputs[1]].shape, out, bounds);
    case Op::kMul:
      return multiply(in, tensors[node.inputs[1]].shape, out, bounds);
    case Op::kConcat: {
      std::vector<nn::Shape> shapes;
      for (const auto input : node.inputs) shapes.push_back(tensors[input].shape);
      return concat(shapes);
    }
    case Op::kAveragePool:
      return average_pool(in, out, std::get<nn::Pool>(node.attributes).window);
    case Op::kMaxPool:
      return max_pool(in, out, std::get<nn::Pool>(node.attributes).window);
    case Op::kMean:
      return mean(in, std::get<nn::Mean>(node.attributes));
    case Op::kSoftmax:
      return softmax(in);
    case Op::kFlatten:
    case Op::kDropout:
    case Op::kQuantize:
    case Op::kDequantize:
      break;
  }
  throw ModelError("layer '" + printable(node.name) + "' (" + std::string(nn::to_string(node.op)) +
                   "): the engine has no fp32 kernel for it");
}

}  // namespace kws::engine::f32
