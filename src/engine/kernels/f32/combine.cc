// SPDX-License-Identifier: MIT
//
// Where branches of a network meet: sums and products that broadcast axes of size 1, and joining
// along channels.
#include <algorithm>
#include <utility>

#include "engine/kernels/f32/factories.h"
#include "engine/kernels/f32/simd.h"

namespace kws::engine::f32::KWS_INSTRUCTION_SET {
namespace {

/// How far to move in an operand for a step along each axis of the output: 0 where it broadcasts.
struct Steps {
  std::int64_t time;
  std::int64_t freq;
  bool one_channel;

  Steps(const nn::Shape& operand, const nn::Shape& out)
      : time(operand.time == 1 ? 0 : operand.freq * operand.channels),
        freq(operand.freq == 1 ? 0 : operand.channels),
        one_channel(operand.channels == 1 && out.channels != 1) {}

  [[nodiscard]] KWS_INLINE Vec at(const float* position, std::int64_t channel) const noexcept {
    return one_channel ? broadcast(*position) : load(position + channel);
  }
};

template <typename Function>
class CombineKernel final : public Kernel {
 public:
  CombineKernel(const nn::Shape& a, const nn::Shape& b, const nn::Shape& out, Bounds bounds)
      : out_(out), a_(a, out), b_(b, out), bounds_(bounds) {}

  void run(Inputs inputs, void* memory, RowRange rows) const noexcept KWS_REALTIME override {
    auto* const output = static_cast<float*>(memory);
    const Vec low = broadcast(bounds_.low);
    const Vec high = broadcast(bounds_.high);
    for (std::int64_t t = rows.begin; t < rows.end; ++t) {
      for (std::int64_t f = 0; f < out_.freq; ++f) {
        const float* a = floats(inputs[0]) + t * a_.time + f * a_.freq;
        const float* b = floats(inputs[1]) + t * b_.time + f * b_.freq;
        float* to = output + (t * out_.freq + f) * out_.channels;
        for (std::int64_t c = 0; c < out_.channels; c += kLanes) {
          const Vec y = Function()(a_.at(a, c), b_.at(b, c));
          store_up_to(to + c, smaller(larger(y, low), high), out_.channels - c);
        }
      }
    }
  }

  [[nodiscard]] std::string_view name() const noexcept override { return Function::kName; }

 private:
  nn::Shape out_;
  Steps a_;
  Steps b_;
  Bounds bounds_;
};

struct Sum {
  static constexpr const char* kName = "add";
  Vec operator()(Vec a, Vec b) const noexcept { return a + b; }
};
struct Product {
  static constexpr const char* kName = "multiply";
  Vec operator()(Vec a, Vec b) const noexcept { return a * b; }
};

struct Part {  // a type of this file's own, so that the code of its vector is too
  std::int64_t channels;
};

class ConcatKernel final : public Kernel {
 public:
  explicit ConcatKernel(const std::vector<nn::Shape>& in) : freq_(in[0].freq) {
    for (const auto& shape : in) {
      parts_.push_back({shape.channels});
      total_ += shape.channels;
    }
  }

  void run(Inputs inputs, void* memory, RowRange rows) const noexcept KWS_REALTIME override {
    auto* const output = static_cast<float*>(memory);
    for (std::int64_t i = rows.begin * freq_; i < rows.end * freq_; ++i) {
      float* to = output + i * total_;
      for (std::size_t part = 0; part < parts_.size(); ++part) {
        const std::int64_t count = parts_[part].channels;
        to = std::copy_n(floats(inputs[part]) + i * count, count, to);
      }
    }
  }

  [[nodiscard]] std::string_view name() const noexcept override { return "concat"; }

 private:
  std::int64_t freq_;
  std::int64_t total_ = 0;
  std::vector<Part> parts_;
};

}  // namespace

std::unique_ptr<Kernel> add(const nn::Shape& a, const nn::Shape& b, const nn::Shape& out,
                            Bounds bounds) {
  return std::make_unique<CombineKernel<Sum>>(a, b, out, bounds);
}

std::unique_ptr<Kernel> multiply(const nn::Shape& a, const nn::Shape& b, const nn::Shape& out,
                                 Bounds bounds) {
  return std::make_unique<CombineKernel<Product>>(a, b, out, bounds);
}

std::unique_ptr<Kernel> concat(const std::vector<nn::Shape>& in) {
  return std::make_unique<ConcatKernel>(in);
}

}  // namespace kws::engine::f32::KWS_INSTRUCTION_SET
