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
#include "engine/kernels/f32/factories.h"
#include "engine/kernels/f32/simd.h"
#include "nn/sliding.h"

namespace kws::engine::f32::KWS_INSTRUCTION_SET {
namespace {

constexpr std::int64_t kTile = 128;  // channels
constexpr int kMaxPositions = kRegisters == 32 ? 10 : 4;

/// Some channels of neighbouring positions of one row.
struct Stretch {
  const float* input = nullptr;  // what the first position's first (below: middle) tap reads
  std::int64_t input_time = 0;   // floats between taps of time
  const float* weights = nullptr;
  const float* bias = nullptr;
  float* output = nullptr;
  std::int64_t time_taps = 0;
  std::int64_t channels = 0;         // to do
  std::int64_t step = 0;             // floats between positions
  std::int64_t packed_channels = 0;  // floats between taps of the weights
};

/// Stride 1 and a kernel of 3 along frequency. kFirst: the first position has no left tap, it lies
/// in the padding. kLast: the last position has no right one.
template <std::size_t kPositions, bool kFirst, bool kLast>
void three_taps(const Stretch& s, Bounds bounds) noexcept {
  const Vec low = broadcast(bounds.low);
  const Vec high = broadcast(bounds.high);
  const std::int64_t step = s.step;
  for (std::int64_t c = 0; c < s.channels; c += kLanes) {
    Vec sums[kPositions];
    const Vec start = load(s.bias + c);
#pragma GCC unroll 16
    for (std::size_t p = 0; p < kPositions; ++p) sums[p] = start;
    const float* input = s.input + c;
    const float* weights = s.weights + c;
    for (std::int64_t kt = 0; kt < s.time_taps; ++kt) {
      const Vec w0 = load(weights);
      const Vec w1 = load(weights + s.packed_channels);
      const Vec w2 = load(weights + 2 * s.packed_channels);
      Vec left = kFirst ? Vec{} : load(input - step);
      Vec middle = load(input);
      const float* next = input + step;
#pragma GCC unroll 16
      for (std::size_t p = 0; p < kPositions; ++p) {
        const bool has_left = !(kFirst && p == 0);
        const bool has_right = !(kLast && p + 1 == kPositions);
        const Vec right = has_right ? load(next) : Vec{};
        next += step;
        if (has_left) sums[p] = multiply_add(left, w0, sums[p]);
        sums[p] = multiply_add(middle, w1, sums[p]);
        if (has_right) sums[p] = multiply_add(right, w2, sums[p]);
        left = middle;
        middle = right;
      }
      input += s.input_time;
      weights += 3 * s.packed_channels;
    }
    float* to = s.output + c;
    const std::int64_t valid = std::min<std::int64_t>(s.channels - c, kLanes);
#pragma GCC unroll 16
    for (std::size_t p = 0; p < kPositions; ++p) {
      store_up_to(to, smaller(larger(sums[p], low), high), valid);
      to += step;
    }
  }
}

using ThreeTaps = void (*)(const Stretch&, Bounds) noexcept;

template <bool kFirst, bool kLast, std::size_t... kIndex>
constexpr std::array<ThreeTaps, kMaxPositions> functions(std::index_sequence<kIndex...>) {
  return {three_taps<kIndex + 1, kFirst, kLast>...};
}
constexpr std::make_index_sequence<std::size_t{kMaxPositions}> kIndexes;

/// By first, last, positions - 1.
constexpr std::array<std::array<ThreeTaps, kMaxPositions>, 4> kThreeTaps{
    functions<false, false>(kIndexes), functions<false, true>(kIndexes),
    functions<true, false>(kIndexes), functions<true, true>(kIndexes)};

class DepthwiseKernel final : public Kernel {
 public:
  DepthwiseKernel(const nn::Shape& in, const nn::Shape& out, const nn::Window& window,
                  std::span<const float> weight, std::span<const float> bias, Bounds bounds)
      : in_(in),
        out_(out),
        bounds_(bounds),
        time_(nn::time_axis(in, out, window)),
        freq_(nn::freq_axis(in, out, window)) {
    const auto interior = freq_.interior();
    freq_first_ = interior.begin;
    freq_last_ = interior.end;
    if (freq_.kernel != 3 || freq_.stride != 1 || freq_.dilation != 1) freq_first_ = freq_last_;
    if (freq_first_ < freq_last_) {  // their neighbours outside lack exactly one tap
      edge_first_ = freq_first_ > 0;
      edge_last_ = freq_last_ < out.freq;
      freq_first_ -= edge_first_;
      freq_last_ += edge_last_;
    }
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

  void run(Inputs inputs, void* memory, RowRange rows) const noexcept KWS_REALTIME override {
    auto* const output = static_cast<float*>(memory);
    // Some channels of all rows before the next channels: a row is read by as many rows as the
    // kernel is tall, and should still be in the first cache then.
    for (std::int64_t channel = 0; channel < in_.channels; channel += kTile) {
      run_tile(floats(inputs[0]), output, rows, channel, std::min(kTile, in_.channels - channel));
    }
  }

  [[nodiscard]] std::string_view name() const noexcept override { return "depthwise"; }

 private:
  void run_tile(const float* input, float* output, RowRange rows, std::int64_t channel,
                std::int64_t channels) const noexcept {
    for (std::int64_t t = rows.begin; t < rows.end; ++t) {
      const nn::Taps time = time_.taps(t);
      for (std::int64_t f = 0; f < out_.freq;) {
        Stretch stretch{
            .input_time = time_.dilation * in_.freq * in_.channels,
            .weights = weights_.data() + time.begin * freq_.kernel * packed_channels_ + channel,
            .bias = bias_.data() + channel,
            .output = output + (t * out_.freq + f) * in_.channels + channel,
            .time_taps = time.end - time.begin,
            .channels = channels,
            .step = in_.channels,
            .packed_channels = packed_channels_};
        if (f >= freq_first_ && f < freq_last_) {
          // Blocks of nearly equal size: a last one of a single position would starve the
          // multipliers.
          const std::int64_t left = freq_last_ - f;
          const std::int64_t blocks = (left + kMaxPositions - 1) / kMaxPositions;
          const std::int64_t count = (left + blocks - 1) / blocks;
          const bool first = edge_first_ && f == freq_first_;
          const bool last = edge_last_ && f + count == freq_last_;
          stretch.input =
              input + (time.first * in_.freq + f - freq_.padding + 1) * in_.channels + channel;
          kThreeTaps[(first ? 2U : 0U) + (last ? 1U : 0U)][static_cast<std::size_t>(count - 1)](
              stretch, bounds_);
          f += count;
        } else {
          const nn::Taps freq = freq_.taps(f);
          stretch.input = input + (time.first * in_.freq + freq.first) * in_.channels + channel;
          run_position(stretch, freq);
          ++f;
        }
      }
    }
  }

  /// Any window, one position.
  void run_position(const Stretch& s, const nn::Taps& freq) const noexcept {
    const Vec low = broadcast(bounds_.low);
    const Vec high = broadcast(bounds_.high);
    for (std::int64_t c = 0; c < s.channels; c += kLanes) {
      Vec sum = load(s.bias + c);
      for (std::int64_t kt = 0; kt < s.time_taps; ++kt) {
        const float* x = s.input + kt * s.input_time + c;
        const float* w = s.weights + (kt * freq_.kernel + freq.begin) * s.packed_channels + c;
        for (std::int64_t kf = freq.begin; kf < freq.end; ++kf) {
          sum = multiply_add(load(x), load(w), sum);
          x += freq_.dilation * s.step;
          w += s.packed_channels;
        }
      }
      store_up_to(s.output + c, smaller(larger(sum, low), high), s.channels - c);
    }
  }

  nn::Shape in_;
  nn::Shape out_;
  Bounds bounds_;
  nn::Axis time_;
  nn::Axis freq_;
  std::int64_t freq_first_ = 0;  // positions [first, last) go through three_taps()
  std::int64_t freq_last_ = 0;
  bool edge_first_ = false;  // the first of them lacks its left tap
  bool edge_last_ = false;   // the last of them lacks its right tap
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

}  // namespace kws::engine::f32::KWS_INSTRUCTION_SET
