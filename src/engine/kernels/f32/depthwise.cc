// SPDX-License-Identifier: MIT
//
// Depthwise convolution: every channel by itself, so vectors run over channels. Where a row is
// walked with stride 1 and a kernel of 3, neighbouring positions share the inputs they load.
//
// Order of sums for each output element: bias, then for kernel_time, kernel_freq in this order one
// multiply-add each; taps in the padding are left out.
#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "engine/aligned_floats.h"
#include "engine/kernels/f32/kernels.h"
#include "engine/kernels/f32/simd.h"
#include "engine/kernels/f32/sliding.h"

namespace kws::engine::f32 {
namespace {

constexpr int kMaxPositions = kRegisters == 32 ? 8 : 4;

/// One vector of channels at kPositions neighbouring positions, stride 1, all three taps of
/// frequency inside. `input` is what the first tap of the first position reads; `channels` lie
/// between neighbours, `input_time` and `weight_time` between taps of time.
template <std::size_t kPositions>
void three_taps(const float* input, std::int64_t input_time, const float* weights,
                std::int64_t weight_time, std::int64_t time_taps, const float* bias, float* output,
                std::int64_t channels, std::int64_t packed_channels, std::int64_t valid,
                Bounds bounds) noexcept {
  Vec sums[kPositions];
  const Vec start = load(bias);
#pragma GCC unroll 8
  for (std::size_t p = 0; p < kPositions; ++p) sums[p] = start;
  for (std::int64_t kt = 0; kt < time_taps; ++kt) {
    const Vec w0 = load(weights);
    const Vec w1 = load(weights + packed_channels);
    const Vec w2 = load(weights + 2 * packed_channels);
    Vec left = load(input);
    Vec middle = load(input + channels);
    const float* next = input + 2 * channels;
#pragma GCC unroll 8
    for (std::size_t p = 0; p < kPositions; ++p) {
      const Vec right = load(next);
      next += channels;
      sums[p] = multiply_add(left, w0, sums[p]);
      sums[p] = multiply_add(middle, w1, sums[p]);
      sums[p] = multiply_add(right, w2, sums[p]);
      left = middle;
      middle = right;
    }
    input += input_time;
    weights += weight_time;
  }
  const Vec low = broadcast(bounds.low);
  const Vec high = broadcast(bounds.high);
#pragma GCC unroll 8
  for (std::size_t p = 0; p < kPositions; ++p) {
    store_up_to(output + static_cast<std::int64_t>(p) * channels,
                smaller(larger(sums[p], low), high), valid);
  }
}

using ThreeTaps = void (*)(const float*, std::int64_t, const float*, std::int64_t, std::int64_t,
                           const float*, float*, std::int64_t, std::int64_t, std::int64_t,
                           Bounds) noexcept;

template <std::size_t... kIndex>
constexpr std::array<ThreeTaps, kMaxPositions> functions(std::index_sequence<kIndex...>) {
  return {three_taps<kIndex + 1>...};
}
constexpr auto kThreeTaps = functions(std::make_index_sequence<std::size_t{kMaxPositions}>());

class DepthwiseKernel final : public Kernel {
 public:
  DepthwiseKernel(const nn::Shape& in, const nn::Shape& out, const nn::Window& window,
                  std::span<const float> weight, std::span<const float> bias, Bounds bounds)
      : in_(in), out_(out), bounds_(bounds) {
    time_ = {in.time, window.kernel_time, window.stride_time, window.dilation_time,
             window.padding.time_before};
    freq_ = {in.freq, window.kernel_freq, window.stride_freq, window.dilation_freq,
             window.padding.freq_before};
    freq_.interior(out.freq, freq_first_, freq_last_);
    if (freq_.kernel != 3 || freq_.stride != 1 || freq_.dilation != 1) freq_first_ = freq_last_;
    packed_channels_ = (in.channels + kLanes - 1) / kLanes * kLanes;
    const std::int64_t taps = time_.kernel * freq_.kernel;
    weights_ = AlignedFloats(taps * packed_channels_);
    for (std::int64_t tap = 0; tap < taps; ++tap) {
      std::copy_n(weight.data() + tap * in.channels, in.channels,
                  weights_.data() + tap * packed_channels_);
    }
    bias_ = AlignedFloats(packed_channels_);
    std::copy(bias.begin(), bias.end(), bias_.data());
  }

  void run(std::span<const float* const> inputs, float* output,
           RowRange rows) const noexcept KWS_REALTIME override {
    for (std::int64_t t = rows.begin; t < rows.end; ++t) {
      const Taps time = time_.taps(t);
      for (std::int64_t f = 0; f < out_.freq;) {
        if (f >= freq_first_ && f < freq_last_) {
          // Blocks of nearly equal size: a last one of a single position would starve the
          // multipliers.
          const std::int64_t left = freq_last_ - f;
          const std::int64_t blocks = (left + kMaxPositions - 1) / kMaxPositions;
          const std::int64_t count = (left + blocks - 1) / blocks;
          run_three(inputs[0], output, time, t, f, count);
          f += count;
        } else {
          run_position(inputs[0], output, time, t, f);
          ++f;
        }
      }
    }
  }

 private:
  void run_three(const float* input, float* output, const Taps& time, std::int64_t t,
                 std::int64_t f, std::int64_t count) const noexcept {
    const auto function = kThreeTaps[static_cast<std::size_t>(count - 1)];
    const float* from = input + (time.first * in_.freq + f - freq_.padding) * in_.channels;
    const float* weights = weights_.data() + time.begin * 3 * packed_channels_;
    float* to = output + (t * out_.freq + f) * in_.channels;
    for (std::int64_t c = 0; c < in_.channels; c += kLanes) {
      function(from + c, time_.dilation * in_.freq * in_.channels, weights + c,
               3 * packed_channels_, time.end - time.begin, bias_.data() + c, to + c, in_.channels,
               packed_channels_, in_.channels - c, bounds_);
    }
  }

  /// Any window, one position.
  void run_position(const float* input, float* output, const Taps& time, std::int64_t t,
                    std::int64_t f) const noexcept {
    const Taps freq = freq_.taps(f);
    const float* from = input + (time.first * in_.freq + freq.first) * in_.channels;
    float* to = output + (t * out_.freq + f) * in_.channels;
    const Vec low = broadcast(bounds_.low);
    const Vec high = broadcast(bounds_.high);
    for (std::int64_t c = 0; c < in_.channels; c += kLanes) {
      Vec sum = load(bias_.data() + c);
      for (std::int64_t kt = time.begin; kt < time.end; ++kt) {
        const float* x = from + (kt - time.begin) * time_.dilation * in_.freq * in_.channels + c;
        const float* w = weights_.data() + (kt * freq_.kernel + freq.begin) * packed_channels_ + c;
        for (std::int64_t kf = freq.begin; kf < freq.end; ++kf) {
          sum = multiply_add(load(x), load(w), sum);
          x += freq_.dilation * in_.channels;
          w += packed_channels_;
        }
      }
      store_up_to(to + c, smaller(larger(sum, low), high), in_.channels - c);
    }
  }

  nn::Shape in_;
  nn::Shape out_;
  Bounds bounds_;
  Axis time_;
  Axis freq_;
  std::int64_t freq_first_ = 0;  // positions [first, last) go through three_taps()
  std::int64_t freq_last_ = 0;
  std::int64_t packed_channels_ = 0;
  AlignedFloats weights_;  // [taps, packed channels]
  AlignedFloats bias_;     // [packed channels]
};

}  // namespace

std::unique_ptr<Kernel> depthwise(const nn::Shape& in, const nn::Shape& out,
                                  const nn::Window& window, std::span<const float> weight,
                                  std::span<const float> bias, Bounds bounds) {
  return std::make_unique<DepthwiseKernel>(in, out, window, weight, bias, bounds);
}

}  // namespace kws::engine::f32
