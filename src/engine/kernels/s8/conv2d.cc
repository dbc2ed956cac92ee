// SPDX-License-Identifier: MIT
//
// int8 convolution as a product of matrices: the patch of each output position, its taps side by
// side, times panels of weights. A pointwise or dense layer's input is its patches already. Of
// other layers a few rows are staged on the stack, with the zero point in the padding, where
// neighbouring patches share them; where the taps of a row are no whole quads, patches are gathered
// one by one. So the first convolution, with its one input channel, needs three dot products a
// vector, not nine multiplications.
#include <algorithm>
#include <array>
#include <cstring>
#include <utility>
#include <vector>

#include "engine/kernels/s8/factories.h"
#include "engine/kernels/s8/packed.h"
#include "nn/sliding.h"

namespace kws::engine::s8::KWS_INSTRUCTION_SET {
namespace {

/// Bytes that gathering a patch may write behind it.
constexpr std::int64_t kOverrun = kBytes;
/// Room for the patches of a block on the stack; one fits always, because sums of more taps than
/// this could leave 32 bits (nn::integer_layer()).
constexpr std::int64_t kScratch = 2147483647 / (127 * 255) + 64 + kOverrun;

/// A block of positions whose patches lie `step` bytes apart, each some stretches of contiguous
/// taps. Staged ones went through stage(); the others are int8 as they are, and one stretch.
struct Patches {
  const std::int8_t* data = nullptr;
  std::int64_t step = 0;
  std::int64_t quads = 0;  // of a stretch
  std::int64_t stretches = 1;
  std::int64_t stretch_step = 0;  // bytes between stretches
};

/// The output channels of a group of a block.
struct BlockOutput {
  std::int8_t* data = nullptr;
  std::int64_t step = 0;  // bytes between positions
  std::int64_t channels = 0;
  std::int32_t zero_point = 0;
};

/// All panels of a block. weights: [panels, stretches, quads, kVectors, kBytes]; start,
/// multipliers: [panels, kVectors, kSums].
template <std::size_t kPositions, bool kStaged>
void run_block(const Patches& patches, const BlockOutput& output, const std::int8_t* weights,
               const std::int32_t* start, const float* multipliers) noexcept {
  const std::int64_t stretches = kStaged ? patches.stretches : 1;
  for (std::int64_t channel = 0; channel < output.channels; channel += kBytes) {
    Sums sums[kPositions][kVectors];
    for (std::size_t p = 0; p < kPositions; ++p) {
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) sums[p][v] = load<Sums>(start + channel + v * kSums);
    }
    for (std::int64_t stretch = 0; stretch < stretches; ++stretch) {
      const std::int8_t* patch = patches.data + stretch * patches.stretch_step;
      for (const std::int8_t* end = patch + 4 * patches.quads; patch != end; patch += 4) {
        Bytes w[kVectors];
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; ++v) w[v] = load<Bytes>(weights + v * kBytes);
        weights += kVectors * kBytes;
        const std::int8_t* quad = patch;
#pragma GCC unroll 8
        for (std::size_t p = 0; p < kPositions; ++p) {
          const Bytes x = kStaged ? broadcast_quad(quad) : activations(broadcast_quad(quad));
          quad += patches.step;
#pragma GCC unroll 4
          for (int v = 0; v < kVectors; ++v) sums[p][v] = dot(sums[p][v], x, w[v]);
        }
      }
    }
    std::int8_t* to = output.data + channel;
#pragma GCC unroll 8
    for (std::size_t p = 0; p < kPositions; ++p) {
      store_up_to(to, requantise_panel(sums[p], multipliers + channel, output.zero_point),
                  output.channels - channel);
      to += output.step;
    }
  }
}

/// Of layers with few output channels, which a panel would be too wide for: one vector has them
/// all, a channel a lane, and four positions take the place of a panel's vectors.
constexpr int kNarrowPositions = 2 * kVectors;

/// At most kNarrowPositions, patches of one stretch. weights: [quads, kBytes]; start: [kSums];
/// multipliers: kVectors times the same [kSums].
template <bool kStaged>
void run_narrow(const Patches& patches, std::int64_t count, const BlockOutput& output,
                const std::int8_t* weights, const std::int32_t* start,
                const float* multipliers) noexcept {
  Sums sums[kNarrowPositions / kVectors][kVectors];
  std::int64_t offsets[kNarrowPositions];  // of patches; missing ones repeat the last
#pragma GCC unroll 8
  for (int p = 0; p < kNarrowPositions; ++p) {
    sums[p / kVectors][p % kVectors] = load<Sums>(start);
    offsets[p] = std::min<std::int64_t>(p, count - 1) * patches.step;
  }
  const std::int8_t* patch = patches.data;
  for (const std::int8_t* end = patch + 4 * patches.quads; patch != end; patch += 4) {
    const Bytes w = load<Bytes>(weights);
    weights += kBytes;
#pragma GCC unroll 8
    for (int p = 0; p < kNarrowPositions; ++p) {
      const Bytes quad = broadcast_quad(patch + offsets[p]);
      Sums& sum = sums[p / kVectors][p % kVectors];
      sum = dot(sum, kStaged ? quad : activations(quad), w);
    }
  }
  alignas(kAlignment) std::int8_t packed[kBytes];  // four channels of four positions in turn
  for (std::int64_t p = 0; p < count; ++p) {
    if (p % kVectors == 0)
      store(packed, requantise_panel(sums[p / kVectors], multipliers, output.zero_point));
    std::int8_t* to = output.data + p * output.step;
    for (std::int64_t c = 0; c < output.channels; ++c) {
      to[c] = packed[channel_of(static_cast<int>(p % kVectors), static_cast<int>(c))];
    }
  }
}

/// The same for one position, as a classifier has it: four sums take turns, so that none waits for
/// the one before, and are added in the end.
template <bool kStaged>
void run_single(const Patches& patches, const BlockOutput& output, const std::int8_t* weights,
                const std::int32_t* start, const float* multipliers) noexcept {
  Sums sums[kVectors]{load<Sums>(start)};
  const auto add = [&](Sums& sum, std::int64_t i) {
    const Bytes quad = broadcast_quad(patches.data + 4 * i);
    sum = dot(sum, kStaged ? quad : activations(quad), load<Bytes>(weights + i * kBytes));
  };
  std::int64_t i = 0;
  for (; i + kVectors <= patches.quads; i += kVectors) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) add(sums[v], i + v);
  }
  for (; i < patches.quads; ++i) add(sums[0], i);
  for (int v = 1; v < kVectors; ++v) sums[0] += sums[v];
  alignas(kAlignment) std::int8_t packed[kBytes];
  store(packed, requantise_panel(sums, multipliers, output.zero_point));
  for (std::int64_t c = 0; c < output.channels; ++c) {
    output.data[c] = packed[channel_of(0, static_cast<int>(c))];
  }
}

using BlockFunction = void (*)(const Patches&, const BlockOutput&, const std::int8_t*,
                               const std::int32_t*, const float*) noexcept;

template <bool kStaged, std::size_t... kIndex>
constexpr std::array<BlockFunction, kMaxPositions> functions(std::index_sequence<kIndex...>) {
  return {run_block<kIndex + 1, kStaged>...};
}
constexpr std::make_index_sequence<std::size_t{kMaxPositions}> kIndexes;
/// By whether patches are staged, then by positions - 1.
constexpr std::array<std::array<BlockFunction, kMaxPositions>, 2> kBlocks{
    functions<false>(kIndexes), functions<true>(kIndexes)};

/// A type of this file's own, as all must be that a kernel keeps in a vector (docs/engine.md).
struct Column {
  nn::Taps taps;
};

class Conv2dKernel final : public Kernel {
 public:
  Conv2dKernel(const TensorSpec& in, const TensorSpec& out, const nn::Conv2d& conv,
               const nn::IntegerLayer& layer)
      : in_(in.shape),
        out_(out.shape),
        time_(nn::time_axis(in.shape, out.shape, conv.window)),
        freq_(nn::freq_axis(in.shape, out.shape, conv.window)),
        freq_interior_(freq_.interior()),
        groups_(conv.groups),
        depth_(in.shape.channels / conv.groups),
        taps_(time_.kernel * freq_.kernel * depth_),
        quads_((taps_ + 3) / 4),
        zero_in_(static_cast<std::int8_t>(in.quantisation.zero_point)),
        zero_out_(out.quantisation.zero_point),
        joined_(conv.window.dilation_freq == 1 && conv.groups == 1),
        group_channels_(out.shape.channels / conv.groups),
        group_panels_((group_channels_ + kBytes - 1) / kBytes),
        narrow_(group_channels_ <= kSums),
        in_place_(conv.groups == 1 && conv.window == nn::Window{}),
        most_(most_positions()),
        staged_row_(((out.shape.freq - 1) * freq_.stride + freq_.kernel) * depth_),
        staged_rows_(out_rows_staged()) {
    for (std::int64_t f = 0; f < out.shape.freq; ++f) columns_.push_back({freq_.taps(f)});
    pack(layer);
  }

  void run(Inputs inputs, void* output, RowRange rows) const noexcept KWS_REALTIME override {
    const auto* x = static_cast<const std::int8_t*>(inputs[0]);
    auto* y = static_cast<std::int8_t*>(output);
    if (staged_rows_ > 0) {
      for (std::int64_t t = rows.begin; t < rows.end; t += staged_rows_) {
        run_rows(x, y, {t, std::min(t + staged_rows_, rows.end)});
      }
      return;
    }
    for (std::int64_t group = 0; group < groups_; ++group) {
      for_blocks((rows.end - rows.begin) * out_.freq, [&](std::int64_t first, std::int64_t count) {
        run_positions(x + group * depth_, y, group, rows.begin * out_.freq + first, count);
      });
    }
  }

  [[nodiscard]] std::string_view name() const noexcept override {
    if (!in_place_) return "int8 conv2d";
    return out_.time * out_.freq > 1 ? "int8 pointwise" : "int8 dense";
  }

 private:
  [[nodiscard]] std::int64_t most_positions() const noexcept {
    const std::int64_t most = narrow_ ? kNarrowPositions : kMaxPositions;
    return in_place_ ? most
                     : std::clamp((kScratch - kOverrun) / (4 * quads_), std::int64_t{1}, most);
  }

  /// Output rows whose input rows are staged together; 0 where that is not possible.
  [[nodiscard]] std::int64_t out_rows_staged() const noexcept {
    if (!joined_ || in_place_ || narrow_ || depth_ % 4 != 0) return 0;
    const std::int64_t span = (time_.kernel - 1) * time_.dilation + 1;
    const std::int64_t room = (kScratch - kOverrun) / staged_row_ - span;
    return room < 0 ? 0 : room / time_.stride + 1;
  }

  /// Calls function(first, count) for blocks of nearly equal size: a last one of a single position
  /// would starve the multipliers.
  template <typename Function>
  void for_blocks(std::int64_t positions, const Function& function) const noexcept {
    const std::int64_t blocks = (positions + most_ - 1) / most_;
    std::int64_t first = 0;
    for (std::int64_t block = 0; block < blocks; ++block) {
      const std::int64_t count = positions / blocks + (block < positions % blocks ? 1 : 0);
      function(first, count);
      first += count;
    }
  }

  void pack(const nn::IntegerLayer& layer) {
    const std::int64_t panels = groups_ * group_panels_;
    weights_ = Aligned<std::int8_t>(panels * panel_bytes());
    sums_ = PackedSums(panels);
    for (std::int64_t panel = 0; panel < panels; ++panel) {
      std::int8_t* to = weights_.data() + panel * panel_bytes();
      for (int v = 0; v < kVectors; ++v) {
        for (int lane = 0; lane < kSums; ++lane) {
          const std::int64_t number =
              narrow_ ? lane : panel % group_panels_ * kBytes + channel_of(v, lane);
          if (number >= group_channels_) continue;
          const std::int64_t channel = panel / group_panels_ * group_channels_ + number;
          std::int64_t sum = 0;
          for (std::int64_t tap = 0; tap < taps_; ++tap) {
            const auto w = layer.weight[static_cast<std::size_t>(tap * out_.channels + channel)];
            const std::int64_t vector = narrow_ ? tap / 4 : tap / 4 * kVectors + v;
            to[vector * kBytes + 4 * lane + tap % 4] = w;
            sum += w;
          }
          sums_.set(panel, v, lane, layer, channel, sum, zero_in_);
        }
      }
    }
  }

  [[nodiscard]] std::int64_t panel_bytes() const noexcept {
    return quads_ * (narrow_ ? 1 : kVectors) * kBytes;
  }

  void run_positions(const std::int8_t* x, std::int8_t* y, std::int64_t group, std::int64_t first,
                     std::int64_t count) const noexcept {
    alignas(kAlignment) std::int8_t scratch[kScratch];
    Patches patches{.data = x + first * in_.channels, .step = in_.channels, .quads = quads_};
    if (!in_place_) {
      patches = {.data = scratch, .step = 4 * quads_, .quads = quads_};
      std::int64_t t = first / out_.freq;
      std::int64_t f = first % out_.freq;
      for (std::int64_t p = 0; p < count; ++p) {
        gather(x, t, f, scratch + p * patches.step);
        if (++f < out_.freq) continue;
        f = 0;
        ++t;
      }
    }
    run_block_of(patches, y, group, first, count);
  }

  /// At most staged_rows_ of them, which share the rows they look at.
  void run_rows(const std::int8_t* x, std::int8_t* y, RowRange rows) const noexcept {
    alignas(kAlignment) std::int8_t scratch[kScratch];
    const std::int64_t t0 = time_.input(rows.begin, 0);
    const std::int64_t count =
        (rows.end - rows.begin - 1) * time_.stride + (time_.kernel - 1) * time_.dilation + 1;
    for (std::int64_t i = 0; i < count; ++i) stage_row(x, t0 + i, scratch + i * staged_row_);
    for (std::int64_t t = rows.begin; t < rows.end; ++t) {
      const std::int8_t* const row = scratch + (t - rows.begin) * time_.stride * staged_row_;
      for_blocks(out_.freq, [&](std::int64_t f, std::int64_t positions) {
        const std::int64_t step = freq_.stride * depth_;
        const Patches patches{.data = row + f * step,
                              .step = step,
                              .quads = freq_.kernel * depth_ / 4,
                              .stretches = time_.kernel,
                              .stretch_step = time_.dilation * staged_row_};
        run_block_of(patches, y, 0, t * out_.freq + f, positions);
      });
    }
  }

  /// Row t of the input with the padding at both its ends; one in the padding if there is no such
  /// row. What is written behind it is written over by the next one.
  void stage_row(const std::int8_t* x, std::int64_t t, std::int8_t* to) const noexcept {
    if (t < 0 || t >= in_.time) {
      stage_value(to, zero_in_, staged_row_);
      return;
    }
    // A stride may leave less to look at than the padding before it.
    const std::int64_t before = std::min(freq_.padding * depth_, staged_row_);
    const std::int64_t inside = std::min(in_.freq * depth_, staged_row_ - before);
    const std::int64_t behind = staged_row_ - before - inside;
    if (before > 0) stage_value(to, zero_in_, before);
    if (inside > 0) stage(to + before, x + t * in_.freq * depth_, inside);
    if (behind > 0) stage_value(to + before + inside, zero_in_, behind);
  }

  /// Positions from `first` on, all channels of a group.
  void run_block_of(const Patches& patches, std::int8_t* y, std::int64_t group, std::int64_t first,
                    std::int64_t count) const noexcept {
    const BlockOutput output{.data = y + first * out_.channels + group * group_channels_,
                             .step = out_.channels,
                             .channels = group_channels_,
                             .zero_point = zero_out_};
    const std::int64_t panel = group * group_panels_;
    const std::int8_t* weights = weights_.data() + panel * panel_bytes();
    const std::int32_t* start = sums_.start.data() + panel * kBytes;
    const float* multipliers = sums_.multiplier.data() + panel * kBytes;
    if (narrow_ && count == 1) {
      const auto function = in_place_ ? run_single<false> : run_single<true>;
      function(patches, output, weights, start, multipliers);
    } else if (narrow_) {
      const auto function = in_place_ ? run_narrow<false> : run_narrow<true>;
      function(patches, count, output, weights, start, multipliers);
    } else {
      kBlocks[in_place_ ? 0U : 1U][static_cast<std::size_t>(count - 1)](patches, output, weights,
                                                                        start, multipliers);
    }
  }

  /// The taps of one position: [kernel_time, kernel_freq, depth]. What is written behind a part is
  /// written over by the next one, or by the next patch; behind the last tap it meets weights of 0.
  void gather(const std::int8_t* x, std::int64_t t, std::int64_t f,
              std::int8_t* to) const noexcept {
    const std::int64_t t0 = time_.input(t, 0);
    if (joined_ && t0 >= 0 && t0 + time_.dilation * (time_.kernel - 1) < in_.time &&
        f >= freq_interior_.begin && f < freq_interior_.end) {
      const std::int64_t f0 = freq_.input(f, 0);
      gather_inside(x + (t0 * in_.freq + f0) * in_.channels, to);
      return;
    }
    const nn::Taps& taps = columns_[static_cast<std::size_t>(f)].taps;
    for (std::int64_t kt = 0; kt < time_.kernel; ++kt) {
      const std::int64_t from = t0 + kt * time_.dilation;
      if (from < 0 || from >= in_.time) {
        stage_value(to, zero_in_, freq_.kernel * depth_);
      } else {
        gather_row(x + (from * in_.freq + taps.first) * in_.channels, taps, to);
      }
      to += freq_.kernel * depth_;
    }
  }

  /// All taps meet the input, from x on.
  void gather_inside(const std::int8_t* x, std::int8_t* to) const noexcept {
    const std::int64_t count = freq_.kernel * depth_;
    const std::int64_t step = time_.dilation * in_.freq * in_.channels;
    if (count <= 8) {  // the first layer: keep its loop free of choices
      for (const std::int8_t* end = x + time_.kernel * step; x != end; x += step, to += count) {
        stage_few(to, x);
      }
      return;
    }
    for (std::int64_t kt = 0; kt < time_.kernel; ++kt) {
      stage(to, x, count);
      x += step;
      to += count;
    }
  }

  /// Taps of one row, those in the padding included. x: what the first of the others reads.
  void gather_row(const std::int8_t* x, const nn::Taps& taps, std::int8_t* to) const noexcept {
    if (taps.begin > 0) stage_value(to, zero_in_, taps.begin * depth_);
    if (joined_) {
      // Of none, x need not be in the input.
      if (taps.end > taps.begin) {
        stage(to + taps.begin * depth_, x, (taps.end - taps.begin) * depth_);
      }
    } else {
      for (std::int64_t kf = taps.begin; kf < taps.end; ++kf) {
        stage(to + kf * depth_, x + (kf - taps.begin) * freq_.dilation * in_.channels, depth_);
      }
    }
    if (taps.end < freq_.kernel) {
      stage_value(to + taps.end * depth_, zero_in_, (freq_.kernel - taps.end) * depth_);
    }
  }

  nn::Shape in_;
  nn::Shape out_;
  nn::Axis time_;
  nn::Axis freq_;
  nn::Axis::Interior freq_interior_;  // positions that see all taps of frequency
  std::vector<Column> columns_;       // by output frequency
  std::int64_t groups_;
  std::int64_t depth_;  // input channels of a group
  std::int64_t taps_;   // of a patch
  std::int64_t quads_;
  std::int8_t zero_in_;
  std::int32_t zero_out_;
  // Neighbouring frequencies lie side by side, so their taps make one stretch.
  bool joined_;
  std::int64_t group_channels_;
  std::int64_t group_panels_;
  bool narrow_;                   // a group's channels fit one vector
  bool in_place_;                 // patches are the input as it lies
  std::int64_t most_;             // positions of a block
  std::int64_t staged_row_;       // bytes of a row with its padding
  std::int64_t staged_rows_;      // output rows at once, 0 if rows are not staged
  Aligned<std::int8_t> weights_;  // [panels, quads, kVectors or 1, kBytes]
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

}  // namespace kws::engine::s8::KWS_INSTRUCTION_SET
