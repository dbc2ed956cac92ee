// SPDX-License-Identifier: MIT
#include "nn/graph.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <utility>

#include "base/error.h"
#include "base/text.h"

namespace kws::nn {
namespace {

constexpr std::array<std::pair<Op, std::string_view>, 21> kOpNames{{
    {Op::kInputNorm, "input_norm"},
    {Op::kConv2d, "conv2d"},
    {Op::kDepthwise, "depthwise"},
    {Op::kDense, "dense"},
    {Op::kBatchNorm, "batch_norm"},
    {Op::kRelu, "relu"},
    {Op::kRelu6, "relu6"},
    {Op::kHardSwish, "hard_swish"},
    {Op::kSwish, "swish"},
    {Op::kAdd, "add"},
    {Op::kMul, "mul"},
    {Op::kConcat, "concat"},
    {Op::kAveragePool, "average_pool"},
    {Op::kMaxPool, "max_pool"},
    {Op::kMean, "mean"},
    {Op::kFlatten, "flatten"},
    {Op::kSoftmax, "softmax"},
    {Op::kDropout, "dropout"},
    {Op::kSubSpectralNorm, "sub_spectral_norm"},
    {Op::kQuantize, "quantize"},
    {Op::kDequantize, "dequantize"},
}};

std::string to_text(float number) {
  std::array<char, 32> buffer;
  const auto length =
      std::snprintf(buffer.data(), buffer.size(), "%g", static_cast<double>(number));
  return {buffer.data(), static_cast<std::size_t>(length)};
}

constexpr int kMaxWindow = 4096;  // kernel, stride, dilation, padding
constexpr int kMaxChannels = 1 << 16;

/// Output shape of one node, with everything that can be wrong checked on the way.
class Inference {
 public:
  Inference(const Graph& graph, const Node& node) : graph_(graph), node_(node) {
    const auto wanted = std::size_t{node.op == Op::kAdd || node.op == Op::kMul ? 2U : 1U};
    if (node.op == Op::kConcat ? node.inputs.size() < 2 : node.inputs.size() != wanted) {
      fail("has " + std::to_string(node.inputs.size()) + " inputs");
    }
    for (const auto input : node.inputs) {
      if (input >= graph.tensors.size()) fail("reads a tensor that does not exist");
    }
  }

  /// The output tensor, still without name.
  [[nodiscard]] Tensor run(std::optional<Quantisation> quantisation) const {
    Tensor output;
    set_type(output, quantisation);
    output.has_time = input().has_time;
    output.shape = shape(output.has_time);
    check_size(output.shape);
    check_weights(output.shape);
    return output;
  }

 private:
  /// float or int8, and what the integers mean.
  void set_type(Tensor& output, std::optional<Quantisation> quantisation) const {
    const bool from_int8 = input().type == ElementType::kInt8;
    for (const auto tensor : node_.inputs) {
      if ((graph_.tensors[tensor].type == ElementType::kInt8) == from_int8) continue;
      fail("reads floats as well as int8: put a quantize or a dequantize between");
    }
    if (from_int8 && works_in_float_only(node_.op)) {
      fail(node_.op == Op::kQuantize ? "reads what is int8 already"
                                     : "has no int8 arithmetic: put a dequantize before it");
    }
    if (!from_int8 && node_.op == Op::kDequantize) fail("reads what is no int8");
    const bool to_int8 = node_.op == Op::kQuantize || (from_int8 && node_.op != Op::kDequantize);
    if (!to_int8) {
      if (quantisation && node_.op != Op::kDequantize) {
        fail("is told to give int8 but reads floats: put a quantize before it");
      }
      if (quantisation) fail("gives floats, which have no scale");
      return;
    }
    if (keeps_quantisation(node_.op)) {
      if (quantisation && *quantisation != input().quantisation) {
        fail("moves int8 as they are, so its scale and zero point must be its input's");
      }
      quantisation = input().quantisation;
    }
    if (!quantisation) fail("gives int8 without a scale and a zero point");
    check(*quantisation);
    output.type = ElementType::kInt8;
    output.quantisation = *quantisation;
  }

  static bool works_in_float_only(Op op) {
    switch (op) {
      case Op::kInputNorm:
      case Op::kBatchNorm:
      case Op::kSubSpectralNorm:
      case Op::kSoftmax:
      case Op::kQuantize:
        return true;
      default:
        return false;
    }
  }

  static bool keeps_quantisation(Op op) {
    return op == Op::kMaxPool || op == Op::kFlatten || op == Op::kDropout;
  }

  void check(const Quantisation& quantisation) const {
    if (!(quantisation.scale > 0.0F) || !std::isnormal(quantisation.scale)) {
      fail("has a scale of " + to_text(quantisation.scale) +
           ", must be positive, finite and not denormal");
    }
    check_range("zero_point", quantisation.zero_point, -128, 127);
  }

  [[nodiscard]] Shape shape(bool& has_time) const {
    switch (node_.op) {
      case Op::kConv2d: {
        const auto& conv = attribute<Conv2d>();
        check_range("channels", conv.channels, 1, kMaxChannels);
        check_range("groups", conv.groups, 1, kMaxChannels);
        if (input().shape.channels % conv.groups != 0 || conv.channels % conv.groups != 0) {
          fail("cannot divide " + std::to_string(input().shape.channels) + " → " +
               std::to_string(conv.channels) + " channels into " + std::to_string(conv.groups) +
               " groups");
        }
        auto result = slide(conv.window);
        result.channels = conv.channels;
        return result;
      }
      case Op::kDepthwise:
        return slide(attribute<Depthwise>().window);
      case Op::kAveragePool:
      case Op::kMaxPool:
        check_pool(attribute<Pool>().window);
        return slide(attribute<Pool>().window);
      case Op::kDense: {
        const auto& dense = attribute<Dense>();
        check_range("channels", dense.channels, 1, kMaxChannels);
        has_time = false;
        return {1, 1, dense.channels};
      }
      case Op::kMean: {
        const auto& mean = attribute<Mean>();
        Shape result = input().shape;
        if (mean.over_time) {
          result.time = 1;
          has_time = false;
        }
        if (mean.over_freq) result.freq = 1;
        return result;
      }
      case Op::kFlatten:
        has_time = false;
        return {1, 1, input().shape.time * input().shape.freq * input().shape.channels};
      case Op::kAdd:
      case Op::kMul:
        return broadcast(has_time);
      case Op::kConcat:
        return concat(has_time);
      case Op::kBatchNorm:
        check_norm(attribute<BatchNorm>());
        return input().shape;
      case Op::kSubSpectralNorm: {
        const auto& norm = attribute<SubSpectralNorm>();
        check_norm(norm);
        check_range("bands", norm.bands, 1, kMaxWindow);
        if (input().shape.freq % norm.bands != 0) {
          fail("cannot divide " + std::to_string(input().shape.freq) + " frequencies into " +
               std::to_string(norm.bands) + " bands");
        }
        return input().shape;
      }
      case Op::kDropout: {
        const auto rate = attribute<Dropout>().rate;
        if (!(rate >= 0.0F && rate < 1.0F)) fail("dropout rate must be in 0..1, 1 excluded");
        return input().shape;
      }
      case Op::kInputNorm:
        if (node_.inputs[0] != graph_.input) fail("may only stand at the input");
        if (input().shape.channels != 1) fail("wants one channel");
        [[fallthrough]];
      case Op::kRelu:
      case Op::kRelu6:
      case Op::kHardSwish:
      case Op::kSwish:
      case Op::kSoftmax:
      case Op::kQuantize:
      case Op::kDequantize:
        (void)attribute<NoAttributes>();
        return input().shape;
    }
    fail("is of no known kind");
  }

  [[nodiscard]] Shape slide(const Window& window) const {
    check_range("kernel_time", window.kernel_time, 1, kMaxWindow);
    check_range("kernel_freq", window.kernel_freq, 1, kMaxWindow);
    check_range("stride_time", window.stride_time, 1, kMaxWindow);
    check_range("stride_freq", window.stride_freq, 1, kMaxWindow);
    check_range("dilation_time", window.dilation_time, 1, kMaxWindow);
    check_range("dilation_freq", window.dilation_freq, 1, kMaxWindow);
    const auto& padding = window.padding;
    check_range("padding", padding.time_before, 0, kMaxWindow);
    check_range("padding", padding.time_after, 0, kMaxWindow);
    check_range("padding", padding.freq_before, 0, kMaxWindow);
    check_range("padding", padding.freq_after, 0, kMaxWindow);
    Shape result = input().shape;
    result.time = window_output(result.time, window.kernel_time, window.stride_time,
                                window.dilation_time, padding.time_before + padding.time_after);
    result.freq = window_output(result.freq, window.kernel_freq, window.stride_freq,
                                window.dilation_freq, padding.freq_before + padding.freq_after);
    if (result.time < 1 || result.freq < 1) {
      fail("a kernel of " + std::to_string(window.kernel_time) + "x" +
           std::to_string(window.kernel_freq) + " does not fit its input, " +
           to_string(input().shape));
    }
    return result;
  }

  void check_pool(const Window& window) const {
    // Otherwise a position could lie in the padding altogether and average nothing.
    const auto& padding = window.padding;
    if (std::max(padding.time_before, padding.time_after) >= window.kernel_time ||
        std::max(padding.freq_before, padding.freq_after) >= window.kernel_freq) {
      fail("pools over padding alone");
    }
    if (window.dilation_time != 1 || window.dilation_freq != 1) fail("pools with dilation");
  }

  [[nodiscard]] Shape broadcast(bool& has_time) const {
    const auto& a = graph_.tensors[node_.inputs[0]];
    const auto& b = graph_.tensors[node_.inputs[1]];
    const auto axis = [&](std::int64_t left, std::int64_t right) {
      if (left != right && left != 1 && right != 1) {
        fail("cannot combine " + to_string(a.shape) + " with " + to_string(b.shape));
      }
      return std::max(left, right);
    };
    has_time = a.has_time || b.has_time;
    return {axis(a.shape.time, b.shape.time), axis(a.shape.freq, b.shape.freq),
            axis(a.shape.channels, b.shape.channels)};
  }

  [[nodiscard]] Shape concat(bool& has_time) const {
    Shape result = input().shape;
    for (std::size_t i = 1; i < node_.inputs.size(); ++i) {
      const auto& other = graph_.tensors[node_.inputs[i]];
      if (other.shape.time != result.time || other.shape.freq != result.freq) {
        fail("cannot join " + to_string(result) + " with " + to_string(other.shape));
      }
      has_time = has_time || other.has_time;
      result.channels += other.shape.channels;
    }
    return result;
  }

  template <typename Norm>
  void check_norm(const Norm& norm) const {
    if (!(norm.epsilon > 0.0F && norm.epsilon < 1.0F)) fail("epsilon must be between 0 and 1");
    if (!(norm.momentum > 0.0F && norm.momentum <= 1.0F)) fail("momentum must be in 0..1");
  }

  void check_range(const char* what, std::int64_t value, std::int64_t low,
                   std::int64_t high) const {
    if (value < low || value > high) {
      fail(std::string(what) + " is " + std::to_string(value) + ", must be " + std::to_string(low) +
           ".." + std::to_string(high));
    }
  }

  void check_size(const Shape& shape) const {
    if (shape.time > kMaxElements || shape.freq > kMaxElements || shape.channels > kMaxElements ||
        shape.time * shape.freq > kMaxElements ||
        shape.time * shape.freq * shape.channels > kMaxElements) {
      fail("gives a tensor of " + to_string(shape) + ", too large");
    }
  }

  /// A kernel may slide over padding far larger than the input, so the tensors alone bound neither
  /// the weights nor the work. In double: the product may not fit 64 bits.
  void check_weights(const Shape& output) const {
    double weights = 0.0;
    const auto area = [](const Window& window) {
      return static_cast<double>(window.kernel_time) * window.kernel_freq;
    };
    if (const auto* conv = std::get_if<Conv2d>(&node_.attributes)) {
      weights = area(conv->window) * static_cast<double>(input().shape.channels / conv->groups) *
                conv->channels;
    } else if (const auto* depthwise = std::get_if<Depthwise>(&node_.attributes)) {
      weights = area(depthwise->window) * static_cast<double>(input().shape.channels);
    } else if (const auto* dense = std::get_if<Dense>(&node_.attributes)) {
      weights = static_cast<double>(input().shape.elements()) * dense->channels;
    }
    if (weights > static_cast<double>(kMaxElements)) fail("has too many weights");
    if (weights * static_cast<double>(output.time * output.freq) > static_cast<double>(kMaxMacs)) {
      fail("takes too many operations");
    }
  }

  template <typename Kind>
  [[nodiscard]] const Kind& attribute() const {
    if (const auto* kind = std::get_if<Kind>(&node_.attributes)) return *kind;
    fail("has the attributes of another operation");
  }

  [[nodiscard]] const Tensor& input() const { return graph_.tensors[node_.inputs[0]]; }

  [[noreturn]] void fail(const std::string& what) const {
    throw ModelError("layer '" + printable(node_.name) + "' (" + std::string(to_string(node_.op)) +
                     "): " + what);
  }

  const Graph& graph_;
  const Node& node_;
};

}  // namespace

std::string to_string(const Shape& shape) {
  return std::to_string(shape.time) + "x" + std::to_string(shape.freq) + "x" +
         std::to_string(shape.channels);
}

std::string_view to_string(Op op) {
  for (const auto& [known, name] : kOpNames) {
    if (known == op) return name;
  }
  return "?";
}

Op op_from_string(std::string_view word) {
  for (const auto& [op, name] : kOpNames) {
    if (name == word) return op;
  }
  throw ModelError("'" + printable(word) + "' is no operation");
}

TensorId Graph::add_input(const Shape& shape) {
  constexpr std::int64_t kMaxAxis = 1 << 16;
  for (const auto axis : {shape.time, shape.freq, shape.channels}) {
    if (axis < 1 || axis > kMaxAxis) {
      throw ModelError("input: a shape of " + to_string(shape) + " is impossible");
    }
  }
  if (shape.time * shape.freq * shape.channels > kMaxElements) {
    throw ModelError("input: a shape of " + to_string(shape) + " is too large");
  }
  tensors = {Tensor{.name = "input", .shape = shape}};
  nodes.clear();
  input = output = 0;
  return input;
}

TensorId Graph::add_node(std::string name, Op op, Attributes attributes,
                         std::vector<TensorId> inputs, std::optional<Quantisation> quantisation) {
  if (name.empty()) throw ModelError("a layer has no name");
  for (const auto& tensor : tensors) {
    if (tensor.name == name) throw ModelError("layer '" + printable(name) + "': its name is taken");
  }
  Node node{.name = std::move(name),
            .op = op,
            .attributes = std::move(attributes),
            .inputs = std::move(inputs),
            .output = tensors.size()};
  Tensor result = Inference(*this, node).run(quantisation);
  result.name = node.name;
  output = node.output;
  tensors.push_back(std::move(result));
  nodes.push_back(std::move(node));
  return output;
}

std::optional<Quantisation> Graph::quantisation_of(const Node& node) const {
  const Tensor& tensor = tensor_of(node);
  if (tensor.type != ElementType::kInt8) return std::nullopt;
  return tensor.quantisation;
}

std::int64_t window_output(std::int64_t size, int kernel, int stride, int dilation, int padding) {
  const std::int64_t span = std::int64_t{dilation} * (kernel - 1) + 1;
  const std::int64_t room = size + padding - span;
  return room < 0 ? 0 : room / stride + 1;
}

Padding same_padding(const Shape& input, const Window& window) {
  const auto total = [](std::int64_t size, int kernel, int stride, int dilation) {
    const auto positions = (size + stride - 1) / stride;
    const auto span = std::int64_t{dilation} * (kernel - 1) + 1;
    return static_cast<int>(std::max<std::int64_t>((positions - 1) * stride + span - size, 0));
  };
  const int time = total(input.time, window.kernel_time, window.stride_time, window.dilation_time);
  const int freq = total(input.freq, window.kernel_freq, window.stride_freq, window.dilation_freq);
  return {time / 2, time - time / 2, freq / 2, freq - freq / 2};
}

}  // namespace kws::nn
