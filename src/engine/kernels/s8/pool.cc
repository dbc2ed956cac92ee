// SPDX-License-Identifier: MIT
//
// int8 pooling windows; vectors run over channels. Taps in the padding are left out.
#include <algorithm>

#include "engine/aligned.h"
#include "engine/kernels/s8/factories.h"
#include "engine/kernels/s8/simd.h"
#include "nn/sliding.h"

namespace kws::engine::s8::KWS_INSTRUCTION_SET {
namespace {

/// What both pools have in common: where the taps of a position lie.
template <typename Pool>
class PoolKernel final : public Kernel {
 public:
  PoolKernel(const TensorSpec& in, const TensorSpec& out, const nn::Window& window)
      : in_(in.shape),
        out_(out.shape),
        time_(nn::time_axis(in.shape, out.shape, window)),
        freq_(nn::freq_axis(in.shape, out.shape, window)),
        pool_(in.quantisation, out.quantisation,
              std::min(time_.kernel, in.shape.time) * std::min(freq_.kernel, in.shape.freq)) {}

  void run(Inputs inputs, void* memory, RowRange rows) const noexcept KWS_REALTIME override {
    const auto* x = static_cast<const std::int8_t*>(inputs[0]);
    auto* const y = static_cast<std::int8_t*>(memory);
    for (std::int64_t t = rows.begin; t < rows.end; ++t) {
      const nn::Taps time = time_.taps(t);
      for (std::int64_t f = 0; f < out_.freq; ++f) {
        run_position(x, y + (t * out_.freq + f) * out_.channels, time, freq_.taps(f));
      }
    }
  }

  [[nodiscard]] std::string_view name() const noexcept override { return Pool::kName; }

 private:
  void run_position(const std::int8_t* x, std::int8_t* to, const nn::Taps& time,
                    const nn::Taps& freq) const noexcept {
    const std::int64_t rows = time.end - time.begin;
    const std::int64_t columns = freq.end - freq.begin;
    const std::int64_t row_step = time_.dilation * in_.freq * in_.channels;
    const std::int64_t step = freq_.dilation * in_.channels;
    x += (time.first * in_.freq + freq.first) * in_.channels;
    for (std::int64_t c = 0; c < in_.channels; c += kBytes) {
      typename Pool::State state = Pool::begin();
      for (std::int64_t i = 0; i < rows; ++i) {
        const std::int8_t* row = x + i * row_step + c;
        for (std::int64_t j = 0; j < columns; ++j) Pool::add(state, load<Bytes>(row + j * step));
      }
      store_up_to(to + c, pool_.end(state, rows * columns), in_.channels - c);
    }
  }

  nn::Shape in_;
  nn::Shape out_;
  nn::Axis time_;
  nn::Axis freq_;
  Pool pool_;
};

struct Largest {
  static constexpr const char* kName = "int8 max pool";
  using State = Bytes;

  Largest(const nn::Quantisation&, const nn::Quantisation&, std::int64_t) {}

  KWS_INLINE static State begin() noexcept { return broadcast(std::int8_t{-128}); }
  KWS_INLINE static void add(State& largest, Bytes x) noexcept {
    largest = x > largest ? x : largest;
  }
  KWS_INLINE static Bytes end(State largest, std::int64_t) noexcept { return largest; }
};

struct Average {
  static constexpr const char* kName = "int8 average pool";
  struct State {
    Sums sums[kVectors];  // of q
  };

  std::int32_t zero_in;
  std::int32_t zero_out;
  Aligned<float> share;  // by taps met

  /// taps: at most met.
  Average(const nn::Quantisation& in, const nn::Quantisation& out, std::int64_t taps)
      : zero_in(in.zero_point), zero_out(out.zero_point), share(taps + 1) {
    for (std::int64_t n = 1; n <= taps; ++n) share.data()[n] = ratio(in, out, n);
  }

  KWS_INLINE static State begin() noexcept { return {}; }
  KWS_INLINE static void add(State& state, Bytes x) noexcept {
    const Quads spread = interleave(Bytes{}, Bytes{}, Bytes{}, x);
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      state.sums[v] += reinterpret_cast<Sums>(spread.vectors[v]) >> 24;
    }
  }
  KWS_INLINE Bytes end(const State& state, std::int64_t taps) const noexcept {
    const auto offset = static_cast<std::int32_t>(taps) * zero_in;
    Floats steps[kVectors];
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      steps[v] = __builtin_convertvector(state.sums[v] - offset, Floats) * share.data()[taps];
    }
    return pack_panel(steps, zero_out);
  }
};

}  // namespace

std::unique_ptr<Kernel> average_pool(const TensorSpec& in, const TensorSpec& out,
                                     const nn::Window& window) {
  return std::make_unique<PoolKernel<Average>>(in, out, window);
}

std::unique_ptr<Kernel> max_pool(const TensorSpec& in, const TensorSpec& out,
                                 const nn::Window& window) {
  return std::make_unique<PoolKernel<Largest>>(in, out, window);
}

}  // namespace kws::engine::s8::KWS_INSTRUCTION_SET
