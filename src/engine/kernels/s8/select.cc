// SPDX-License-Identifier: MIT
//
// Node → kernel: the instruction set's where it has one, else the reference.
#include <utility>

#include "engine/kernels/s8/kernels.h"
#include "engine/kernels/s8/sparse_or_dense.h"

namespace kws::engine::s8 {

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
namespace avx512vnni {
extern const KernelSet kKernels;
}
namespace neon {
extern const KernelSet kKernels;
}
namespace neon_dotprod {
extern const KernelSet kKernels;
}

using nn::Op;

bool is_for(const nn::Graph& graph, const nn::Node& node) {
  return graph.tensor_of(node).type == nn::ElementType::kInt8 || node.op == Op::kDequantize;
}

const KernelSet& kernels_for(InstructionSet set) {
#if defined(__x86_64__)
  if (set == InstructionSet::kAvx2) return avx2::kKernels;
  if (set == InstructionSet::kAvx512) return avx512::kKernels;
  if (set == InstructionSet::kAvx512Vnni) return avx512vnni::kKernels;
  return generic::kKernels;
#elif defined(__aarch64__)
  if (set == InstructionSet::kNeonDotprod) return neon_dotprod::kKernels;
  return neon::kKernels;
#else
  return generic::kKernels;
#endif
}

std::unique_ptr<Kernel> row_sums(const TensorSpec& in, InstructionSet set) {
  if (set == InstructionSet::kReference) return reference_row_sums(in);
  return kernels_for(set).row_sums(in);
}

std::unique_ptr<Kernel> mean_of_row_sums(const TensorSpec& in, const TensorSpec& out,
                                         InstructionSet set) {
  if (set == InstructionSet::kReference) return reference_mean_of_row_sums(in, out);
  return kernels_for(set).mean_of_row_sums(in, out);
}

std::unique_ptr<Kernel> make_kernel(const nn::Model& model, const nn::Node& node,
                                    InstructionSet set) {
  if (set == InstructionSet::kReference) return make_reference_kernel(model, node);
  const KernelSet& kernels = kernels_for(set);
  const TensorSpec in = spec_of(model.graph.tensors[node.inputs[0]]);
  const TensorSpec out = spec_of(model.graph.tensor_of(node));
  switch (node.op) {
    case Op::kConv2d: {
      const auto& conv = std::get<nn::Conv2d>(node.attributes);
      const auto layer = nn::integer_layer(model, node);
      if (conv.groups > 1 && conv.groups == in.shape.channels &&
          conv.groups == out.shape.channels) {
        return kernels.depthwise(in, out, conv.window, layer);  // which it is
      }
      auto dense = kernels.conv2d(in, out, conv, layer);
      const SparseCosts& costs = kernels.sparse;
      if (conv.groups > 1 || conv.window != nn::Window{} ||
          !prefers_sparse_pointwise(costs, in.shape, out.shape, layer.weight)) {
        return dense;
      }
      const nn::Shape block{1, costs.lanes, out.shape.channels};
      const double ratio = pointwise_cost_ratio(costs, in.shape, block, layer.weight);
      return sparse_or_dense(kernels.sparse_pointwise(in, out, layer), std::move(dense),
                             out.shape.freq, costs.lanes, ratio);
    }
    case Op::kDepthwise:
      return kernels.depthwise(in, out, std::get<nn::Depthwise>(node.attributes).window,
                               nn::integer_layer(model, node));
    case Op::kDense:
      return kernels.dense(in, out, nn::integer_layer(model, node));
    case Op::kAdd:
      return kernels.add(in, spec_of(model.graph.tensors[node.inputs[1]]), out);
    case Op::kMul:
      return kernels.multiply(in, spec_of(model.graph.tensors[node.inputs[1]]), out);
    case Op::kAveragePool:
      return kernels.average_pool(in, out, std::get<nn::Pool>(node.attributes).window);
    case Op::kMaxPool:
      return kernels.max_pool(in, out, std::get<nn::Pool>(node.attributes).window);
    case Op::kMean:
      return kernels.mean(in, out, std::get<nn::Mean>(node.attributes));
    case Op::kQuantize:
      return kernels.quantize(out);
    default:
      return make_reference_kernel(model, node);
  }
}

}  // namespace kws::engine::s8
