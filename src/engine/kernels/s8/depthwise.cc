// SPDX-License-Identifier: MIT
//
// int8 depthwise convolution. A dot product instruction sums four neighbouring bytes, which here
// are four channels that must stay apart; so four taps of as many channels as a vector holds are
// interleaved first. Where a kernel is at most four rows tall and walks along frequency with stride
// 1, the taps of a column are interleaved once and serve the three positions that see it.
#include <algorithm>
#include <vector>

#include "engine/kernels/s8/factories.h"
#include "engine/kernels/s8/packed.h"
#include "nn/sliding.h"

namespace kws::engine::s8::KWS_INSTRUCTION_SET {
namespace {

using PanelSums = Sums[kVectors];

/// sums + the dot products of a panel's quads. weights: [kVectors, kBytes].
KWS_INLINE void accumulate(PanelSums& sums, const Quads& quads,
                           const std::int8_t* weights) noexcept {
#pragma GCC unroll 4
  for (int v = 0; v < kVectors; ++v) {
    sums[v] = dot(sums[v], quads.vectors[v], load<Bytes>(weights + v * kBytes));
  }
}

KWS_INLINE void set(PanelSums& sums, const std::int32_t* start) noexcept {
#pragma GCC unroll 4
  for (int v = 0; v < kVectors; ++v) sums[v] = load<Sums>(start + v * kSums);
}

class DepthwiseKernel final : public Kernel {
 public:
  DepthwiseKernel(const TensorSpec& in, const TensorSpec& out, const nn::Window& window,
                  const nn::IntegerLayer& layer)
      : in_(in.shape),
        out_(out.shape),
        time_(nn::time_axis(in.shape, out.shape, window)),
        freq_(nn::freq_axis(in.shape, out.shape, window)),
        zero_in_(static_cast<std::int8_t>(in.quantisation.zero_point)),
        zero_out_(out.quantisation.zero_point),
        by_columns_(time_.kernel <= 4 && freq_.kernel == 3 && freq_.stride == 1 &&
                    freq_.dilation == 1) {
    pack(layer);
  }

  void run(Inputs inputs, void* output, RowRange rows) const noexcept KWS_REALTIME override {
    const auto* x = static_cast<const std::int8_t*>(inputs[0]);
    auto* y = static_cast<std::int8_t*>(output);
    for (std::int64_t panel = 0; panel < panels_; ++panel) {
      for (std::int64_t t = rows.begin; t < rows.end; ++t) {
        if (by_columns_) {
          run_columns(x, y, panel, t);
        } else {
          for (std::int64_t f = 0; f < out_.freq; ++f) run_position(x, y, panel, t, f);
        }
      }
    }
  }

  [[nodiscard]] std::string_view name() const noexcept override { return "int8 depthwise"; }

 private:
  /// Quads are the taps of a column where those are walked, else four taps in the order of the
  /// kernel.
  void pack(const nn::IntegerLayer& layer) {
    const std::int64_t taps = time_.kernel * freq_.kernel;
    quads_ = by_columns_ ? freq_.kernel : (taps + 3) / 4;
    panels_ = (in_.channels + kBytes - 1) / kBytes;
    weights_ = Aligned<std::int8_t>(panels_ * quads_ * kVectors * kBytes);
    sums_ = PackedSums(panels_);
    for (std::int64_t panel = 0; panel < panels_; ++panel) {
      std::int8_t* to = weights_.data() + panel * quads_ * kVectors * kBytes;
      for (int v = 0; v < kVectors; ++v) {
        for (int lane = 0; lane < kSums; ++lane) {
          const std::int64_t channel = panel * kBytes + channel_of(v, lane);
          if (channel >= in_.channels) continue;
          std::int64_t sum = 0;
          for (std::int64_t tap = 0; tap < taps; ++tap) {
            const auto w = layer.weight[static_cast<std::size_t>(tap * in_.channels + channel)];
            const std::int64_t quad = by_columns_ ? tap % freq_.kernel : tap / 4;
            const std::int64_t place = by_columns_ ? tap / freq_.kernel : tap % 4;
            to[(quad * kVectors + v) * kBytes + 4 * lane + place] = w;
            sum += w;
          }
          sums_.set(panel, v, lane, layer, channel, sum, zero_in_);
        }
      }
    }
  }

  [[nodiscard]] const std::int8_t* weights_of(std::int64_t panel) const noexcept {
    return weights_.data() + panel * quads_ * kVectors * kBytes;
  }

  /// One row of a panel. Column j (input frequency j - padding) is the last that position j - 2
  /// sees, the second of j - 1 and the first of j.
  void run_columns(const std::int8_t* x, std::int8_t* y, std::int64_t panel,
                   std::int64_t t) const noexcept {
    const Bytes zeros = activations(broadcast(zero_in_));
    const Quads padding{{zeros, zeros, zeros, zeros}};
    const std::int8_t* rows[4] = {};  // null: in the padding, or no tap of this kernel
    for (std::int64_t kt = 0; kt < time_.kernel; ++kt) {
      const std::int64_t from = time_.input(t, kt);
      if (from < 0 || from >= in_.time) continue;
      rows[kt] = x + from * in_.freq * in_.channels + panel * kBytes;
    }
    const std::int8_t* weights = weights_of(panel);
    const std::int32_t* start = sums_.start.data() + panel * kBytes;
    const float* multipliers = sums_.multiplier.data() + panel * kBytes;
    const std::int64_t channels = in_.channels - panel * kBytes;
    std::int8_t* to = y + t * out_.freq * in_.channels + panel * kBytes;
    PanelSums two_seen;
    PanelSums one_seen;
    set(two_seen, start);
    set(one_seen, start);
    for (std::int64_t j = 0; j < out_.freq + 2; ++j) {
      const std::int64_t f = j - freq_.padding;
      const auto tap = [&](int kt) {
        return rows[kt] == nullptr ? zeros : activations(load<Bytes>(rows[kt] + f * in_.channels));
      };
      const bool inside = f >= 0 && f < in_.freq;
      const Quads column = inside ? interleave(tap(0), tap(1), tap(2), tap(3)) : padding;
      accumulate(two_seen, column, weights + 2 * kVectors * kBytes);
      if (j >= 2) {
        store_up_to(to, requantise_panel(two_seen, multipliers, zero_out_), channels);
        to += in_.channels;
      }
      accumulate(one_seen, column, weights + kVectors * kBytes);
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) two_seen[v] = one_seen[v];
      set(one_seen, start);
      accumulate(one_seen, column, weights);
    }
  }

  /// Any window, one position of a panel.
  void run_position(const std::int8_t* x, std::int8_t* y, std::int64_t panel, std::int64_t t,
                    std::int64_t f) const noexcept {
    const Bytes zeros = broadcast(zero_in_);
    const std::int8_t* weights = weights_of(panel);
    PanelSums sums;
    set(sums, sums_.start.data() + panel * kBytes);
    Bytes taps[4];
    int count = 0;
    const auto finish = [&] {
      accumulate(sums,
                 interleave(activations(taps[0]), activations(taps[1]), activations(taps[2]),
                            activations(taps[3])),
                 weights);
      weights += kVectors * kBytes;
      count = 0;
    };
    for (std::int64_t kt = 0; kt < time_.kernel; ++kt) {
      const std::int64_t from_t = time_.input(t, kt);
      for (std::int64_t kf = 0; kf < freq_.kernel; ++kf) {
        const std::int64_t from_f = freq_.input(f, kf);
        const bool meets = from_t >= 0 && from_t < in_.time && from_f >= 0 && from_f < in_.freq;
        taps[count++] =
            meets ? load<Bytes>(x + (from_t * in_.freq + from_f) * in_.channels + panel * kBytes)
                  : zeros;
        if (count == 4) finish();
      }
    }
    if (count > 0) {
      while (count < 4) taps[count++] = zeros;  // whose weights are 0
      finish();
    }
    store_up_to(y + (t * out_.freq + f) * in_.channels + panel * kBytes,
                requantise_panel(sums, sums_.multiplier.data() + panel * kBytes, zero_out_),
                in_.channels - panel * kBytes);
  }

  nn::Shape in_;
  nn::Shape out_;
  nn::Axis time_;
  nn::Axis freq_;
  std::int8_t zero_in_;
  std::int32_t zero_out_;
  bool by_columns_;
  std::int64_t quads_ = 0;
  std::int64_t panels_ = 0;
  Aligned<std::int8_t> weights_;  // [panels, quads, kVectors, kBytes]
  PackedSums sums_;
};

}  // namespace

std::unique_ptr<Kernel> depthwise(const TensorSpec& in, const TensorSpec& out,
                                  const nn::Window& window, const nn::IntegerLayer& layer) {
  return std::make_unique<DepthwiseKernel>(in, out, window, layer);
}

}  // namespace kws::engine::s8::KWS_INSTRUCTION_SET
