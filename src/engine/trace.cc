// SPDX-License-Identifier: MIT
#include "engine/trace.h"

#include <algorithm>
#include <cassert>

#include "engine/kernels/f32/kernels.h"
#include "engine/kernels/s8/kernels.h"

namespace kws::engine {
namespace {

std::int64_t bytes_of(const nn::Tensor& tensor) {
  return static_cast<std::int64_t>(tensor.shape.elements()) * nn::bytes_of(tensor.type);
}

}  // namespace

Trace::Trace(const nn::Model& model, InstructionSet set) : graph_(model.graph) {
  nn::validate(model);
  for (const auto& tensor : graph_.tensors) memory_.emplace_back(bytes_of(tensor) + kReadSlack);
  for (const auto& node : graph_.nodes) {
    if (node.op == nn::Op::kFlatten || node.op == nn::Op::kDropout) {
      kernels_.emplace_back();
    } else if (s8::is_for(graph_, node)) {
      kernels_.push_back(s8::make_kernel(model, node, set));
    } else {
      kernels_.push_back(f32::make_kernel(model, node, {}, set));
    }
  }
}

void Trace::run(std::span<const float> features) {
  assert(features.size() == graph_.input_shape().elements());
  const auto bytes = std::as_bytes(features);
  std::copy_n(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
              memory_[graph_.input].data());
  std::vector<const void*> inputs;
  for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
    const nn::Node& node = graph_.nodes[i];
    auto* output = memory_[node.output].data();
    if (!kernels_[i]) {
      std::copy_n(memory_[node.inputs[0]].data(), bytes_of(graph_.tensor_of(node)), output);
      continue;
    }
    inputs.clear();
    for (const auto input : node.inputs) inputs.push_back(memory_[input].data());
    kernels_[i]->run(inputs, output, {0, graph_.tensor_of(node).shape.time});
  }
}

std::span<const float> Trace::floats(nn::TensorId tensor) const {
  assert(graph_.tensors[tensor].type == nn::ElementType::kFloat32);
  return {reinterpret_cast<const float*>(memory_[tensor].data()),
          graph_.tensors[tensor].shape.elements()};
}

std::span<const std::int8_t> Trace::int8s(nn::TensorId tensor) const {
  assert(graph_.tensors[tensor].type == nn::ElementType::kInt8);
  return {reinterpret_cast<const std::int8_t*>(memory_[tensor].data()),
          graph_.tensors[tensor].shape.elements()};
}

}  // namespace kws::engine
