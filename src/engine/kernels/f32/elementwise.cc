// SPDX-License-Identifier: MIT
//
// What works on each element by itself: normalisations and activations that were not folded or
// fused into a layer. All may run in place.
#include <algorithm>
#include <utility>

#include "engine/aligned_floats.h"
#include "engine/kernels/f32/factories.h"
#include "engine/kernels/f32/simd.h"

namespace kws::engine::f32::KWS_INSTRUCTION_SET {
namespace {

/// y = function(x), element by element.
template <typename Function>
class MapKernel final : public Kernel {
 public:
  MapKernel(const nn::Shape& shape, const char* name, Function function)
      : row_(shape.freq * shape.channels), name_(name), function_(function) {}

  void run(Inputs inputs, void* memory, RowRange rows) const noexcept KWS_REALTIME override {
    auto* const output = static_cast<float*>(memory);
    const std::int64_t end = rows.end * row_;
    for (std::int64_t i = rows.begin * row_; i < end; i += kLanes) {
      store_up_to(output + i, function_(load(floats(inputs[0]) + i)), end - i);
    }
  }

  [[nodiscard]] std::string_view name() const noexcept override { return name_; }

 private:
  std::int64_t row_;
  const char* name_;
  Function function_;
};

template <typename Function>
std::unique_ptr<Kernel> map(const nn::Shape& shape, const char* name, Function function) {
  return std::make_unique<MapKernel<Function>>(shape, name, function);
}

class InputNormKernel final : public Kernel {
 public:
  InputNormKernel(const nn::Shape& shape, std::span<const float> mean,
                  std::span<const float> deviation)
      : freq_(shape.freq), mean_(mean, kLanes), deviation_(deviation, kLanes) {}

  void run(Inputs inputs, void* memory, RowRange rows) const noexcept KWS_REALTIME override {
    auto* const output = static_cast<float*>(memory);
    for (std::int64_t t = rows.begin; t < rows.end; ++t) {
      const float* x = floats(inputs[0]) + t * freq_;
      for (std::int64_t f = 0; f < freq_; f += kLanes) {
        store_up_to(output + t * freq_ + f,
                    (load(x + f) - load(mean_.data() + f)) / load(deviation_.data() + f),
                    freq_ - f);
      }
    }
  }

  [[nodiscard]] std::string_view name() const noexcept override { return "input norm"; }

 private:
  std::int64_t freq_;
  AlignedFloats mean_;
  AlignedFloats deviation_;
};

/// A batch norm that could not be folded (one band), or a sub-spectral norm.
class AffineKernel final : public Kernel {
 public:
  AffineKernel(const nn::Shape& shape, std::int64_t bands, std::span<const float> factor,
               std::span<const float> offset, Bounds bounds)
      : shape_(shape),
        band_freq_(shape.freq / bands),
        bounds_(bounds),
        factor_(factor, kLanes),
        offset_(offset, kLanes) {}

  void run(Inputs inputs, void* memory, RowRange rows) const noexcept KWS_REALTIME override {
    auto* const output = static_cast<float*>(memory);
    const Vec low = broadcast(bounds_.low);
    const Vec high = broadcast(bounds_.high);
    for (std::int64_t t = rows.begin; t < rows.end; ++t) {
      for (std::int64_t f = 0; f < shape_.freq; ++f) {
        const std::int64_t at = (t * shape_.freq + f) * shape_.channels;
        const std::int64_t band = f / band_freq_ * shape_.channels;
        for (std::int64_t c = 0; c < shape_.channels; c += kLanes) {
          const Vec y =
              multiply_add(load(floats(inputs[0]) + at + c), load(factor_.data() + band + c),
                           load(offset_.data() + band + c));
          store_up_to(output + at + c, smaller(larger(y, low), high), shape_.channels - c);
        }
      }
    }
  }

  [[nodiscard]] std::string_view name() const noexcept override { return "affine"; }

 private:
  nn::Shape shape_;
  std::int64_t band_freq_;  // frequencies of a band
  Bounds bounds_;
  AlignedFloats factor_;  // [bands, channels]
  AlignedFloats offset_;
};

}  // namespace

std::unique_ptr<Kernel> input_norm(const nn::Shape& shape, std::span<const float> mean,
                                   std::span<const float> deviation) {
  return std::make_unique<InputNormKernel>(shape, mean, deviation);
}

std::unique_ptr<Kernel> affine(const nn::Shape& shape, std::int64_t bands,
                               std::span<const float> factor, std::span<const float> offset,
                               Bounds bounds) {
  return std::make_unique<AffineKernel>(shape, bands, factor, offset, bounds);
}

std::unique_ptr<Kernel> clamp(const nn::Shape& shape, Bounds bounds) {
  return map(shape, "clamp", [bounds](Vec x) noexcept {
    return smaller(larger(x, broadcast(bounds.low)), broadcast(bounds.high));
  });
}

std::unique_ptr<Kernel> hard_swish(const nn::Shape& shape) {
  return map(shape, "hard-swish", [](Vec x) noexcept {
    const Vec gate = smaller(larger(x + 3.0F, broadcast(0.0F)), broadcast(6.0F));
    return x * gate * (1.0F / 6.0F);
  });
}

std::unique_ptr<Kernel> swish(const nn::Shape& shape) {
  return map(shape, "swish", [](Vec x) noexcept { return x / (1.0F + exponential(-x)); });
}

}  // namespace kws::engine::f32::KWS_INSTRUCTION_SET
