// SPDX-License-Identifier: MIT
#include "peers/onnx_model.h"

#include <onnx/onnx_pb.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>

namespace kws::peers {
namespace {

using Ints = std::vector<std::int64_t>;

// Opset 13 is the first with scales per channel; IR version 8 belongs to the ONNX that has it.
constexpr int kOpset = 13;
constexpr int kIrVersion = 8;

class GraphWriter {
 public:
  explicit GraphWriter(onnx::GraphProto& graph) : graph_(graph) {}

  onnx::NodeProto& node(const std::string& op, std::initializer_list<std::string> inputs,
                        const std::string& output) {
    onnx::NodeProto& node = *graph_.add_node();
    node.set_op_type(op);
    node.set_name(output);
    for (const auto& input : inputs) node.add_input(input);
    node.add_output(output);
    return node;
  }

  std::string constant(const std::string& name, const Ints& shape,
                       const std::vector<float>& values) {
    tensor(name, shape, onnx::TensorProto::FLOAT).set_raw_data(bytes(values));
    return name;
  }
  std::string constant(const std::string& name, const Ints& shape,
                       const std::vector<std::int8_t>& values) {
    tensor(name, shape, onnx::TensorProto::INT8).set_raw_data(bytes(values));
    return name;
  }
  std::string constant(const std::string& name, const Ints& shape,
                       const std::vector<std::int32_t>& values) {
    tensor(name, shape, onnx::TensorProto::INT32).set_raw_data(bytes(values));
    return name;
  }
  std::string constant(const std::string& name, std::uint8_t value) {
    tensor(name, {}, onnx::TensorProto::UINT8)
        .set_raw_data(std::string(1, static_cast<char>(value)));
    return name;
  }

  void value(onnx::ValueInfoProto& info, const std::string& name, const Ints& shape) {
    info.set_name(name);
    auto& type = *info.mutable_type()->mutable_tensor_type();
    type.set_elem_type(onnx::TensorProto::FLOAT);
    for (const auto size : shape) type.mutable_shape()->add_dim()->set_dim_value(size);
  }

  /// An activation that goes through 8 bits: real = scale * (q - zero_point).
  std::string through_int8(const std::string& input, float scale, std::uint8_t zero_point) {
    const auto step = constant(input + ".scale", {}, std::vector<float>{scale});
    const auto zero = constant(input + ".zero", zero_point);
    node("QuantizeLinear", {input, step, zero}, input + ".q");
    node("DequantizeLinear", {input + ".q", step, zero}, input + ".dq");
    return input + ".dq";
  }

  /// Constants in integers with a scale for each index of `axis`, made real.
  template <typename T>
  std::string dequantised(const std::string& name, const Ints& shape, const std::vector<T>& values,
                          const std::vector<float>& scales, std::int64_t axis) {
    const Ints channels{static_cast<std::int64_t>(scales.size())};
    const auto ints = constant(name + ".q", shape, values);
    const auto step = constant(name + ".scale", channels, scales);
    const auto zero = constant(name + ".zero", channels, std::vector<T>(scales.size(), T{0}));
    set(node("DequantizeLinear", {ints, step, zero}, name), "axis", axis);
    return name;
  }

  static void set(onnx::NodeProto& node, const std::string& name, std::int64_t value) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::INT);
    attribute.set_i(value);
  }
  static void set(onnx::NodeProto& node, const std::string& name, const Ints& values) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::INTS);
    for (const auto value : values) attribute.add_ints(value);
  }

 private:
  template <typename T>
  static std::string bytes(const std::vector<T>& values) {
    return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
  }
  onnx::TensorProto& tensor(const std::string& name, const Ints& shape,
                            onnx::TensorProto::DataType type) {
    onnx::TensorProto& tensor = *graph_.add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(type);
    for (const auto size : shape) tensor.add_dims(size);
    return tensor;
  }

  onnx::GraphProto& graph_;
};

std::vector<std::int32_t> quantised_bias(const std::vector<float>& bias,
                                         const std::vector<float>& scales) {
  std::vector<std::int32_t> result(bias.size());
  for (std::size_t i = 0; i < bias.size(); ++i) {
    result[i] = static_cast<std::int32_t>(std::lrint(bias[i] / scales[i]));
  }
  return result;
}

std::vector<float> times(std::vector<float> values, float factor) {
  for (auto& value : values) value *= factor;
  return values;
}

/// Appends a convolution and its ReLU; returns the name of what it gives. `scale`: of its input
/// when it is quantised, then of its output.
std::string convolution(GraphWriter& graph, const Layer& layer, const std::string& name,
                        const std::string& input, bool int8, float& scale) {
  const Ints shape{layer.out.channels, layer.in_per_group(), layer.kernel, layer.kernel};
  std::string weights = name + ".weight";
  std::string bias = name + ".bias";
  if (int8) {
    const ChannelWeights quantised = quantise(layer);
    graph.dequantised(weights, shape, by_output(layer, quantised.values, true), quantised.scales,
                      0);
    const auto scales = times(quantised.scales, scale);
    graph.dequantised(bias, {layer.out.channels}, quantised_bias(layer.bias, scales), scales, 0);
  } else {
    graph.constant(weights, shape, by_output(layer, layer.weights, true));
    graph.constant(bias, {layer.out.channels}, layer.bias);
  }
  onnx::NodeProto& node = graph.node("Conv", {input, weights, bias}, name + ".sum");
  GraphWriter::set(node, "kernel_shape", Ints{layer.kernel, layer.kernel});
  GraphWriter::set(node, "strides", Ints{layer.stride, layer.stride});
  GraphWriter::set(node, "pads", Ints(4, layer.padding));
  GraphWriter::set(node, "group", layer.depthwise ? layer.in.channels : 1);
  graph.node("Relu", {name + ".sum"}, name);
  if (!int8) return name;
  scale = layer.largest / 255.0F;
  return graph.through_int8(name, scale, 0);
}

/// The dense layer, in 8 bits with one scale for all of its weights.
void classifier(GraphWriter& graph, const Network& network, const std::string& input, bool int8,
                float scale) {
  const Ints shape{network.channels(), network.labels()};
  if (!int8) {
    graph.constant("dense.weight", shape, network.classifier);
    graph.constant("dense.bias", {network.labels()}, network.bias);
  } else {
    Layer layer{.weights = network.classifier};
    layer.out.channels = 1;
    const ChannelWeights quantised = quantise(layer);
    const std::vector<float> scales(network.bias.size(), quantised.scales[0] * scale);
    graph.dequantised("dense.weight", shape, quantised.values,
                      std::vector<float>(network.bias.size(), quantised.scales[0]), 1);
    graph.dequantised("dense.bias", {network.labels()}, quantised_bias(network.bias, scales),
                      scales, 0);
  }
  graph.node("Gemm", {input, "dense.weight", "dense.bias"}, "logits");
}

}  // namespace

std::string onnx_model(const Network& network, Precision precision) {
  const bool int8 = precision == Precision::kInt8;
  onnx::ModelProto model;
  model.set_ir_version(kIrVersion);
  model.add_opset_import()->set_version(kOpset);
  onnx::GraphProto& proto = *model.mutable_graph();
  proto.set_name(network.name);
  GraphWriter graph(proto);
  const nn::Shape& in = network.layers.front().in;
  graph.value(*proto.add_input(), "features", {1, 1, in.time, in.freq});
  graph.value(*proto.add_output(), "logits", {1, network.labels()});

  std::string last = "features";
  float scale = network.largest_input() / 127.0F;
  if (int8) last = graph.through_int8(last, scale, 128);
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    last =
        convolution(graph, network.layers[i], "layer" + std::to_string(i + 1), last, int8, scale);
  }
  graph.node("GlobalAveragePool", {last}, "mean");
  last = int8 ? graph.through_int8("mean", scale, 0) : "mean";
  graph.node("Flatten", {last}, "flat");
  classifier(graph, network, "flat", int8, scale);
  return model.SerializeAsString();
}

}  // namespace kws::peers
