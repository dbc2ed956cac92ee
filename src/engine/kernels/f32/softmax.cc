// SPDX-License-Identifier: MIT
//
// Logits → posteriors, over channels. The sum runs over the channels in order.
#include <algorithm>

#include "engine/kernels/f32/factories.h"
#include "engine/kernels/f32/simd.h"

namespace kws::engine::f32::KWS_INSTRUCTION_SET {
namespace {

constexpr float kLargest = 1e30F;

class SoftmaxKernel final : public Kernel {
 public:
  explicit SoftmaxKernel(const nn::Shape& shape) : shape_(shape) {}

  void run(Inputs inputs, void* memory, RowRange rows) const noexcept KWS_REALTIME override {
    auto* const output = static_cast<float*>(memory);
    const std::int64_t channels = shape_.channels;
    for (std::int64_t i = rows.begin * shape_.freq; i < rows.end * shape_.freq; ++i) {
      run_position(floats(inputs[0]) + i * channels, output + i * channels);
    }
  }

  [[nodiscard]] std::string_view name() const noexcept override { return "softmax"; }

 private:
  void run_position(const float* x, float* y) const noexcept {
    const std::int64_t channels = shape_.channels;
    float top = -kLargest;
    for (std::int64_t c = 0; c < channels; ++c) top = std::max(top, tame(x[c]));
    for (std::int64_t c = 0; c < channels; ++c) y[c] = tame(x[c]) - top;
    // The highest is e^0, so the sum lies between 1 and `channels`.
    for (std::int64_t c = 0; c < channels; c += kLanes) {
      Vec some{};
      const std::int64_t count = std::min<std::int64_t>(kLanes, channels - c);
      std::copy_n(y + c, count, reinterpret_cast<float*>(&some));
      store_up_to(y + c, exponential(some), count);
    }
    float sum = 0.0F;
    for (std::int64_t c = 0; c < channels; ++c) sum += y[c];
    const float share = 1.0F / sum;
    for (std::int64_t c = 0; c < channels; ++c) y[c] *= share;
  }

  /// A number in ±kLargest; the lowest for what is none.
  [[nodiscard]] static float tame(float x) noexcept {
    return x > -kLargest ? std::min(x, kLargest) : -kLargest;
  }

  nn::Shape shape_;
};

}  // namespace

std::unique_ptr<Kernel> softmax(const nn::Shape& shape) {
  return std::make_unique<SoftmaxKernel>(shape);
}

}  // namespace kws::engine::f32::KWS_INSTRUCTION_SET
