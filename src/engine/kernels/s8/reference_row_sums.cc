// SPDX-License-Identifier: MIT
//
// The two halves of a mean over time and frequency in plain loops, as reference.cc has the rest.
#include "engine/kernels/s8/kernels.h"
#include "engine/kernels/s8/requantise.h"

namespace kws::engine::s8 {
namespace {

class RowSums final : public Kernel {
 public:
  explicit RowSums(const nn::Shape& in) : in_(in) {}

  void run(Inputs inputs, void* output, RowRange rows) const noexcept KWS_REALTIME override {
    const auto* x = static_cast<const std::int8_t*>(inputs[0]);
    auto* y = static_cast<std::int32_t*>(output);
    for (std::int64_t t = rows.begin; t < rows.end; ++t) {
      for (std::int64_t c = 0; c < in_.channels; ++c) {
        std::int32_t sum = 0;
        for (std::int64_t f = 0; f < in_.freq; ++f) {
          sum += x[(t * in_.freq + f) * in_.channels + c];
        }
        y[t * in_.channels + c] = sum;
      }
    }
  }

  [[nodiscard]] std::string_view name() const noexcept override { return "int8 reference"; }

 private:
  nn::Shape in_;
};

class MeanOfRowSums final : public Kernel {
 public:
  MeanOfRowSums(const TensorSpec& in, const TensorSpec& out) : in_(in), out_(out) {}

  void run(Inputs inputs, void* output, RowRange) const noexcept KWS_REALTIME override {
    const auto* x = static_cast<const std::int32_t*>(inputs[0]);
    auto* y = static_cast<std::int8_t*>(output);
    const auto& [time, freq, channels] = in_.shape;
    const std::int32_t zero_x = in_.quantisation.zero_point;
    const float share = ratio(in_.quantisation, out_.quantisation, time * freq);
    for (std::int64_t c = 0; c < channels; ++c) {
      std::int32_t sum = 0;
      for (std::int64_t t = 0; t < time; ++t) {
        sum += x[t * channels + c] - static_cast<std::int32_t>(freq) * zero_x;
      }
      y[c] = requantise(sum, share, out_.quantisation.zero_point);
    }
  }

  [[nodiscard]] std::string_view name() const noexcept override { return "int8 reference"; }

 private:
  TensorSpec in_;
  TensorSpec out_;
};

}  // namespace

std::unique_ptr<Kernel> reference_row_sums(const TensorSpec& in) {
  return std::make_unique<RowSums>(in.shape);
}

std::unique_ptr<Kernel> reference_mean_of_row_sums(const TensorSpec& in, const TensorSpec& out) {
  return std::make_unique<MeanOfRowSums>(in, out);
}

}  // namespace kws::engine::s8
