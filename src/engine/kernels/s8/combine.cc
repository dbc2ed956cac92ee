// SPDX-License-Identifier: MIT
//
// int8 sums and products where branches of a network meet; axes of size 1 broadcast. Where both
// operands have the shape of the output, as a residual sum's have, rows are one stretch of bytes.
#include <algorithm>

#include "engine/kernels/s8/factories.h"
#include "engine/kernels/s8/simd.h"

namespace kws::engine::s8::KWS_INSTRUCTION_SET {
namespace {

/// How far to move in an operand for a step along each axis of the output: 0 where it broadcasts.
struct Steps {
  std::int64_t time;
  std::int64_t freq;
  bool one_channel;
  std::int32_t zero_point;

  Steps(const TensorSpec& operand, const nn::Shape& out)
      : time(operand.shape.time == 1 ? 0 : operand.shape.freq * operand.shape.channels),
        freq(operand.shape.freq == 1 ? 0 : operand.shape.channels),
        one_channel(operand.shape.channels == 1 && out.channels != 1),
        zero_point(operand.quantisation.zero_point) {}

  [[nodiscard]] KWS_INLINE Bytes at(const std::int8_t* position,
                                    std::int64_t channel) const noexcept {
    return one_channel ? broadcast(*position) : load<Bytes>(position + channel);
  }
};

/// float(q - zero_point) for the lanes of vector `vector` of a panel.
KWS_INLINE Floats steps_of(const Quads& quads, int vector, std::int32_t zero_point) noexcept {
  const Sums q = reinterpret_cast<Sums>(quads.vectors[vector]) >> 24;
  return __builtin_convertvector(q - zero_point, Floats);
}

/// Bytes at the top of 32-bit lanes, in the order that pack_panel() takes.
KWS_INLINE Quads spread(Bytes x) noexcept { return interleave(Bytes{}, Bytes{}, Bytes{}, x); }

/// A function of two operands, each in steps of its own scale, to steps of the output's.
struct Sum {
  static constexpr const char* kName = "int8 add";
  float ratio_a;
  float ratio_b;

  Sum(const TensorSpec& a, const TensorSpec& b, const TensorSpec& out)
      : ratio_a(ratio(a.quantisation, out.quantisation)),
        ratio_b(ratio(b.quantisation, out.quantisation)) {}

  KWS_INLINE Floats operator()(Floats a, Floats b) const noexcept {
    // Either part may be 2^30 (nn::multiplier()): together they would leave 32 bits.
    const Floats most = broadcast(1073741824.0F);
    const Floats sum = a * ratio_a + b * ratio_b;
    return sum < most ? sum : most;
  }
};

struct Product {
  static constexpr const char* kName = "int8 multiply";
  float ratio_ab;

  Product(const TensorSpec& a, const TensorSpec& b, const TensorSpec& out)
      : ratio_ab(static_cast<float>(static_cast<double>(a.quantisation.scale) *
                                    static_cast<double>(b.quantisation.scale) /
                                    static_cast<double>(out.quantisation.scale))) {}

  /// The product of two integers below 2^9 is exact.
  KWS_INLINE Floats operator()(Floats a, Floats b) const noexcept { return a * b * ratio_ab; }
};

template <typename Function>
class CombineKernel final : public Kernel {
 public:
  CombineKernel(const TensorSpec& a, const TensorSpec& b, const TensorSpec& out)
      : out_(out.shape),
        a_(a, out.shape),
        b_(b, out.shape),
        zero_out_(out.quantisation.zero_point),
        function_(a, b, out),
        alike_(a.shape == out.shape && b.shape == out.shape) {}

  void run(Inputs inputs, void* memory, RowRange rows) const noexcept KWS_REALTIME override {
    const auto* a = static_cast<const std::int8_t*>(inputs[0]);
    const auto* b = static_cast<const std::int8_t*>(inputs[1]);
    auto* const y = static_cast<std::int8_t*>(memory);
    if (alike_) {
      const std::int64_t row = out_.freq * out_.channels;
      const std::int64_t first = rows.begin * row;
      combine(a + first, b + first, y + first, (rows.end - rows.begin) * row);
      return;
    }
    for (std::int64_t t = rows.begin; t < rows.end; ++t) {
      for (std::int64_t f = 0; f < out_.freq; ++f) {
        combine(a + t * a_.time + f * a_.freq, b + t * b_.time + f * b_.freq,
                y + (t * out_.freq + f) * out_.channels, out_.channels);
      }
    }
  }

  [[nodiscard]] std::string_view name() const noexcept override { return Function::kName; }

 private:
  void combine(const std::int8_t* a, const std::int8_t* b, std::int8_t* to,
               std::int64_t count) const noexcept {
    for (std::int64_t i = 0; i < count; i += kBytes) {
      const Quads x = spread(a_.at(a, i));
      const Quads y = spread(b_.at(b, i));
      Floats steps[kVectors];
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) {
        steps[v] = function_(steps_of(x, v, a_.zero_point), steps_of(y, v, b_.zero_point));
      }
      store_up_to(to + i, pack_panel(steps, zero_out_), count - i);
    }
  }

  nn::Shape out_;
  Steps a_;
  Steps b_;
  std::int32_t zero_out_;
  Function function_;
  bool alike_;  // both operands have the shape of the output
};

}  // namespace

std::unique_ptr<Kernel> add(const TensorSpec& a, const TensorSpec& b, const TensorSpec& out) {
  return std::make_unique<CombineKernel<Sum>>(a, b, out);
}

std::unique_ptr<Kernel> multiply(const TensorSpec& a, const TensorSpec& b, const TensorSpec& out) {
  return std::make_unique<CombineKernel<Product>>(a, b, out);
}

}  // namespace kws::engine::s8::KWS_INSTRUCTION_SET
