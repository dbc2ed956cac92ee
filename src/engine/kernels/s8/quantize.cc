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
      store_up_to(y + i, quantised(load<Floats>(x + i)), end - i);
    }
  }

  [[nodiscard]] std::string_view name() const noexcept override { return "quantize"; }

 private:
  [[nodiscard]] FewBytes quantised(Floats real) const noexcept {
    const Floats steps = real / broadcast(quantisation_.scale);
    // What is no number becomes the zero point.
    return to_few_bytes(steps == steps ? steps : Floats{}, quantisation_.zero_point);
  }

  std::int64_t row_;
  nn::Quantisation quantisation_;
};

}  // namespace

std::unique_ptr<Kernel> quantize(const TensorSpec& out) {
  return std::make_unique<QuantizeKernel>(out);
}

}  // namespace kws::engine::s8::KWS_INSTRUCTION_SET
