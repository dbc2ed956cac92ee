// SPDX-License-Identifier: MIT
//
// Pooling windows and means over whole axes; vectors run over channels.
//
// Order of sums: a pool adds its taps by time, then frequency. A mean adds the frequencies of a row
// from low to high, then the rows' sums from the oldest to the newest, so that an incremental plan
// may keep row sums and still get the same bits.
#include <algorithm>

#include "engine/kernels/f32/factories.h"
#include "engine/kernels/f32/simd.h"
#include "nn/sliding.h"

namespace kws::engine::f32::KWS_INSTRUCTION_SET {
namespace {

template <bool kAverage>
class PoolKernel final : public Kernel {
 public:
  PoolKernel(const nn::Shape& in, const nn::Shape& out, const nn::Window& window)
      : in_(in),
        out_(out),
        time_(nn::time_axis(in, out, window)),
        freq_(nn::freq_axis(in, out, window)) {}

  void run(Inputs inputs, void* memory, RowRange rows) const noexcept KWS_REALTIME override {
    auto* const output = static_cast<float*>(memory);
    for (std::int64_t t = rows.begin; t < rows.end; ++t) {
      for (std::int64_t f = 0; f < out_.freq; ++f) {
        run_position(floats(inputs[0]), output + (t * out_.freq + f) * out_.channels, time_.taps(t),
                     freq_.taps(f));
      }
    }
  }

  [[nodiscard]] std::string_view name() const noexcept override {
    return kAverage ? "average pool" : "max pool";
  }

 private:
  void run_position(const float* input, float* to, const nn::Taps& time,
                    const nn::Taps& freq) const noexcept {
    const std::int64_t rows = time.end - time.begin;
    const std::int64_t columns = freq.end - freq.begin;
    const float share = 1.0F / static_cast<float>(std::max<std::int64_t>(rows * columns, 1));
    for (std::int64_t c = 0; c < in_.channels; c += kLanes) {
      Vec result = broadcast(kAverage ? 0.0F : -std::numeric_limits<float>::infinity());
      for (std::int64_t i = 0; i < rows; ++i) {
        const float* x = input + ((time.first + i) * in_.freq + freq.first) * in_.channels + c;
        for (std::int64_t j = 0; j < columns; ++j) {
          const Vec value = load(x + j * in_.channels);
          result = kAverage ? result + value : larger(value, result);
        }
      }
      if (kAverage) result *= share;
      store_up_to(to + c, result, in_.channels - c);
    }
  }

  nn::Shape in_;
  nn::Shape out_;
  nn::Axis time_;
  nn::Axis freq_;
};

class MeanKernel final : public Kernel {
 public:
  MeanKernel(const nn::Shape& in, const nn::Mean& axes, float share)
      : in_(in), axes_(axes), share_(share) {}

  void run(Inputs inputs, void* memory, RowRange rows) const noexcept KWS_REALTIME override {
    auto* const output = static_cast<float*>(memory);
    const std::int64_t out_freq = axes_.over_freq ? 1 : in_.freq;
    for (std::int64_t t = rows.begin; t < rows.end; ++t) {
      const std::int64_t first = axes_.over_time ? 0 : t;
      const std::int64_t last = axes_.over_time ? in_.time : t + 1;
      for (std::int64_t f = 0; f < out_freq; ++f) {
        float* to = output + (t * out_freq + f) * in_.channels;
        for (std::int64_t c = 0; c < in_.channels; c += kLanes) {
          Vec sum{};
          for (std::int64_t row = first; row < last; ++row) {
            sum += row_sum(floats(inputs[0]) + (row * in_.freq + f) * in_.channels + c);
          }
          store_up_to(to + c, sum * share_, in_.channels - c);
        }
      }
    }
  }

  [[nodiscard]] std::string_view name() const noexcept override { return "mean"; }

 private:
  [[nodiscard]] Vec row_sum(const float* x) const noexcept {
    Vec sum = load(x);
    if (!axes_.over_freq) return sum;
    for (std::int64_t f = 1; f < in_.freq; ++f) sum += load(x + f * in_.channels);
    return sum;
  }

  nn::Shape in_;
  nn::Mean axes_;
  float share_;
};

}  // namespace

std::unique_ptr<Kernel> average_pool(const nn::Shape& in, const nn::Shape& out,
                                     const nn::Window& window) {
  return std::make_unique<PoolKernel<true>>(in, out, window);
}

std::unique_ptr<Kernel> max_pool(const nn::Shape& in, const nn::Shape& out,
                                 const nn::Window& window) {
  return std::make_unique<PoolKernel<false>>(in, out, window);
}

std::unique_ptr<Kernel> mean(const nn::Shape& in, const nn::Mean& axes) {
  const std::int64_t count = (axes.over_time ? in.time : 1) * (axes.over_freq ? in.freq : 1);
  return std::make_unique<MeanKernel>(in, axes, 1.0F / static_cast<float>(count));
}

std::unique_ptr<Kernel> row_sums(const nn::Shape& in) {
  return std::make_unique<MeanKernel>(in, nn::Mean{.over_time = false, .over_freq = true}, 1.0F);
}

std::unique_ptr<Kernel> mean_of_row_sums(const nn::Shape& in) {
  return std::make_unique<MeanKernel>(nn::Shape{in.time, 1, in.channels},
                                      nn::Mean{.over_time = true, .over_freq = false},
                                      1.0F / static_cast<float>(in.time * in.freq));
}

}  // namespace kws::engine::f32::KWS_INSTRUCTION_SET
