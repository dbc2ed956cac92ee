// SPDX-License-Identifier: MIT
//
// Node → kernel: the only place that knows which operation has which weights.
#include <algorithm>
#include <cmath>
#include <string>

#include "base/error.h"
#include "base/text.h"
#include "engine/kernels/f32/kernels.h"
#include "engine/kernels/reference.h"
#include "nn/rewrite.h"

namespace kws::engine::f32 {

// kernel_set.cc
namespace generic {
extern const KernelSet kKernels;
}
namespace avx2 {
extern const KernelSet kKernels;
}
namespace avx512 {
extern const KernelSet kKernels;
}
namespace neon {
extern const KernelSet kKernels;
}

namespace {

using nn::Op;

/// Empty when the node has none of that name.
std::span<const float> values(const nn::Model& model, const nn::Node& node, const char* what) {
  const auto found = model.weights.find(node.name + "." + what);
  if (found == model.weights.end()) return {};
  return found->second;
}

std::unique_ptr<Kernel> norm(const nn::Model& model, const nn::Node& node, const KernelSet& kernels,
                             const nn::Shape& shape, std::int64_t bands, Bounds bounds) {
  const auto values = nn::batch_norm_affine(node, model.weights);
  const auto finite = [](float value) { return std::isfinite(value); };
  if (!std::all_of(values.factor.begin(), values.factor.end(), finite) ||
      !std::all_of(values.offset.begin(), values.offset.end(), finite)) {
    throw ModelError("layer '" + printable(node.name) +
                     "': its gamma or its variance is out of proportion");
  }
  return kernels.affine(shape, bands, values.factor, values.offset, bounds);
}

}  // namespace

/// VNNI and the dot product of NEON are about int8: fp32 has the kernels of the set below.
const KernelSet& kernels_for(InstructionSet set) {
#if defined(__x86_64__)
  if (set == InstructionSet::kAvx2) return avx2::kKernels;
  if (set == InstructionSet::kAvx512 || set == InstructionSet::kAvx512Vnni) return avx512::kKernels;
  return generic::kKernels;
#elif defined(__aarch64__)
  return neon::kKernels;
#else
  return generic::kKernels;
#endif
}

namespace {

/// The reference knows no sums of rows, so it takes means of means.
std::unique_ptr<Kernel> reference_mean(const nn::Shape& in, const nn::Mean& axes) {
  nn::Model model;
  model.graph.add_input(in);
  model.graph.add_node("mean", Op::kMean, axes, {model.graph.input});
  return reference::make_kernel(model, model.graph.nodes[0], {});
}

}  // namespace

std::unique_ptr<Kernel> row_sums(const nn::Shape& in, InstructionSet set) {
  if (set != InstructionSet::kReference) return kernels_for(set).row_sums(in);
  return reference_mean(in, {.over_time = false, .over_freq = true});
}

std::unique_ptr<Kernel> mean_of_row_sums(const nn::Shape& in, InstructionSet set) {
  if (set != InstructionSet::kReference) return kernels_for(set).mean_of_row_sums(in);
  return reference_mean({in.time, 1, in.channels}, {.over_time = true, .over_freq = false});
}

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

std::unique_ptr<Kernel> make_kernel(const nn::Model& model, const nn::Node& node, Bounds bounds,
                                    InstructionSet set) {
  if (set == InstructionSet::kReference) return reference::make_kernel(model, node, bounds);
  const KernelSet& kernels = kernels_for(set);
  const auto& tensors = model.graph.tensors;
  const nn::Shape& in = tensors[node.inputs[0]].shape;
  const nn::Shape& out = tensors[node.output].shape;
  const auto weight = values(model, node, "weight");
  const auto bias = values(model, node, "bias");
  switch (node.op) {
    case Op::kInputNorm:
      return kernels.input_norm(in, values(model, node, "mean"), values(model, node, "deviation"));
    case Op::kConv2d: {
      const auto& conv = std::get<nn::Conv2d>(node.attributes);
      if (conv.groups > 1 && conv.groups == in.channels && conv.groups == out.channels) {
        return kernels.depthwise(in, out, conv.window, weight, bias, bounds);  // which it is
      }
      if (conv.groups == 1 && conv.window == nn::Window{} &&
          prefers_sparse_pointwise(kernels.sparse, in, out, weight)) {
        return kernels.sparse_pointwise(in, out, weight, bias, bounds);
      }
      return kernels.conv2d(in, out, conv, weight, bias, bounds);
    }
    case Op::kDepthwise:
      return kernels.depthwise(in, out, std::get<nn::Depthwise>(node.attributes).window, weight,
                               bias, bounds);
    case Op::kDense:
      if (prefers_sparse_dense(kernels.sparse, out, weight)) {
        return kernels.sparse_dense(in, out, weight, bias, bounds);
      }
      return kernels.dense(in, out, weight, bias, bounds);
    case Op::kBatchNorm:
      return norm(model, node, kernels, in, 1, bounds);
    case Op::kSubSpectralNorm:
      return norm(model, node, kernels, in, std::get<nn::SubSpectralNorm>(node.attributes).bands,
                  bounds);
    case Op::kRelu:
      return kernels.clamp(in, {.low = 0.0F});
    case Op::kRelu6:
      return kernels.clamp(in, {.low = 0.0F, .high = 6.0F});
    case Op::kHardSwish:
      return kernels.hard_swish(in);
    case Op::kSwish:
      return kernels.swish(in);
    case Op::kAdd:
      return kernels.add(in, tensors[node.inputs[1]].shape, out, bounds);
    case Op::kMul:
      return kernels.multiply(in, tensors[node.inputs[1]].shape, out, bounds);
    case Op::kConcat: {
      std::vector<nn::Shape> shapes;
      for (const auto input : node.inputs) shapes.push_back(tensors[input].shape);
      return kernels.concat(shapes);
    }
    case Op::kAveragePool:
      return kernels.average_pool(in, out, std::get<nn::Pool>(node.attributes).window);
    case Op::kMaxPool:
      return kernels.max_pool(in, out, std::get<nn::Pool>(node.attributes).window);
    case Op::kMean:
      return kernels.mean(in, std::get<nn::Mean>(node.attributes));
    case Op::kSoftmax:
      return kernels.softmax(in);
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
