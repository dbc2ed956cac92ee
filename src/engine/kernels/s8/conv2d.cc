// SPDX-License-Identifier: MIT
//
// int8 convolution as a product of matrices: the patch of each output position, its taps side by
// side, times panels of weights. A pointwise or dense layer's input is its patches already; others
// gather a few at a time on the stack, with the zero point where a tap lies in the padding. So the
// first convolution, with its one input channel, costs three dot products per vector and not nine
// layers' worth of loads.
#include <algorithm>
#include <array>
#include <cstring>
#include <utility>
#include <vector>

#include "engine/kernels/s8/kernels.h"
#include "engine/kernels/s8/packed.h"

namespace kws::engine::s8 {
namespace {

/// Bytes that gathering a patch may write behind it.
constexpr std::int64_t kOverrun = 16;
/// Room for the patches of a block on the stack; one fits always, because sums of more taps than
/// this could leave 32 bits (nn::integer_layer()).
constexpr std::int64_t kScratch = 2147483647 / (127 * 255) + 64 + kOverrun;

/// A block of positions whose patches lie `step` bytes apart.
struct Patches {
  const std::int8_t* data = nullptr;
  std::int64_t step = 0;
  std::int64_t quads = 0;
};

/// One panel of output channels of a block.
struct PanelOutput {
  std::int8_t* data = nullptr;
  std::int64_t step = 0;
  std::int64_t channels = 0;  // of the panel that are real
  std::int32_t zero_point = 0;
};

/// weights: [quads, kVectors, kBytes]; start, multipliers: [kVectors, kSums].
template <std::size_t kPositions>
void run_block(const Patches& patches, const PanelOutput& output, const std::int8_t* weights,
               const std::int32_t* start, const float* multipliers) noexcept {
  Sums sums[kPositions][kVectors];
  for (std::size_t p = 0; p < kPositions; ++p) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) sums[p][v] = load<Sums>(start + v * kSums);
  }
  const std::int8_t* patch = patches.data;
  for (const std::int8_t* end = patch + 4 * patches.quads; patch != end; patch += 4) {
    Bytes w[kVectors];
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) w[v] = load<Bytes>(weights + v * kBytes);
    weights += kVectors * kBytes;
    const std::int8_t* quad = patch;
#pragma GCC unroll 8
    for (std::size_t p = 0; p < kPositions; ++p) {
      const Bytes x = activations(broadcast_quad(quad));
      quad += patches.step;
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) sums[p][v] = dot(sums[p][v], x, w[v]);
    }
  }
  std::int8_t* to = output.data;
#pragma GCC unroll 8
  for (std::size_t p = 0; p < kPositions; ++p) {
    store_up_to(to, requantise(sums[p], multipliers, output.zero_point), output.channels);
    to += output.step;
  }
}

using BlockFunction = void (*)(const Patches&, const PanelOutput&, const std::int8_t*,
                               const std::int32_t*, const float*) noexcept;

template <std::size_t... kIndex>
constexpr std::array<BlockFunction, kMaxPositions> functions(std::index_sequence<kIndex...>) {
  return {run_block<kIndex + 1>...};
}
/// By positions - 1.
constexpr auto kBlocks = functions(std::make_index_sequence<std::size_t{kMaxPositions}>());

/// May read and write up to 15 bytes more than `count`.
KWS_INLINE void copy_some(std::int8_t* to, const std::int8_t* from, std::int64_t count) noexcept {
  for (std::int64_t i = 0; i < count; i += 16) std::memcpy(to + i, from + i, 16);
}

class Conv2dKernel final : public Kernel {
 public:
  Conv2dKernel(const TensorSpec& in, const TensorSpec& out, const nn::Conv2d& conv,
               const nn::IntegerLayer& layer)
      : in_(in.shape),
        out_(out.shape),
        window_(conv.window),
        groups_(conv.groups),
        depth_(in.shape.channels / conv.groups),
        taps_(std::int64_t{conv.window.kernel_time} * conv.window.kernel_freq * depth_),
        quads_((taps_ + 3) / 4),
        zero_in_(static_cast<std::int8_t>(in.quantisation.zero_point)),
        zero_out_(out.quantisation.zero_point),
        in_place_(conv.groups == 1 && conv.window == nn::Window{}),
        most_(std::clamp<std::int64_t>((kScratch - kOverrun) / (4 * quads_), 1, kMaxPositions)) {
    if (in_place_) most_ = kMaxPositions;
    pack(layer);
  }

  void run(Inputs inputs, void* output, RowRange rows) const noexcept KWS_REALTIME override {
    const auto* x = static_cast<const std::int8_t*>(inputs[0]);
    auto* y = static_cast<std::int8_t*>(output);
    const std::int64_t first = rows.begin * out_.freq;
    const std::int64_t count = (rows.end - rows.begin) * out_.freq;
    if (count <= 0) return;
    // Blocks of nearly equal size: a last one of a single position would starve the multipliers.
    const std::int64_t blocks = (count + most_ - 1) / most_;
    for (std::int64_t group = 0; group < groups_; ++group) {
      std::int64_t position = first;
      for (std::int64_t block = 0; block < blocks; ++block) {
        const std::int64_t positions = count / blocks + (block < count % blocks ? 1 : 0);
        run_positions(x + group * depth_, y, group, position, positions);
        position += positions;
      }
    }
  }

 private:
  void pack(const nn::IntegerLayer& layer) {
    group_channels_ = out_.channels / groups_;
    group_panels_ = (group_channels_ + kBytes - 1) / kBytes;
    const std::int64_t panels = groups_ * group_panels_;
    weights_ = Aligned<std::int8_t>(panels * quads_ * kVectors * kBytes);
    sums_ = PackedSums(panels);
    for (std::int64_t panel = 0; panel < panels; ++panel) {
      std::int8_t* to = weights_.data() + panel * quads_ * kVectors * kBytes;
      for (int v = 0; v < kVectors; ++v) {
        for (int lane = 0; lane < kSums; ++lane) {
          const std::int64_t number = panel % group_panels_ * kBytes + channel_of(v, lane);
          if (number >= group_channels_) continue;
          const std::int64_t channel = panel / group_panels_ * group_channels_ + number;
          std::int64_t sum = 0;
          for (std::int64_t tap = 0; tap < taps_; ++tap) {
            const auto w = layer.weight[static_cast<std::size_t>(tap * out_.channels + channel)];
            to[(tap / 4 * kVectors + v) * kBytes + 4 * lane + tap % 4] = w;
            sum += w;
          }
          sums_.set(panel, v, lane, layer, channel, sum, zero_in_);
        }
      }
    }
  }

  void run_positions(const std::int8_t* x, std::int8_t* y, std::int64_t group, std::int64_t first,
                     std::int64_t count) const noexcept {
    alignas(kAlignment) std::int8_t scratch[kScratch];
    Patches patches{.data = x + first * in_.channels, .step = in_.channels, .quads = quads_};
    if (!in_place_) {
      patches = {.data = scratch, .step = 4 * quads_, .quads = quads_};
      for (std::int64_t p = 0; p < count; ++p) gather(x, first + p, scratch + p * patches.step);
    }
    for (std::int64_t i = 0; i < group_panels_; ++i) {
      const std::int64_t panel = group * group_panels_ + i;
      const PanelOutput output{
          .data = y + first * out_.channels + group * group_channels_ + i * kBytes,
          .step = out_.channels,
          .channels = group_channels_ - i * kBytes,
          .zero_point = zero_out_};
      kBlocks[static_cast<std::size_t>(count - 1)](
          patches, output, weights_.data() + panel * quads_ * kVectors * kBytes,
          sums_.start.data() + panel * kBytes, sums_.multiplier.data() + panel * kBytes);
    }
  }

  /// The taps of one position: [kernel_time, kernel_freq, depth]. What it writes behind them meets
  /// weights of 0, or is written over by the next patch.
  void gather(const std::int8_t* x, std::int64_t position, std::int8_t* to) const noexcept {
    const std::int64_t t0 =
        position / out_.freq * window_.stride_time - window_.padding.time_before;
    const std::int64_t f0 =
        position % out_.freq * window_.stride_freq - window_.padding.freq_before;
    const std::int64_t reach = std::int64_t{window_.dilation_freq} * (window_.kernel_freq - 1);
    // Neighbouring frequencies lie side by side, so their taps make one stretch.
    const bool joined =
        window_.dilation_freq == 1 && groups_ == 1 && f0 >= 0 && f0 + reach < in_.freq;
    for (std::int64_t kt = 0; kt < window_.kernel_time; ++kt) {
      const std::int64_t t = t0 + kt * window_.dilation_time;
      const bool in_time = t >= 0 && t < in_.time;
      const std::int8_t* row = in_time ? x + t * in_.freq * in_.channels : nullptr;
      if (in_time && joined) {
        copy_some(to, row + f0 * in_.channels, window_.kernel_freq * depth_);
        to += window_.kernel_freq * depth_;
        continue;
      }
      for (std::int64_t kf = 0; kf < window_.kernel_freq; ++kf) {
        const std::int64_t f = f0 + kf * window_.dilation_freq;
        if (in_time && f >= 0 && f < in_.freq) {
          copy_some(to, row + f * in_.channels, depth_);
        } else {
          std::fill_n(to, depth_, zero_in_);
        }
        to += depth_;
      }
    }
  }

  nn::Shape in_;
  nn::Shape out_;
  nn::Window window_;
  std::int64_t groups_;
  std::int64_t depth_;  // input channels of a group
  std::int64_t taps_;   // of a patch
  std::int64_t quads_;
  std::int8_t zero_in_;
  std::int32_t zero_out_;
  bool in_place_;      // patches are the input as it lies
  std::int64_t most_;  // positions of a block
  std::int64_t group_channels_ = 0;
  std::int64_t group_panels_ = 0;
  Aligned<std::int8_t> weights_;  // [panels, quads, kVectors, kBytes]
  PackedSums sums_;
};

}  // namespace

std::unique_ptr<Kernel> conv2d(const TensorSpec& in, const TensorSpec& out, const nn::Conv2d& conv,
                               const nn::IntegerLayer& layer) {
  return std::make_unique<Conv2dKernel>(in, out, conv, layer);
}

std::unique_ptr<Kernel> dense(const TensorSpec& in, const TensorSpec& out,
                              const nn::IntegerLayer& layer) {
  const TensorSpec flat{{1, 1, static_cast<std::int64_t>(in.shape.elements())}, in.quantisation};
  return conv2d(flat, out, {.channels = static_cast<int>(out.shape.channels)}, layer);
}

}  // namespace kws::engine::s8
