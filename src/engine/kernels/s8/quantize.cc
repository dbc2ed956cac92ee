// SPDX-License-Identifier: MIT
//
// Where floats become int8: nn::quantise() for many values at once.
#include <algorithm>

#include "engine/kernels/s8/factories.h"
#include "engine/kernels/s8/simd.h"

namespace kws::engine::s8::KWS_INSTRUCTION_SET {
namespace {

class QuantizeKernel final : public Kernel {
 public:
  explicit QuantizeKernel(const TensorSpec& out)
      : row_(out.shape.freq * out.shape.channels), quantisation_(out.quantisation) {}

  void run(Inputs inputs, void* output, RowRange rows) const noexcept KWS_REALTIME override {
    const auto* x = static_cast<const float*>(inputs[0]);
    auto* y = static_cast<std::int8_t*>(output);
    const std::int64_t end = rows.end * row_;
    for (std::int64_t i = rows.begin * row_; i < end; i += kSums) {
      const FewBytes q = quantised(load<Floats>(x + i));
      if (end - i >= kSums) {
        store(y + i, q);
      } else {
        std::memcpy(y + i, &q, static_cast<std::size_t>(end - i));
      }
    }
  }

  [[nodiscard]] std::string_view name() const noexcept override { return "quantize"; }

 private:
  [[nodiscard]] FewBytes quantised(Floats real) const noexcept {
    const Floats steps = real / broadcast(quantisation_.scale);
    const auto zero = static_cast<float>(quantisation_.zero_point);
    const Floats low = broadcast(-128.0F - zero);
    const Floats high = broadcast(127.0F - zero);
    Floats y = steps == steps ? steps : Floats{};  // what is no number becomes the zero point
    y = y > low ? y : low;
    y = y < high ? y : high;
    const Floats magic = broadcast(12582912.0F);  // round_even()
    const Sums rounded = __builtin_convertvector((y + magic) - magic, Sums);
    return __builtin_convertvector(rounded + quantisation_.zero_point, FewBytes);
  }

  std::int64_t row_;
  nn::Quantisation quantisation_;
};

}  // namespace

std::unique_ptr<Kernel> quantize(const TensorSpec& out) {
  return std::make_unique<QuantizeKernel>(out);
}

}  // namespace kws::engine::s8::KWS_INSTRUCTION_SET
