// SPDX-License-Identifier: MIT
//
// Pointwise convolution that leaves out the weights that are zero. Which ones are zero differs from
// output to output, so vectors run over positions: a block of positions is transposed, then every
// output channel walks the list of its own nonzero weights, and the results are transposed back.
//
// Order of sums for each output element: bias, then by input channel one multiply-add for each
// weight that is not zero.
#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <utility>
#include <vector>

#include "engine/aligned_floats.h"
#include "engine/kernels/f32/factories.h"
#include "engine/kernels/f32/simd.h"
#include "engine/kernels/f32/sparse_costs.h"
#include "engine/kernels/f32/transpose.h"

namespace kws::engine::f32::KWS_INSTRUCTION_SET {
namespace {

constexpr std::size_t kMaxVectors = 4;  // of positions in a block

/// One nonzero weight and where the block's inputs that it multiplies begin.
struct Entry {
  std::int32_t offset;  // floats
  float weight;
};

/// An output channel's entries, by input channel.
struct List {
  std::int64_t output;
  std::int64_t begin;
  std::int64_t end;
};

/// Up to kVectors * kLanes positions.
struct Block {
  const float* input = nullptr;  // of the first position
  float* output = nullptr;
  std::int64_t positions = 0;
};

class SparsePointwiseKernel final : public Kernel {
 public:
  SparsePointwiseKernel(const nn::Shape& in, const nn::Shape& out, std::span<const float> weight,
                        std::span<const float> bias, Bounds bounds)
      : in_channels_(in.channels), out_(out), bounds_(bounds), bias_(out.channels + kLanes) {
    std::copy(bias.begin(), bias.end(), bias_.data());
    block_vectors_ = std::clamp<std::int64_t>(kSparseScratch / (in_channels_ * kLanes), 1,
                                              std::int64_t{kMaxVectors});
    for (std::int64_t o = 0; o < out.channels; ++o) {
      const auto begin = static_cast<std::int64_t>(entries_.size());
      for (std::int64_t i = 0; i < in_channels_; ++i) {
        const float w = weight[static_cast<std::size_t>(i * out.channels + o)];
        if (w == 0.0F) continue;
        entries_.push_back({static_cast<std::int32_t>(i * block_vectors_ * kLanes), w});
      }
      lists_.push_back({o, begin, static_cast<std::int64_t>(entries_.size())});
    }
  }

  void run(Inputs inputs, void* memory, RowRange rows) const noexcept KWS_REALTIME override {
    const std::int64_t first = rows.begin * out_.freq;
    std::int64_t left = (rows.end - rows.begin) * out_.freq;
    Block block{.input = floats(inputs[0]) + first * in_channels_,
                .output = static_cast<float*>(memory) + first * out_.channels};
    // Blocks of nearly equal size, in whole vectors.
    std::int64_t vectors = (left + kLanes - 1) / kLanes;
    for (std::int64_t blocks = (vectors + block_vectors_ - 1) / block_vectors_; blocks > 0;
         --blocks) {
      const std::int64_t now = (vectors + blocks - 1) / blocks;
      block.positions = std::min(left, now * kLanes);
      (this->*kRunBlock[static_cast<std::size_t>(now - 1)])(block);
      block.input += block.positions * in_channels_;
      block.output += block.positions * out_.channels;
      left -= block.positions;
      vectors -= now;
    }
  }

  [[nodiscard]] std::string_view name() const noexcept override { return "sparse pointwise"; }

 private:
  template <std::size_t kVectors>
  void run_block(const Block& block) const noexcept {
    alignas(64) float transposed[kSparseScratch];  // [input channel, block_vectors_ * kLanes]
    transpose_inputs<kVectors>(block, transposed);
    for (std::int64_t first = 0; first < out_.channels; first += kLanes) {
      const std::int64_t channels = std::min<std::int64_t>(kLanes, out_.channels - first);
      Vec sums[kLanes][kVectors];  // [output channel, positions]
      std::int64_t c = 0;
      for (; c + 1 < channels; c += 2) {
        add_up<kVectors>(transposed, lists_[static_cast<std::size_t>(first + c)],
                         lists_[static_cast<std::size_t>(first + c + 1)], sums[c], sums[c + 1]);
      }
      if (c < channels) {
        const List& last = lists_[static_cast<std::size_t>(first + c)];
        add_up<kVectors>(transposed, last, {last.output, last.end, last.end}, sums[c], sums[c + 1]);
      }
      store_outputs<kVectors>(block, first, sums);
    }
  }

  template <std::size_t kVectors>
  void transpose_inputs(const Block& block, float* transposed) const noexcept {
    const std::int64_t row = block_vectors_ * kLanes;
    for (std::size_t v = 0; v < kVectors; ++v) {
      const auto position = static_cast<std::int64_t>(v * kLanes);
      for (std::int64_t channel = 0; channel < in_channels_; channel += kLanes) {
        Vec square[kLanes];
#pragma GCC unroll 16
        for (std::int64_t p = 0; p < kLanes; ++p) {
          // Lanes behind the last position repeat it: nothing else is ours to read.
          const std::int64_t from = std::min(position + p, block.positions - 1);
          square[p] = load(block.input + from * in_channels_ + channel);
        }
        transpose(square);
        float* to = transposed + channel * row + position;
        const std::int64_t channels = std::min<std::int64_t>(kLanes, in_channels_ - channel);
        for (std::int64_t c = 0; c < channels; ++c) store(to + c * row, square[c]);
      }
    }
  }

  /// Two output channels at a time, or the multipliers would wait for each other's sums.
  template <std::size_t kVectors>
  KWS_INLINE void add_up(const float* transposed, const List& a, const List& b,
                         Vec (&sums_a)[kVectors], Vec (&sums_b)[kVectors]) const noexcept {
    Vec first[kVectors];
    Vec second[kVectors];
    const Vec bias_a = broadcast(bias_.data()[a.output]);
    const Vec bias_b = broadcast(bias_.data()[b.output]);
    for (std::size_t v = 0; v < kVectors; ++v) first[v] = bias_a;
    for (std::size_t v = 0; v < kVectors; ++v) second[v] = bias_b;
    const Entry* entry_a = entries_.data() + a.begin;
    const Entry* entry_b = entries_.data() + b.begin;
    const Entry* const end_a = entries_.data() + a.end;
    const Entry* const end_b = entries_.data() + b.end;
    const Entry* const both = entry_a + std::min(end_a - entry_a, end_b - entry_b);
    for (; entry_a != both; ++entry_a, ++entry_b) {
      add_product(transposed, *entry_a, first);
      add_product(transposed, *entry_b, second);
    }
    for (; entry_a != end_a; ++entry_a) add_product(transposed, *entry_a, first);
    for (; entry_b != end_b; ++entry_b) add_product(transposed, *entry_b, second);
    for (std::size_t v = 0; v < kVectors; ++v) sums_a[v] = first[v];
    for (std::size_t v = 0; v < kVectors; ++v) sums_b[v] = second[v];
  }

  template <std::size_t kVectors>
  KWS_INLINE static void add_product(const float* transposed, const Entry& entry,
                                     Vec (&sums)[kVectors]) noexcept {
    const Vec weight = broadcast(entry.weight);
    const float* x = transposed + entry.offset;
#pragma GCC unroll 8
    for (std::size_t v = 0; v < kVectors; ++v) {
      sums[v] = multiply_add(load(x + v * kLanes), weight, sums[v]);
    }
  }

  template <std::size_t kVectors>
  void store_outputs(const Block& block, std::int64_t channel,
                     const Vec (&sums)[kLanes][kVectors]) const noexcept {
    const Vec low = broadcast(bounds_.low);
    const Vec high = broadcast(bounds_.high);
    for (std::size_t v = 0; v < kVectors; ++v) {
      Vec square[kLanes];
#pragma GCC unroll 16
      for (std::size_t c = 0; c < kLanes; ++c) square[c] = smaller(larger(sums[c][v], low), high);
      transpose(square);
      const auto position = static_cast<std::int64_t>(v * kLanes);
      float* to = block.output + position * out_.channels + channel;
      const std::int64_t positions = std::min<std::int64_t>(kLanes, block.positions - position);
      for (std::int64_t p = 0; p < positions; ++p) {
        store_up_to(to + p * out_.channels, square[p], out_.channels - channel);
      }
    }
  }

  using RunBlock = void (SparsePointwiseKernel::*)(const Block&) const noexcept;
  static constexpr std::array<RunBlock, kMaxVectors> kRunBlock{
      &SparsePointwiseKernel::run_block<1>, &SparsePointwiseKernel::run_block<2>,
      &SparsePointwiseKernel::run_block<3>, &SparsePointwiseKernel::run_block<4>};

  std::int64_t in_channels_;
  nn::Shape out_;
  Bounds bounds_;
  std::int64_t block_vectors_;  // at most
  std::vector<Entry> entries_;
  std::vector<List> lists_;  // by output channel
  AlignedFloats bias_;
};

}  // namespace

std::unique_ptr<Kernel> sparse_pointwise(const nn::Shape& in, const nn::Shape& out,
                                         std::span<const float> weight, std::span<const float> bias,
                                         Bounds bounds) {
  assert(in.channels * kLanes <= kSparseScratch);
  return std::make_unique<SparsePointwiseKernel>(in, out, weight, bias, bounds);
}

}  // namespace kws::engine::f32::KWS_INSTRUCTION_SET
