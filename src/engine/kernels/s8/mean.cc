// SPDX-License-Identifier: MIT
//
// Means over whole axes. The sums of a row's frequencies are plain sums of q; a plan may keep them
// row by row, and the zero point is taken off once, at the end.
#include <algorithm>
#include <cstring>

#include "engine/kernels/s8/factories.h"
#include "engine/kernels/s8/simd.h"

namespace kws::engine::s8::KWS_INSTRUCTION_SET {
namespace {

/// sums + `count` positions, `step` bytes apart, of kSums channels.
KWS_INLINE Sums add_positions(Sums sums, const std::int8_t* x, std::int64_t count,
                              std::int64_t step) noexcept {
  for (std::int64_t i = 0; i < count; ++i) sums += widen(x + i * step);
  return sums;
}

class RowSumsKernel final : public Kernel {
 public:
  explicit RowSumsKernel(const nn::Shape& in) : in_(in) {}

  void run(Inputs inputs, void* output, RowRange rows) const noexcept KWS_REALTIME override {
    const auto* x = static_cast<const std::int8_t*>(inputs[0]);
    auto* y = static_cast<std::int32_t*>(output);
    for (std::int64_t t = rows.begin; t < rows.end; ++t) {
      const std::int8_t* row = x + t * in_.freq * in_.channels;
      std::int32_t* to = y + t * in_.channels;
      std::int64_t c = 0;
      for (; c + kBytes <= in_.channels; c += kBytes) sum_panel(row + c, to + c);
      for (; c < in_.channels; c += kSums) {
        const Sums sums = add_positions(Sums{}, row + c, in_.freq, in_.channels);
        const std::int64_t channels = std::min<std::int64_t>(kSums, in_.channels - c);
        std::memcpy(to + c, &sums, static_cast<std::size_t>(channels) * sizeof(std::int32_t));
      }
    }
  }

  [[nodiscard]] std::string_view name() const noexcept override { return "int8 row sums"; }

 private:
  /// kBytes channels side by side: no sum waits for another, and memory is read in long stretches.
  void sum_panel(const std::int8_t* x, std::int32_t* to) const noexcept {
    Sums sums[kVectors]{};
    for (std::int64_t f = 0; f < in_.freq; ++f, x += in_.channels) {
      for (int v = 0; v < kVectors; ++v) sums[v] += widen(x + v * kSums);
    }
    for (int v = 0; v < kVectors; ++v) store(to + v * kSums, sums[v]);
  }

  nn::Shape in_;
};

/// What both kernels that give a mean end with.
struct Ending {
  std::int32_t offset = 0;  // Σ of the zero points
  float multiplier = 1.0F;
  std::int32_t zero_point = 0;

  Ending(const TensorSpec& in, const TensorSpec& out, std::int64_t count)
      : offset(static_cast<std::int32_t>(count * in.quantisation.zero_point)),
        multiplier(ratio(in.quantisation, out.quantisation, count)),
        zero_point(out.quantisation.zero_point) {}

  [[nodiscard]] FewBytes operator()(Sums sums) const noexcept {
    return to_few_bytes(__builtin_convertvector(sums - offset, Floats) * multiplier, zero_point);
  }
};

class MeanOfRowSumsKernel final : public Kernel {
 public:
  MeanOfRowSumsKernel(const TensorSpec& in, const TensorSpec& out)
      : in_(in.shape), ending_(in, out, in.shape.time * in.shape.freq) {}

  void run(Inputs inputs, void* output, RowRange) const noexcept KWS_REALTIME override {
    const auto* x = static_cast<const std::int32_t*>(inputs[0]);
    auto* y = static_cast<std::int8_t*>(output);
    for (std::int64_t c = 0; c < in_.channels; c += kSums) {
      Sums sums{};
      // What lies behind the last channel could overflow.
      for (std::int64_t t = 0; t < in_.time; ++t) {
        sums += load_up_to<Sums>(x + t * in_.channels + c, in_.channels - c);
      }
      store_up_to(y + c, ending_(sums), in_.channels - c);
    }
  }

  [[nodiscard]] std::string_view name() const noexcept override { return "int8 mean of row sums"; }

 private:
  nn::Shape in_;
  Ending ending_;
};

class MeanKernel final : public Kernel {
 public:
  MeanKernel(const TensorSpec& in, const TensorSpec& out, const nn::Mean& axes)
      : in_(in.shape),
        axes_(axes),
        ending_(in, out,
                (axes.over_time ? in.shape.time : 1) * (axes.over_freq ? in.shape.freq : 1)) {}

  void run(Inputs inputs, void* output, RowRange rows) const noexcept KWS_REALTIME override {
    const auto* x = static_cast<const std::int8_t*>(inputs[0]);
    auto* y = static_cast<std::int8_t*>(output);
    const std::int64_t out_freq = axes_.over_freq ? 1 : in_.freq;
    const std::int64_t columns = axes_.over_freq ? in_.freq : 1;
    for (std::int64_t t = rows.begin; t < rows.end; ++t) {
      const std::int64_t first = axes_.over_time ? 0 : t;
      const std::int64_t last = axes_.over_time ? in_.time : t + 1;
      for (std::int64_t f = 0; f < out_freq; ++f) {
        for (std::int64_t c = 0; c < in_.channels; c += kSums) {
          Sums sums{};
          for (std::int64_t row = first; row < last; ++row) {
            sums = add_positions(sums, x + (row * in_.freq + f) * in_.channels + c, columns,
                                 in_.channels);
          }
          store_up_to(y + (t * out_freq + f) * in_.channels + c, ending_(sums), in_.channels - c);
        }
      }
    }
  }

  [[nodiscard]] std::string_view name() const noexcept override { return "int8 mean"; }

 private:
  nn::Shape in_;
  nn::Mean axes_;
  Ending ending_;
};

}  // namespace

std::unique_ptr<Kernel> mean(const TensorSpec& in, const TensorSpec& out, const nn::Mean& axes) {
  return std::make_unique<MeanKernel>(in, out, axes);
}

std::unique_ptr<Kernel> row_sums(const TensorSpec& in) {
  return std::make_unique<RowSumsKernel>(in.shape);
}

std::unique_ptr<Kernel> mean_of_row_sums(const TensorSpec& in, const TensorSpec& out) {
  return std::make_unique<MeanOfRowSumsKernel>(in, out);
}

}  // namespace kws::engine::s8::KWS_INSTRUCTION_SET
