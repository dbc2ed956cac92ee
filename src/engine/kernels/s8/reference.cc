// SPDX-License-Identifier: MIT
//
// Every int8 operation as docs/engine.md defines it: plain loops over whatever rows are asked for,
// exact sums in 32 bits, one rounding per element. The truth that the fast kernels are tested
// against, and the kernel of operations that have no faster one.
#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "engine/kernels/s8/kernels.h"
#include "engine/kernels/s8/requantise.h"
#include "engine/kernels/s8/table.h"

namespace kws::engine::s8 {
namespace {

using nn::Op;
using nn::Shape;

const std::int8_t* bytes(const void* memory) noexcept {
  return static_cast<const std::int8_t*>(memory);
}

std::int64_t index(const Shape& shape, std::int64_t t, std::int64_t f, std::int64_t c) noexcept {
  return (t * shape.freq + f) * shape.channels + c;
}

/// Where (t, f, c) of the output lies in an operand whose axes of size 1 broadcast.
std::int64_t broadcast_index(const Shape& shape, std::int64_t t, std::int64_t f,
                             std::int64_t c) noexcept {
  return index(shape, shape.time == 1 ? 0 : t, shape.freq == 1 ? 0 : f,
               shape.channels == 1 ? 0 : c);
}

class ReferenceKernel final : public Kernel {
 public:
  ReferenceKernel(const nn::Model& model, const nn::Node& node)
      : op_(node.op), attributes_(node.attributes) {
    const auto spec = [&](nn::TensorId tensor) {
      return TensorSpec{model.graph.tensors[tensor].shape,
                        model.graph.tensors[tensor].quantisation};
    };
    out_ = spec(node.output);
    for (const auto input : node.inputs) {
      in_.push_back(spec(input));
      ratios_.push_back(ratio(in_.back().quantisation, out_.quantisation));
    }
    if (nn::has_int8_weights(model.graph, node)) layer_ = nn::integer_layer(model, node);
    switch (node.op) {
      case Op::kRelu:
      case Op::kRelu6:
      case Op::kHardSwish:
      case Op::kSwish:
        tables_ = {activation_table(node.op, in_[0].quantisation, out_.quantisation)};
        return;
      case Op::kConcat:
        for (const auto& part : in_) {
          tables_.push_back(rescaling_table(part.quantisation, out_.quantisation));
        }
        return;
      case Op::kMul:
        product_ratio_ = static_cast<float>(static_cast<double>(in_[0].quantisation.scale) *
                                            static_cast<double>(in_[1].quantisation.scale) /
                                            static_cast<double>(out_.quantisation.scale));
        return;
      default:
        return;
    }
  }

  void run(Inputs inputs, void* output, RowRange rows) const noexcept KWS_REALTIME override {
    const auto* x = bytes(inputs[0]);
    const Shape& in = in_[0].shape;
    const std::int32_t zero_x = in_[0].quantisation.zero_point;
    const std::int32_t zero_y = out_.quantisation.zero_point;
    switch (op_) {
      case Op::kConv2d:
        return conv2d(x, output, rows);
      case Op::kDepthwise:
        return depthwise(x, output, rows);
      case Op::kDense:
        return each(output, rows, [&](auto, auto, auto c) {
          std::int32_t sum = bias(c);
          for (std::size_t i = 0; i < in.elements(); ++i) {
            sum += (x[i] - zero_x) * weight(static_cast<std::int64_t>(i) * out_.shape.channels + c);
          }
          return requantise(sum, multiplier(c), zero_y);
        });
      case Op::kRelu:
      case Op::kRelu6:
      case Op::kHardSwish:
      case Op::kSwish:
        return each(output, rows,
                    [&](auto t, auto f, auto c) { return tables_[0][x[index(in, t, f, c)]]; });
      case Op::kAdd:
        return each(output, rows, [&](auto t, auto f, auto c) {
          const auto part = [&](std::size_t i) {
            const std::int32_t q = bytes(inputs[i])[broadcast_index(in_[i].shape, t, f, c)];
            return static_cast<float>(q - in_[i].quantisation.zero_point) * ratios_[i];
          };
          return to_int8(part(0) + part(1), zero_y);
        });
      case Op::kMul:
        return each(output, rows, [&](auto t, auto f, auto c) {
          const auto part = [&](std::size_t i) {
            const std::int32_t q = bytes(inputs[i])[broadcast_index(in_[i].shape, t, f, c)];
            return q - in_[i].quantisation.zero_point;
          };
          return requantise(part(0) * part(1), product_ratio_, zero_y);
        });
      case Op::kConcat:
        return each(output, rows, [&](auto t, auto f, auto c) {
          std::size_t part = 0;
          while (c >= in_[part].shape.channels) c -= in_[part++].shape.channels;
          return tables_[part][bytes(inputs[part])[index(in_[part].shape, t, f, c)]];
        });
      case Op::kAveragePool:
      case Op::kMaxPool:
        return pool(x, output, rows);
      case Op::kMean:
        return mean(x, output, rows);
      case Op::kQuantize: {
        const auto* reals = static_cast<const float*>(inputs[0]);
        return each(output, rows, [&](auto t, auto f, auto c) {
          return nn::quantise(reals[index(in, t, f, c)], out_.quantisation);
        });
      }
      case Op::kDequantize: {
        auto* reals = static_cast<float*>(output);
        const std::int64_t row = in.freq * in.channels;
        for (std::int64_t i = rows.begin * row; i < rows.end * row; ++i) {
          reals[i] = nn::dequantise(x[i], in_[0].quantisation);
        }
        return;
      }
      default:
        return;  // refused by make_reference_kernel()
    }
  }

  [[nodiscard]] std::string_view name() const noexcept override { return "int8 reference"; }

 private:
  /// output[t, f, c] = function(t, f, c).
  template <typename Function>
  void each(void* output, RowRange rows, Function function) const noexcept {
    auto* to = static_cast<std::int8_t*>(output) + index(out_.shape, rows.begin, 0, 0);
    for (std::int64_t t = rows.begin; t < rows.end; ++t) {
      for (std::int64_t f = 0; f < out_.shape.freq; ++f) {
        for (std::int64_t c = 0; c < out_.shape.channels; ++c) *to++ = function(t, f, c);
      }
    }
  }

  /// Calls tap(tap number, input time, input freq) for every tap that meets the input. A tap in the
  /// padding is a real 0, so it adds nothing.
  template <typename Tap>
  void slide(const nn::Window& window, std::int64_t t, std::int64_t f, Tap tap) const noexcept {
    const Shape& in = in_[0].shape;
    for (std::int64_t kt = 0; kt < window.kernel_time; ++kt) {
      for (std::int64_t kf = 0; kf < window.kernel_freq; ++kf) {
        const std::int64_t from_t =
            t * window.stride_time + kt * window.dilation_time - window.padding.time_before;
        const std::int64_t from_f =
            f * window.stride_freq + kf * window.dilation_freq - window.padding.freq_before;
        if (from_t < 0 || from_t >= in.time || from_f < 0 || from_f >= in.freq) continue;
        tap(kt * window.kernel_freq + kf, from_t, from_f);
      }
    }
  }

  void conv2d(const std::int8_t* x, void* output, RowRange rows) const noexcept {
    const auto& conv = std::get<nn::Conv2d>(attributes_);
    const Shape& in = in_[0].shape;
    const std::int64_t depth = in.channels / conv.groups;
    const std::int64_t group_channels = conv.channels / conv.groups;
    each(output, rows, [&](auto t, auto f, auto c) {
      std::int32_t sum = bias(c);
      slide(conv.window, t, f, [&](auto tap, auto from_t, auto from_f) {
        for (std::int64_t k = 0; k < depth; ++k) {
          const std::int32_t q = x[index(in, from_t, from_f, c / group_channels * depth + k)];
          sum +=
              (q - in_[0].quantisation.zero_point) * weight((tap * depth + k) * conv.channels + c);
        }
      });
      return requantise(sum, multiplier(c), out_.quantisation.zero_point);
    });
  }

  void depthwise(const std::int8_t* x, void* output, RowRange rows) const noexcept {
    const Shape& in = in_[0].shape;
    each(output, rows, [&](auto t, auto f, auto c) {
      std::int32_t sum = bias(c);
      slide(std::get<nn::Depthwise>(attributes_).window, t, f,
            [&](auto tap, auto from_t, auto from_f) {
              sum += (x[index(in, from_t, from_f, c)] - in_[0].quantisation.zero_point) *
                     weight(tap * in.channels + c);
            });
      return requantise(sum, multiplier(c), out_.quantisation.zero_point);
    });
  }

  void pool(const std::int8_t* x, void* output, RowRange rows) const noexcept {
    const nn::Window& window = std::get<nn::Pool>(attributes_).window;
    each(output, rows, [&](auto t, auto f, auto c) {
      std::int32_t sum = 0;
      std::int64_t count = 0;
      std::int8_t largest = std::numeric_limits<std::int8_t>::min();
      slide(window, t, f, [&](auto, auto from_t, auto from_f) {
        const std::int8_t q = x[index(in_[0].shape, from_t, from_f, c)];
        sum += q - in_[0].quantisation.zero_point;
        ++count;
        largest = std::max(largest, q);
      });
      if (op_ == Op::kMaxPool) return largest;
      return requantise(sum, ratio(in_[0].quantisation, out_.quantisation, count),
                        out_.quantisation.zero_point);
    });
  }

  void mean(const std::int8_t* x, void* output, RowRange rows) const noexcept {
    const auto& axes = std::get<nn::Mean>(attributes_);
    const Shape& in = in_[0].shape;
    const std::int64_t count = (axes.over_time ? in.time : 1) * (axes.over_freq ? in.freq : 1);
    const float share = ratio(in_[0].quantisation, out_.quantisation, count);
    each(output, rows, [&](auto t, auto f, auto c) {
      std::int32_t sum = 0;
      for (std::int64_t from_t = axes.over_time ? 0 : t;
           from_t < (axes.over_time ? in.time : t + 1); ++from_t) {
        for (std::int64_t from_f = axes.over_freq ? 0 : f;
             from_f < (axes.over_freq ? in.freq : f + 1); ++from_f) {
          sum += x[index(in, from_t, from_f, c)] - in_[0].quantisation.zero_point;
        }
      }
      return requantise(sum, share, out_.quantisation.zero_point);
    });
  }

  [[nodiscard]] std::int32_t weight(std::int64_t at) const noexcept {
    return layer_.weight[static_cast<std::size_t>(at)];
  }
  [[nodiscard]] std::int32_t bias(std::int64_t c) const noexcept {
    return layer_.bias[static_cast<std::size_t>(c)];
  }
  [[nodiscard]] float multiplier(std::int64_t c) const noexcept {
    return layer_.multiplier[static_cast<std::size_t>(c)];
  }

  Op op_;
  nn::Attributes attributes_;
  std::vector<TensorSpec> in_;
  TensorSpec out_;
  std::vector<float> ratios_;   // scale of each input / scale of the output
  float product_ratio_ = 1.0F;  // of a mul
  std::vector<Table> tables_;   // one of an activation, one per input of a concat
  nn::IntegerLayer layer_;
};

}  // namespace

std::unique_ptr<Kernel> make_reference_kernel(const nn::Model& model, const nn::Node& node) {
  switch (node.op) {
    case Op::kInputNorm:
    case Op::kBatchNorm:
    case Op::kSubSpectralNorm:
    case Op::kSoftmax:
    case Op::kFlatten:
    case Op::kDropout:
      throw ModelError("layer '" + printable(node.name) + "' (" +
                       std::string(nn::to_string(node.op)) +
                       "): the engine has no int8 kernel for it");
    default:
      return std::make_unique<ReferenceKernel>(model, node);
  }
}

}  // namespace kws::engine::s8
