// SPDX-License-Identifier: MIT
//
// What the layers with weights keep beside them for each panel of output channels, in the order in
// which simd.h's vectors hold channels.
#pragma once

#include <cstdint>

#include "engine/aligned.h"
#include "engine/kernels/s8/simd.h"
#include "nn/quantisation.h"

namespace kws::engine::s8::KWS_INSTRUCTION_SET {
namespace {

/// Starts of sums and multipliers, [panels, kVectors, kSums] each; zeros where a panel has no
/// channel.
struct PackedSums {
  Aligned<std::int32_t> start;
  Aligned<float> multiplier;

  explicit PackedSums(std::int64_t panels = 0)
      : start(panels * kBytes), multiplier(panels * kBytes) {}

  /// Channel `channel` of the layer becomes number `number` of `panel`. `weight_sum`: over all
  /// taps. With taps in the padding counted as the zero point, Σ w (q - z) is Σ w (q + kOffset) -
  /// (z + kOffset) Σ w wherever the window lies, so the second half is part of the start.
  void set(std::int64_t panel, int vector, int lane, const nn::IntegerLayer& layer,
           std::int64_t channel, std::int64_t weight_sum, std::int32_t zero_point) {
    const std::int64_t at = panel * kBytes + vector * kSums + lane;
    const auto from = static_cast<std::size_t>(channel);
    // In 64 bits: the start alone may leave 32, and wraps around as the sums will wrap back.
    start.data()[at] = static_cast<std::int32_t>(std::int64_t{layer.bias[from]} -
                                                 (std::int64_t{zero_point} + kOffset) * weight_sum);
    multiplier.data()[at] = layer.multiplier[from];
  }
};

}  // namespace
}  // namespace kws::engine::s8::KWS_INSTRUCTION_SET
