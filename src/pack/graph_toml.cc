// SPDX-License-Identifier: MIT
#include "pack/graph_toml.h"

#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/text.h"

namespace kws::pack {
namespace {

using config::Table;
using config::Writer;
using nn::Op;

constexpr std::int64_t kMaxSize = 1 << 16;  // Graph holds tighter ones

std::vector<int> sizes_or(const Table& table, const char* key, std::vector<int> fallback) {
  if (!table.has(key)) return fallback;
  const auto found = table.integers(key, 0, kMaxSize);
  if (found.size() != fallback.size()) {
    throw table.error(key, "must have " + std::to_string(fallback.size()) + " numbers");
  }
  return {found.begin(), found.end()};
}

nn::Window read_window(const Table& table) {
  nn::Window window;
  const auto kernel = sizes_or(table, "kernel", {1, 1});
  const auto stride = sizes_or(table, "stride", {1, 1});
  const auto dilation = sizes_or(table, "dilation", {1, 1});
  const auto padding = sizes_or(table, "padding", {0, 0, 0, 0});
  window.kernel_time = kernel[0];
  window.kernel_freq = kernel[1];
  window.stride_time = stride[0];
  window.stride_freq = stride[1];
  window.dilation_time = dilation[0];
  window.dilation_freq = dilation[1];
  window.padding = {padding[0], padding[1], padding[2], padding[3]};
  return window;
}

void write_window(Writer& writer, const nn::Window& window) {
  using List = std::vector<std::int64_t>;
  const auto unless = [&](const char* key, const List& list, const List& usual) {
    if (list != usual) writer.value(key, list);
  };
  const auto& padding = window.padding;
  unless("kernel", {window.kernel_time, window.kernel_freq}, {});
  unless("stride", {window.stride_time, window.stride_freq}, {1, 1});
  unless("dilation", {window.dilation_time, window.dilation_freq}, {1, 1});
  unless("padding",
         {padding.time_before, padding.time_after, padding.freq_before, padding.freq_after},
         {0, 0, 0, 0});
}

/// None for a node that gives floats.
std::optional<nn::Quantisation> read_quantisation(const Table& node) {
  if (!node.has("type")) return std::nullopt;
  constexpr double kLargest = static_cast<double>(std::numeric_limits<float>::max());
  (void)node.choice("type", {"s8"});
  return nn::Quantisation{
      .scale = static_cast<float>(node.number("scale", -kLargest, kLargest)),
      .zero_point = static_cast<std::int32_t>(node.integer("zero_point", -kMaxSize, kMaxSize))};
}

void write_quantisation(Writer& writer, const nn::Quantisation& quantisation) {
  writer.value("type", "s8");
  writer.value("scale", quantisation.scale);
  writer.value("zero_point", quantisation.zero_point);
}

nn::Attributes read_attributes(const Table& table, Op op) {
  const auto integer = [&](const char* key) {
    return static_cast<int>(table.integer(key, 0, kMaxSize));
  };
  const auto fraction = [&](const char* key) {
    return static_cast<float>(table.number(key, 0.0, 1.0));
  };
  switch (op) {
    case Op::kConv2d:
      return nn::Conv2d{.channels = integer("channels"),
                        .groups = static_cast<int>(table.integer_or("groups", 1, 1, kMaxSize)),
                        .window = read_window(table),
                        .bias = table.boolean("bias")};
    case Op::kDepthwise:
      return nn::Depthwise{.window = read_window(table), .bias = table.boolean("bias")};
    case Op::kDense:
      return nn::Dense{.channels = integer("channels"), .bias = table.boolean("bias")};
    case Op::kBatchNorm:
      return nn::BatchNorm{.epsilon = fraction("epsilon"), .momentum = fraction("momentum")};
    case Op::kSubSpectralNorm:
      return nn::SubSpectralNorm{.bands = integer("bands"),
                                 .epsilon = fraction("epsilon"),
                                 .momentum = fraction("momentum")};
    case Op::kAveragePool:
    case Op::kMaxPool:
      return nn::Pool{read_window(table)};
    case Op::kMean:
      return nn::Mean{.over_time = table.boolean("over_time"),
                      .over_freq = table.boolean("over_freq")};
    case Op::kDropout:
      return nn::Dropout{fraction("rate")};
    default:
      return nn::NoAttributes{};
  }
}

/// One overload for each kind of attributes.
struct AttributeWriter {
  Writer& writer;

  void operator()(const nn::NoAttributes& /*none*/) const {}
  void operator()(const nn::Conv2d& conv) const {
    writer.value("channels", conv.channels);
    if (conv.groups != 1) writer.value("groups", conv.groups);
    write_window(writer, conv.window);
    writer.value("bias", conv.bias);
  }
  void operator()(const nn::Depthwise& depthwise) const {
    write_window(writer, depthwise.window);
    writer.value("bias", depthwise.bias);
  }
  void operator()(const nn::Dense& dense) const {
    writer.value("channels", dense.channels);
    writer.value("bias", dense.bias);
  }
  void operator()(const nn::BatchNorm& norm) const {
    writer.value("epsilon", norm.epsilon);
    writer.value("momentum", norm.momentum);
  }
  void operator()(const nn::SubSpectralNorm& norm) const {
    writer.value("bands", norm.bands);
    writer.value("epsilon", norm.epsilon);
    writer.value("momentum", norm.momentum);
  }
  void operator()(const nn::Pool& pool) const { write_window(writer, pool.window); }
  void operator()(const nn::Mean& mean) const {
    writer.value("over_time", mean.over_time);
    writer.value("over_freq", mean.over_freq);
  }
  void operator()(const nn::Dropout& dropout) const { writer.value("rate", dropout.rate); }
};

}  // namespace

nn::Graph read_graph(const Table& manifest) {
  nn::Graph graph;
  const auto table = manifest.table("graph");
  const auto input = table.integers("input", 1, kMaxSize);
  if (input.size() != 3) throw table.error("input", "must be [time, freq, channels]");
  graph.add_input({input[0], input[1], input[2]});

  std::map<std::string, nn::TensorId> made{{graph.tensors[graph.input].name, graph.input}};
  for (const auto& node : manifest.tables("node")) {
    const auto name = node.string("name");
    const Op op = [&] {
      const auto word = node.string("op");
      try {
        return nn::op_from_string(word);
      } catch (const ModelError& error) {
        throw node.error("op", std::string("cannot be: ") + error.what());
      }
    }();
    std::vector<nn::TensorId> inputs;
    for (const auto& source : node.strings("inputs")) {
      const auto found = made.find(source);
      if (found == made.end()) {
        throw node.error("inputs", "names '" + printable(source) + "', which no node before '" +
                                       printable(name) + "' makes");
      }
      inputs.push_back(found->second);
    }
    made.emplace(name, graph.add_node(name, op, read_attributes(node, op), std::move(inputs),
                                      read_quantisation(node)));
  }

  const auto output = table.string("output");
  const auto found = made.find(output);
  if (found == made.end()) {
    throw table.error("output", "names '" + printable(output) + "', which no node makes");
  }
  graph.output = found->second;
  return graph;
}

void write_graph(Writer& writer, const nn::Graph& graph) {
  const auto& input = graph.input_shape();
  writer.table("graph");
  writer.value("input", std::vector<std::int64_t>{input.time, input.freq, input.channels});
  writer.value("output", graph.tensors[graph.output].name);
  for (const auto& node : graph.nodes) {
    std::vector<std::string> inputs;
    for (const auto tensor : node.inputs) inputs.push_back(graph.tensors[tensor].name);
    writer.array_table("node");
    writer.value("name", node.name);
    writer.value("op", nn::to_string(node.op));
    writer.value("inputs", inputs);
    std::visit(AttributeWriter{writer}, node.attributes);
    if (const auto quantisation = graph.quantisation_of(node)) {
      write_quantisation(writer, *quantisation);
    }
  }
}

}  // namespace kws::pack
