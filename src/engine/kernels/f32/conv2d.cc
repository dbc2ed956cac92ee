// SPDX-License-Identifier: MIT
//
// Convolution, of which the pointwise layers that take most of a network's time are the simplest
// case. It is a product of matrices without the matrix of patches ever being made: a block of
// output positions times a panel of output channels is held in registers while the taps go by.
//
// Order of sums for each output element: bias, then for kernel_time, kernel_freq, input channel in
// this order one multiply-add each; taps in the padding are left out.
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

/// A run of multiply-adds: time_taps times freq_taps stretches of `length` contiguous inputs.
struct Walk {
  std::int64_t time_taps = 1;
  std::int64_t input_time = 0;   // floats between stretches, in the input …
  std::int64_t weight_time = 0;  // … and in the panel
  std::int64_t freq_taps = 1;
  std::int64_t input_freq = 0;
  std::int64_t weight_freq = 0;
  std::int64_t length = 1;
};

/// A block of positions, which lie `input_step` and `output_step` floats apart.
struct Block {
  const float* input = nullptr;
  std::int64_t input_step = 0;
  float* output = nullptr;
  std::int64_t output_step = 0;
  std::int64_t channels = 0;  // of the panel that are real
};

/// One stretch of `length` contiguous inputs.
template <std::size_t kPositions, std::size_t kVectors>
KWS_INLINE void accumulate(Vec (&sums)[kPositions][kVectors], const float* input,
                           std::int64_t input_step, const float* weights,
                           std::int64_t length) noexcept {
  for (const float* end = input + length; input != end; ++input) {
    Vec w[kVectors];
#pragma GCC unroll 4
    for (std::size_t v = 0; v < kVectors; ++v) w[v] = load(weights + v * kLanes);
    weights += kVectors * kLanes;
    const float* x = input;
#pragma GCC unroll 16
    for (std::size_t p = 0; p < kPositions; ++p) {
      const Vec value = broadcast(*x);
      x += input_step;
#pragma GCC unroll 4
      for (std::size_t v = 0; v < kVectors; ++v) sums[p][v] = multiply_add(value, w[v], sums[p][v]);
    }
  }
}

/// positions × vectors accumulators. panel: [taps, vectors, lanes]; bias: [vectors, lanes].
template <std::size_t kPositions, std::size_t kVectors>
void run_block(const Walk& walk, const Block& block, const float* panel, const float* bias,
               Bounds bounds) noexcept {
  Vec sums[kPositions][kVectors];
  for (std::size_t v = 0; v < kVectors; ++v) {
    const Vec start = load(bias + v * kLanes);
#pragma GCC unroll 16
    for (std::size_t p = 0; p < kPositions; ++p) sums[p][v] = start;
  }
  for (std::int64_t kt = 0; kt < walk.time_taps; ++kt) {
    for (std::int64_t kf = 0; kf < walk.freq_taps; ++kf) {
      accumulate(sums, block.input + kt * walk.input_time + kf * walk.input_freq, block.input_step,
                 panel + kt * walk.weight_time + kf * walk.weight_freq, walk.length);
    }
  }
  const bool whole = block.channels >= static_cast<std::int64_t>(kVectors * kLanes);
#pragma GCC unroll 16
  for (std::size_t p = 0; p < kPositions; ++p) {
    clamp_all(sums[p], bounds.low, bounds.high);
    float* to = block.output + static_cast<std::int64_t>(p) * block.output_step;
#pragma GCC unroll 4
    for (std::size_t v = 0; v < kVectors; ++v) {
      if (whole) {
        store(to + v * kLanes, sums[p][v]);
      } else if (const auto left = block.channels - static_cast<std::int64_t>(v * kLanes);
                 left > 0) {
        store_up_to(to + v * kLanes, sums[p][v], left);
      }
    }
  }
}

using BlockFunction = void (*)(const Walk&, const Block&, const float*, const float*,
                               Bounds) noexcept;

// Accumulators that leave room for a panel's weights and a broadcast input.
constexpr int kAccumulators = kRegisters == 32 ? 24 : 12;
constexpr int kMaxVectors = kRegisters == 32 ? 4 : 2;
constexpr int kMaxPositions = 12;
constexpr int positions_of(int vectors) { return std::min(kMaxPositions, kAccumulators / vectors); }

template <std::size_t kVectors, std::size_t... kIndex>
constexpr std::array<BlockFunction, kMaxPositions> functions(std::index_sequence<kIndex...>) {
  return {run_block<kIndex + 1, kVectors>...};
}
template <std::size_t kVectors>
constexpr std::array<BlockFunction, kMaxPositions> functions() {
  return functions<kVectors>(std::make_index_sequence<static_cast<std::size_t>(
                                 positions_of(static_cast<int>(kVectors)))>());
}

/// By vectors: 1, 2, 4; then by positions - 1.
constexpr std::array<std::array<BlockFunction, kMaxPositions>, 3> kFunctions{
    functions<1>(), functions<2>(), functions<kMaxVectors>()};

const std::array<BlockFunction, kMaxPositions>& functions_for(int vectors) {
  return kFunctions[vectors == 1 ? 0U : vectors == 2 ? 1U : 2U];
}

/// Output channels that are computed together; the weights of all their taps in the order of use.
struct Panel {
  int vectors = 1;
  std::int64_t input_channel = 0;   // of its group
  std::int64_t output_channel = 0;  // its first
  std::int64_t channels = 0;
  std::int64_t weights = 0;  // offset into the packed weights
  std::int64_t bias = 0;     // offset into the packed biases
};

class Conv2dKernel final : public Kernel {
 public:
  Conv2dKernel(const nn::Shape& in, const nn::Shape& out, const nn::Conv2d& conv,
               std::span<const float> weight, std::span<const float> bias, Bounds bounds)
      : in_(in),
        out_(out),
        bounds_(bounds),
        time_(nn::time_axis(in, out, conv.window)),
        freq_(nn::freq_axis(in, out, conv.window)),
        time_interior_(time_.interior()),
        freq_interior_(freq_.interior()),
        depth_(in.channels / conv.groups) {
    // A pointwise layer does not care where a row ends: all positions are one long row.
    const auto passes_through = [](const nn::Axis& axis) {
      return axis.kernel == 1 && axis.stride == 1 && axis.padding == 0 &&
             axis.inputs == axis.outputs;
    };
    pointwise_ = conv.groups == 1 && passes_through(time_) && passes_through(freq_);
    // Neighbouring frequencies lie side by side, so their taps make one stretch.
    joined_ = conv.groups == 1 && conv.window.dilation_freq == 1;
    pack(conv.groups, weight, bias);
  }

  void run(Inputs inputs, void* memory, RowRange rows) const noexcept KWS_REALTIME override {
    auto* const output = static_cast<float*>(memory);
    for (const Panel& panel : panels_) {
      if (pointwise_) {
        run_pointwise(panel, floats(inputs[0]), output, rows);
      } else {
        run_rows(panel, floats(inputs[0]) + panel.input_channel, output + panel.output_channel,
                 rows);
      }
    }
  }

  [[nodiscard]] std::string_view name() const noexcept override {
    return pointwise_ ? "pointwise" : "conv2d";
  }

 private:
  void pack(std::int64_t groups, std::span<const float> weight, std::span<const float> bias) {
    const std::int64_t taps = time_.kernel * freq_.kernel * depth_;
    const std::int64_t group_channels = out_.channels / groups;
    std::int64_t weights = 0;
    std::int64_t biases = 0;
    for (std::int64_t group = 0; group < groups; ++group) {
      for (std::int64_t channel = 0; channel < group_channels;) {
        const std::int64_t left = group_channels - channel;
        const std::int64_t left_vectors = (left + kLanes - 1) / kLanes;
        const int vectors = left_vectors >= kMaxVectors ? kMaxVectors : left_vectors >= 2 ? 2 : 1;
        const std::int64_t width = std::int64_t{vectors} * kLanes;
        panels_.push_back({.vectors = vectors,
                           .input_channel = group * depth_,
                           .output_channel = group * group_channels + channel,
                           .channels = std::min(left, width),
                           .weights = weights,
                           .bias = biases});
        channel += width;
        weights += taps * width;
        biases += width;
      }
    }
    weights_ = AlignedFloats(weights);
    bias_ = AlignedFloats(biases);
    for (const Panel& panel : panels_) {
      const std::int64_t width = std::int64_t{panel.vectors} * kLanes;
      for (std::int64_t tap = 0; tap < taps; ++tap) {
        std::copy_n(weight.data() + tap * out_.channels + panel.output_channel, panel.channels,
                    weights_.data() + panel.weights + tap * width);
      }
      if (!bias.empty()) {
        std::copy_n(bias.data() + panel.output_channel, panel.channels, bias_.data() + panel.bias);
      }
    }
  }

  /// `count` positions in blocks of nearly equal size.
  void run_positions(const Panel& panel, const Walk& walk, Block block, std::int64_t weight_offset,
                     std::int64_t count) const noexcept {
    if (count <= 0) return;
    const auto& functions = functions_for(panel.vectors);
    const std::int64_t most = positions_of(panel.vectors);
    const std::int64_t blocks = (count + most - 1) / most;
    const std::int64_t small = count / blocks;
    const std::int64_t larger_blocks = count % blocks;
    block.channels = panel.channels;
    for (std::int64_t b = 0; b < blocks; ++b) {
      const std::int64_t positions = b < larger_blocks ? small + 1 : small;
      functions[static_cast<std::size_t>(positions - 1)](
          walk, block, weights_.data() + panel.weights + weight_offset, bias_.data() + panel.bias,
          bounds_);
      block.input += positions * block.input_step;
      block.output += positions * block.output_step;
    }
  }

  void run_pointwise(const Panel& panel, const float* input, float* output,
                     RowRange rows) const noexcept {
    const std::int64_t first = rows.begin * out_.freq;
    const Walk walk{.length = depth_};
    const Block block{.input = input + first * in_.channels,
                      .input_step = in_.channels,
                      .output = output + first * out_.channels + panel.output_channel,
                      .output_step = out_.channels};
    run_positions(panel, walk, block, 0, (rows.end - rows.begin) * out_.freq);
  }

  void run_rows(const Panel& panel, const float* input, float* output,
                RowRange rows) const noexcept {
    for (std::int64_t t = rows.begin; t < rows.end; ++t) {
      const nn::Taps time = time_.taps(t);
      // Positions that see all taps of frequency, along the row.
      run_stretch(panel, input, output, time, t, freq_interior_.begin,
                  freq_interior_.end - freq_interior_.begin, freq_.stride * in_.channels,
                  out_.channels);
      // Those at its ends one by one, unless the loop below takes them for many rows at once.
      if (t >= time_interior_.begin && t < time_interior_.end) continue;
      for (std::int64_t f = 0; f < out_.freq; ++f) {
        if (f == freq_interior_.begin) f = freq_interior_.end;
        if (f < out_.freq) run_stretch(panel, input, output, time, t, f, 1, 0, 0);
      }
    }
    const std::int64_t first = std::max(rows.begin, time_interior_.begin);
    const std::int64_t last = std::min(rows.end, time_interior_.end);
    if (first >= last) return;
    for (std::int64_t f = 0; f < out_.freq; ++f) {
      if (f == freq_interior_.begin) f = freq_interior_.end;
      if (f >= out_.freq) break;
      run_stretch(panel, input, output, time_.taps(first), first, f, last - first,
                  time_.stride * in_.freq * in_.channels, out_.freq * out_.channels);
    }
  }

  /// `count` positions that see the same taps, from (t, f) on.
  void run_stretch(const Panel& panel, const float* input, float* output, const nn::Taps& time,
                   std::int64_t t, std::int64_t f, std::int64_t count, std::int64_t input_step,
                   std::int64_t output_step) const noexcept {
    if (count <= 0) return;
    const nn::Taps freq = freq_.taps(f);
    const std::int64_t width = std::int64_t{panel.vectors} * kLanes;
    const std::int64_t freq_count = freq.end - freq.begin;
    const Walk walk{.time_taps = time.end - time.begin,
                    .input_time = time_.dilation * in_.freq * in_.channels,
                    .weight_time = freq_.kernel * depth_ * width,
                    .freq_taps = joined_ ? 1 : freq_count,
                    .input_freq = freq_.dilation * in_.channels,
                    .weight_freq = depth_ * width,
                    .length = joined_ ? freq_count * depth_ : depth_};
    const Block block{.input = input + (time.first * in_.freq + freq.first) * in_.channels,
                      .input_step = input_step,
                      .output = output + (t * out_.freq + f) * out_.channels,
                      .output_step = output_step};
    run_positions(panel, walk, block, time.begin * walk.weight_time + freq.begin * walk.weight_freq,
                  count);
  }

  nn::Shape in_;
  nn::Shape out_;
  Bounds bounds_;
  nn::Axis time_;
  nn::Axis freq_;
  nn::Axis::Interior time_interior_;  // rows that see all taps of time
  nn::Axis::Interior freq_interior_;  // positions that see all taps of frequency
  std::int64_t depth_ = 1;            // input channels of a group
  bool pointwise_ = false;
  bool joined_ = false;
  std::vector<Panel> panels_;
  AlignedFloats weights_;
  AlignedFloats bias_;
};

}  // namespace

std::unique_ptr<Kernel> conv2d(const nn::Shape& in, const nn::Shape& out, const nn::Conv2d& conv,
                               std::span<const float> weight, std::span<const float> bias,
                               Bounds bounds) {
  return std::make_unique<Conv2dKernel>(in, out, conv, weight, bias, bounds);
}

}  // namespace kws::engine::f32::KWS_INSTRUCTION_SET
