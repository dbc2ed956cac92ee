// SPDX-License-Identifier: MIT
//
// The classifier: one product of a vector and a matrix.
//
// Order of sums for each output: input i is added to the partial sum i mod 8, first to last; the
// bias starts partial sum 0; the partial sums are added in pairs. Eight independent chains keep the
// multipliers busy that one would leave waiting.
#include <algorithm>

#include "engine/aligned_floats.h"
#include "engine/kernels/f32/factories.h"
#include "engine/kernels/f32/simd.h"

namespace kws::engine::f32::KWS_INSTRUCTION_SET {
namespace {

constexpr int kChains = 8;

class DenseKernel final : public Kernel {
 public:
  DenseKernel(std::int64_t inputs, std::int64_t outputs, std::span<const float> weight,
              std::span<const float> bias, Bounds bounds)
      : inputs_(inputs),
        outputs_(outputs),
        packed_((outputs + kLanes - 1) / kLanes * kLanes),
        bounds_(bounds),
        weights_(inputs * packed_),
        bias_(packed_) {
    // Panels of kLanes outputs, each [inputs, kLanes].
    for (std::int64_t first = 0; first < outputs; first += kLanes) {
      for (std::int64_t i = 0; i < inputs; ++i) {
        std::copy_n(weight.data() + i * outputs + first,
                    std::min<std::int64_t>(kLanes, outputs - first),
                    weights_.data() + first * inputs + i * kLanes);
      }
    }
    std::copy(bias.begin(), bias.end(), bias_.data());
  }

  void run(Inputs inputs, void* memory, RowRange) const noexcept KWS_REALTIME override {
    auto* const output = static_cast<float*>(memory);
    const float* x = floats(inputs[0]);
    for (std::int64_t first = 0; first < outputs_; first += kLanes) {
      const float* w = weights_.data() + first * inputs_;
      Vec sums[kChains] = {load(bias_.data() + first)};
      std::int64_t i = 0;
      for (; i + kChains <= inputs_; i += kChains) {
#pragma GCC unroll 8
        for (int chain = 0; chain < kChains; ++chain) {
          sums[chain] = multiply_add(broadcast(x[i + chain]), load(w), sums[chain]);
          w += kLanes;
        }
      }
      for (int chain = 0; i < inputs_; ++i, ++chain) {
        sums[chain] = multiply_add(broadcast(x[i]), load(w), sums[chain]);
        w += kLanes;
      }
      const Vec sum =
          ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
      const Vec y = smaller(larger(sum, broadcast(bounds_.low)), broadcast(bounds_.high));
      store_up_to(output + first, y, outputs_ - first);
    }
  }

  [[nodiscard]] std::string_view name() const noexcept override { return "dense"; }

 private:
  std::int64_t inputs_;
  std::int64_t outputs_;
  std::int64_t packed_;  // outputs, rounded up to whole vectors
  Bounds bounds_;
  AlignedFloats weights_;
  AlignedFloats bias_;
};

}  // namespace

std::unique_ptr<Kernel> dense(const nn::Shape& in, const nn::Shape& out,
                              std::span<const float> weight, std::span<const float> bias,
                              Bounds bounds) {
  return std::make_unique<DenseKernel>(in.time * in.freq * in.channels, out.channels, weight, bias,
                                       bounds);
}

}  // namespace kws::engine::f32::KWS_INSTRUCTION_SET
