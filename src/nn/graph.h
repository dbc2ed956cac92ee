// SPDX-License-Identifier: MIT
//
// The one description of a network: a list of nodes in topological order over named tensors. The
// trainer differentiates it, the compressor rewrites it, the engine compiles it, the exporters
// print it. Weights lie beside it (weights.h), costs are counted in costs.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace kws::nn {

/// An activation is [time, freq, channels], row-major, channels last, oldest time step first.
/// What has neither axis left (after a mean over both, a flatten, a dense layer) is [1, 1,
/// channels].
struct Shape {
  std::int64_t time = 1;
  std::int64_t freq = 1;
  std::int64_t channels = 1;

  [[nodiscard]] std::size_t elements() const {
    return static_cast<std::size_t>(time * freq * channels);
  }
  bool operator==(const Shape&) const = default;
};

[[nodiscard]] std::string to_string(const Shape& shape);  // "24x20x64"

/// How the numbers of a tensor are stored.
enum class ElementType : std::uint8_t { kFloat32, kInt8 };

[[nodiscard]] constexpr std::int64_t bytes_of(ElementType type) {
  return type == ElementType::kFloat32 ? 4 : 1;
}

/// What the integers q of a kInt8 tensor mean: real = scale * (q - zero_point).
struct Quantisation {
  float scale = 1.0F;           // positive, finite, not denormal
  std::int32_t zero_point = 0;  // -128..127
  bool operator==(const Quantisation&) const = default;
};

struct Tensor {
  std::string name;
  Shape shape;
  /// Whether the first axis still is time, so that a hop moves it. False once it is pooled away.
  bool has_time = true;
  ElementType type = ElementType::kFloat32;
  Quantisation quantisation;  // of kInt8
};

enum class Op : std::uint8_t {
  kInputNorm,  // (x - mean[freq]) / deviation[freq]
  kConv2d,     // weights [kernel_time, kernel_freq, in / groups, out]
  kDepthwise,  // weights [kernel_time, kernel_freq, channels]
  kDense,      // weights [in, out], over the flattened input
  kBatchNorm,  // per channel: gamma, beta; running mean, variance
  kRelu,
  kRelu6,
  kHardSwish,        // x * relu6(x + 3) / 6
  kSwish,            // x * sigmoid(x)
  kAdd,              // two inputs; axes of size 1 broadcast
  kMul,              // two inputs; axes of size 1 broadcast
  kConcat,           // along channels
  kAveragePool,      // window; padding does not count in the average
  kMaxPool,          // window; padding never wins
  kMean,             // over time, freq or both
  kFlatten,          // [time, freq, channels] -> [1, 1, time * freq * channels], in that order
  kSoftmax,          // over channels
  kDropout,          // identity outside training
  kSubSpectralNorm,  // batch norm per channel and sub-band of freq (Chang et al. 2021)
  kQuantize,         // float -> int8 (quantisation.h)
  kDequantize,       // int8 -> float
};

[[nodiscard]] std::string_view to_string(Op op);
/// Throws ModelError for a word that is no operation.
[[nodiscard]] Op op_from_string(std::string_view word);

struct Padding {
  int time_before = 0;
  int time_after = 0;
  int freq_before = 0;
  int freq_after = 0;
  bool operator==(const Padding&) const = default;
};

/// The geometry that convolutions and pools share.
struct Window {
  int kernel_time = 1;
  int kernel_freq = 1;
  int stride_time = 1;
  int stride_freq = 1;
  int dilation_time = 1;
  int dilation_freq = 1;
  Padding padding;
  bool operator==(const Window&) const = default;
};

struct Conv2d {
  int channels = 1;  // of the output
  int groups = 1;
  Window window;
  bool bias = false;
  bool operator==(const Conv2d&) const = default;
};
struct Depthwise {
  Window window;
  bool bias = false;
  bool operator==(const Depthwise&) const = default;
};
struct Dense {
  int channels = 1;  // of the output
  bool bias = true;
  bool operator==(const Dense&) const = default;
};
struct BatchNorm {
  float epsilon = 1e-5F;
  float momentum = 0.1F;  // running = (1 - momentum) * running + momentum * batch
  bool operator==(const BatchNorm&) const = default;
};
struct SubSpectralNorm {
  int bands = 5;
  float epsilon = 1e-5F;
  float momentum = 0.1F;
  bool operator==(const SubSpectralNorm&) const = default;
};
struct Pool {
  Window window;
  bool operator==(const Pool&) const = default;
};
struct Mean {
  bool over_time = true;
  bool over_freq = true;
  bool operator==(const Mean&) const = default;
};
struct Dropout {
  float rate = 0.5F;
  bool operator==(const Dropout&) const = default;
};
struct NoAttributes {
  bool operator==(const NoAttributes&) const = default;
};

/// Which one belongs to which Op: kConv2d Conv2d, kDepthwise Depthwise, kDense Dense, kBatchNorm
/// BatchNorm, kSubSpectralNorm SubSpectralNorm, kAveragePool and kMaxPool Pool, kMean Mean,
/// kDropout Dropout, all others NoAttributes.
using Attributes = std::variant<NoAttributes, Conv2d, Depthwise, Dense, BatchNorm, SubSpectralNorm,
                                Pool, Mean, Dropout>;

/// Index into Graph::tensors.
using TensorId = std::size_t;

struct Node {
  std::string name;  // unique; the weights are called "<name>.weight" and so on
  Op op = Op::kRelu;
  Attributes attributes;
  std::vector<TensorId> inputs;
  TensorId output = 0;
};

/// Nodes are in topological order: every input is the graph's input or an earlier node's output.
/// Build one with add_input() and add_node(); read-only afterwards for everyone but rewrites.
struct Graph {
  std::vector<Tensor> tensors;
  std::vector<Node> nodes;
  TensorId input = 0;
  TensorId output = 0;

  /// The tensor that features enter by. Call once, first. Throws ModelError for a shape that is
  /// empty or too large.
  TensorId add_input(const Shape& shape);

  /// Appends a node, infers its output tensor (named like the node) and makes it the graph's
  /// output. Throws ModelError naming the node when the name is taken, an input does not exist,
  /// an attribute is out of range, or the shapes are impossible (a kernel larger than what it
  /// slides over, a sum of unequal shapes, more than kMaxElements or kMaxMacs).
  ///
  /// A node whose inputs are int8 works in int8; `quantisation` then says what its output means,
  /// as it does for kQuantize. Max pools, flatten and dropout keep what their input has and need
  /// none. Norms and softmax work in float only. What does not go together is a ModelError.
  TensorId add_node(std::string name, Op op, Attributes attributes, std::vector<TensorId> inputs,
                    std::optional<Quantisation> quantisation = std::nullopt);

  [[nodiscard]] const Tensor& tensor_of(const Node& node) const { return tensors[node.output]; }
  /// What add_node() was told, or found out, about the node's output; none for floats.
  [[nodiscard]] std::optional<Quantisation> quantisation_of(const Node& node) const;
  [[nodiscard]] const Shape& input_shape() const { return tensors[input].shape; }
  [[nodiscard]] const Shape& output_shape() const { return tensors[output].shape; }
};

/// Of a tensor or of the weights of a layer, and operations of a layer. No keyword spotter comes
/// near these; a hostile file might.
inline constexpr std::int64_t kMaxElements = std::int64_t{1} << 26;
inline constexpr std::int64_t kMaxMacs = std::int64_t{1} << 40;

/// Output size along one axis: floor((size + padding - dilation * (kernel - 1) - 1) / stride) + 1.
/// 0 or less when the kernel does not fit.
[[nodiscard]] std::int64_t window_output(std::int64_t size, int kernel, int stride, int dilation,
                                         int padding);

/// Zero padding, before and after, that keeps ceil(size / stride) positions ("same" as TensorFlow
/// defines it: the odd one goes after).
[[nodiscard]] Padding same_padding(const Shape& input, const Window& window);

}  // namespace kws::nn
