// SPDX-License-Identifier: MIT
//
// int8 pointwise convolution that leaves out the weights that are zero. Which ones are zero differs
// from output to output, so vectors run over positions: a block of positions is transposed, every
// output channel walks the list of its own nonzero weights, four at a time, whose inputs are
// interleaved into quads on the way to the dot products, and the results are transposed back.
#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

#include "engine/kernels/s8/factories.h"
#include "engine/kernels/s8/simd.h"
#include "engine/kernels/s8/sparse_costs.h"

namespace kws::engine::s8::KWS_INSTRUCTION_SET {
namespace {

constexpr int kSide = 16;  // bytes of a 128-bit lane, within which vectors are transposed

// Here activations may enter as q + 128 wherever the processor multiplies unsigned by signed bytes,
// not with VNNI alone: the weights that vpmaddubsw adds up in 16 bits are chosen so that they
// cannot saturate (arranged()), which the dense kernels cannot do.
#if defined(KWS_S8_AVX512) || defined(KWS_S8_AVX2)
constexpr std::int32_t kSparseOffset = 128;
#else
constexpr std::int32_t kSparseOffset = 0;
#endif
#if (defined(KWS_S8_AVX512) || defined(KWS_S8_AVX2)) && !defined(__AVX512VNNI__)
constexpr bool kPairsSaturate = true;
#else
constexpr bool kPairsSaturate = false;
#endif

KWS_INLINE Bytes enter(Bytes q) noexcept {
  if constexpr (kSparseOffset == 0) return q;
  return q ^ broadcast(std::int8_t{-128});
}

/// sums + Σ over the four taps of each lane. The activations went through enter(), the weights
/// through arranged().
KWS_INLINE Sums sparse_dot(Sums sums, Bytes activations, Bytes weights) noexcept {
#if defined(KWS_S8_AVX512) && !defined(__AVX512VNNI__)
  const __m512i pairs = _mm512_maddubs_epi16(reinterpret_cast<__m512i>(activations),
                                             reinterpret_cast<__m512i>(weights));
  return sums + reinterpret_cast<Sums>(_mm512_madd_epi16(pairs, _mm512_set1_epi16(1)));
#elif defined(KWS_S8_AVX2)
  const __m256i pairs = _mm256_maddubs_epi16(reinterpret_cast<__m256i>(activations),
                                             reinterpret_cast<__m256i>(weights));
  return sums + reinterpret_cast<Sums>(_mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
#else
  return dot(sums, activations, weights);
#endif
}

/// Of each 128 bits of a and b the lower (kHalf = 0) or upper halves' elements in turns.
template <std::size_t kHalf, typename Vector, std::size_t... kIndex>
KWS_INLINE Vector unpack(Vector a, Vector b, std::index_sequence<kIndex...>) noexcept {
  constexpr std::size_t kAll = sizeof...(kIndex);
  constexpr std::size_t kOf = kAll * kSide / kBytes;  // elements of 128 bits
  return __builtin_shufflevector(
      a, b, (kIndex / kOf * kOf + kHalf * kOf / 2 + kIndex % kOf / 2 + (kIndex % 2) * kAll)...);
}
template <std::size_t kHalf>
KWS_INLINE Sums unpack(Sums a, Sums b) noexcept {
  return unpack<kHalf>(a, b, std::make_index_sequence<kBytes / sizeof(std::int32_t)>());
}
template <std::size_t kHalf>
KWS_INLINE Bytes unpack_twos(Sums a, Sums b) noexcept {
  using Twos = std::int64_t __attribute__((vector_size(kBytes)));
  return reinterpret_cast<Bytes>(
      unpack<kHalf>(reinterpret_cast<Twos>(a), reinterpret_cast<Twos>(b),
                    std::make_index_sequence<kBytes / sizeof(std::int64_t)>()));
}

/// Within each 128-bit lane: rows[i][j] ↔ rows[j][i].
KWS_INLINE void transpose(Bytes (&rows)[kSide]) noexcept {
  Quads quads[4];  // [rows / 4][columns / 4], each four columns of four rows
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    quads[i] = interleave(rows[4 * i], rows[4 * i + 1], rows[4 * i + 2], rows[4 * i + 3]);
  }
#pragma GCC unroll 4
  for (int v = 0; v < kVectors; ++v) {
    const auto quad = [&](int i) { return reinterpret_cast<Sums>(quads[i].vectors[v]); };
    const Sums low_a = unpack<0>(quad(0), quad(1));
    const Sums high_a = unpack<1>(quad(0), quad(1));
    const Sums low_b = unpack<0>(quad(2), quad(3));
    const Sums high_b = unpack<1>(quad(2), quad(3));
    rows[4 * v] = unpack_twos<0>(low_a, low_b);
    rows[4 * v + 1] = unpack_twos<1>(low_a, low_b);
    rows[4 * v + 2] = unpack_twos<0>(high_a, high_b);
    rows[4 * v + 3] = unpack_twos<1>(high_a, high_b);
  }
}

template <int kLane>
KWS_INLINE void store_lane(std::int8_t* to, Bytes value) noexcept {
#if defined(KWS_S8_AVX512)
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to),
                   _mm512_maskz_extracti32x4_epi32(0xF, reinterpret_cast<__m512i>(value), kLane));
#elif defined(KWS_S8_AVX2)
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to),
                   _mm256_extracti128_si256(reinterpret_cast<__m256i>(value), kLane));
#else
  store(to, value);
#endif
}

/// The first `count` 128-bit lanes, `step` bytes apart, or all of them.
template <int... kLane>
KWS_INLINE void store_lanes(std::int8_t* to, Bytes value, std::int64_t step, std::int64_t count,
                            std::integer_sequence<int, kLane...>) noexcept {
  ((kLane < count ? store_lane<kLane>(to + kLane * step, value) : void()), ...);
}
KWS_INLINE void store_lanes(std::int8_t* to, Bytes value, std::int64_t step,
                            std::int64_t count) noexcept {
  store_lanes(to, value, step, count, std::make_integer_sequence<int, kBytes / kSide>());
}

/// How many lanes have something where element `first` of each is one of `count` that follow each
/// other through the lanes.
KWS_INLINE std::int64_t lanes_of(std::int64_t count, std::int64_t first) noexcept {
  return (count - first + kSide - 1) / kSide;
}

/// A weight and where the block's inputs that it multiplies begin.
struct Entry {
  std::int32_t offset = 0;  // bytes
  std::int8_t weight = 0;
};

/// Four of them, as a dot product takes them.
struct Quad {
  std::int32_t offsets[4];
  std::int8_t weights[4];
};

/// An output channel's quads and what begins and ends its sums.
struct List {
  std::int64_t begin;
  std::int64_t end;
  std::int32_t start;
  float multiplier;
};

/// Up to kBytes positions.
struct Block {
  const std::int8_t* input = nullptr;  // of the first position
  std::int8_t* output = nullptr;
  std::int64_t positions = 0;
};

/// In pairs whose products with 0..255 stay within 16 bits when they are added: a weight that is
/// negative goes with one that is not, and of those left over large ones with small ones, or with
/// none (a weight of 0).
std::vector<Entry> arranged(const std::vector<Entry>& entries) {
  if constexpr (!kPairsSaturate) return entries;
  std::vector<Entry> positive;
  std::vector<Entry> negative;
  for (const Entry& entry : entries) (entry.weight < 0 ? negative : positive).push_back(entry);
  std::vector<Entry> result;
  const auto add_pair = [&](Entry a, Entry b) {
    result.push_back(a);
    result.push_back(b);
  };
  while (!positive.empty() && !negative.empty()) {
    add_pair(positive.back(), negative.back());
    positive.pop_back();
    negative.pop_back();
  }
  auto& rest = positive.empty() ? negative : positive;
  const auto size = [](const Entry& entry) { return std::abs(std::int32_t{entry.weight}); };
  std::sort(rest.begin(), rest.end(),
            [&](const Entry& a, const Entry& b) { return size(a) < size(b); });
  std::size_t small = 0;
  for (std::size_t large = rest.size(); small < large;) {
    --large;
    if (small < large && size(rest[small]) + size(rest[large]) <= 128) {
      add_pair(rest[large], rest[small++]);
    } else {
      add_pair(rest[large], {.offset = rest[large].offset});
    }
  }
  return result;
}

class SparsePointwiseKernel final : public Kernel {
 public:
  SparsePointwiseKernel(const TensorSpec& in, const TensorSpec& out, const nn::IntegerLayer& layer)
      : in_channels_(in.shape.channels), out_(out.shape), zero_out_(out.quantisation.zero_point) {
    for (std::int64_t o = 0; o < out_.channels; ++o) {
      std::vector<Entry> entries;
      std::int64_t sum = 0;
      for (std::int64_t i = 0; i < in_channels_; ++i) {
        const auto w = layer.weight[static_cast<std::size_t>(i * out_.channels + o)];
        sum += w;
        if (w != 0) entries.push_back({static_cast<std::int32_t>(i * kBytes), w});
      }
      add_list(arranged(entries), layer, o, sum, in.quantisation.zero_point);
    }
  }

  void run(Inputs inputs, void* output, RowRange rows) const noexcept KWS_REALTIME override {
    const std::int64_t first = rows.begin * out_.freq;
    const std::int64_t end = rows.end * out_.freq;
    const auto* x = static_cast<const std::int8_t*>(inputs[0]);
    auto* y = static_cast<std::int8_t*>(output);
    for (std::int64_t i = first; i < end; i += kBytes) {
      run_block({.input = x + i * in_channels_,
                 .output = y + i * out_.channels,
                 .positions = std::min<std::int64_t>(kBytes, end - i)});
    }
  }

  [[nodiscard]] std::string_view name() const noexcept override { return "int8 sparse pointwise"; }

 private:
  void add_list(const std::vector<Entry>& entries, const nn::IntegerLayer& layer,
                std::int64_t output, std::int64_t weight_sum, std::int32_t zero_point) {
    const auto begin = static_cast<std::int64_t>(quads_.size());
    for (std::size_t e = 0; e < entries.size(); e += 4) {
      Quad quad{};  // what is missing has a weight of 0
      for (std::size_t tap = 0; tap < 4 && e + tap < entries.size(); ++tap) {
        quad.offsets[tap] = entries[e + tap].offset;
        quad.weights[tap] = entries[e + tap].weight;
      }
      quads_.push_back(quad);
    }
    const auto at = static_cast<std::size_t>(output);
    // As PackedSums::set() has it.
    const std::int64_t start =
        std::int64_t{layer.bias[at]} - (std::int64_t{zero_point} + kSparseOffset) * weight_sum;
    lists_.push_back({begin, static_cast<std::int64_t>(quads_.size()),
                      static_cast<std::int32_t>(start), layer.multiplier[at]});
  }

  void run_block(const Block& block) const noexcept {
    alignas(64) std::int8_t transposed[kSparseScratch];  // [input channel, kBytes positions]
    transpose_inputs(block, transposed);
    for (std::int64_t first = 0; first < out_.channels; first += kSide) {
      const std::int64_t channels = std::min<std::int64_t>(kSide, out_.channels - first);
      Bytes rows[kSide]{};  // [output channel, positions]
      for (std::int64_t c = 0; c < channels; ++c) {
        rows[c] = output_of(lists_[static_cast<std::size_t>(first + c)], transposed);
      }
      store_outputs(block, first, rows);
    }
  }

  void transpose_inputs(const Block& block, std::int8_t* transposed) const noexcept {
    for (std::int64_t position = 0; position < kBytes; position += kSide) {
      for (std::int64_t channel = 0; channel < in_channels_; channel += kBytes) {
        Bytes rows[kSide];
#pragma GCC unroll 16
        for (std::int64_t p = 0; p < kSide; ++p) {
          // Lanes behind the last position repeat it: nothing else is ours to read.
          const std::int64_t from = std::min(position + p, block.positions - 1);
          rows[p] = enter(load<Bytes>(block.input + from * in_channels_ + channel));
        }
        transpose(rows);
        std::int8_t* const to = transposed + channel * kBytes + position;
        const std::int64_t channels = in_channels_ - channel;
#pragma GCC unroll 16
        for (std::int64_t c = 0; c < kSide; ++c) {
          store_lanes(to + c * kBytes, rows[c], kSide * kBytes, lanes_of(channels, c));
        }
      }
    }
  }

  /// One output channel of all positions of a block.
  [[nodiscard]] KWS_INLINE Bytes output_of(const List& list,
                                           const std::int8_t* transposed) const noexcept {
    Sums sums[kVectors];
    for (auto& sum : sums) sum = list.start - Sums{};
    const Quad* const end = quads_.data() + list.end;
    for (const Quad* quad = quads_.data() + list.begin; quad != end; ++quad) {
      const auto x = [&](int tap) { return load<Bytes>(transposed + quad->offsets[tap]); };
      const Quads inputs = interleave(x(0), x(1), x(2), x(3));
      const Bytes weights = broadcast_quad(quad->weights);
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) {
        sums[v] = sparse_dot(sums[v], inputs.vectors[v], weights);
      }
    }
    Floats steps[kVectors];
    for (int v = 0; v < kVectors; ++v) {
      steps[v] = __builtin_convertvector(sums[v], Floats) * list.multiplier;
    }
    return pack_panel(steps, zero_out_);
  }

  void store_outputs(const Block& block, std::int64_t channel,
                     Bytes (&rows)[kSide]) const noexcept {
    transpose(rows);
    const std::int64_t channels = std::min<std::int64_t>(kSide, out_.channels - channel);
    std::int8_t* to = block.output + channel;
    for (std::int64_t p = 0; p < kSide; ++p, to += out_.channels) {
      const std::int64_t lanes = lanes_of(block.positions, p);
      if (channels == kSide) {
        store_lanes(to, rows[p], kSide * out_.channels, lanes);
      } else {
        alignas(kBytes) std::int8_t bytes[kBytes];
        store(bytes, rows[p]);
        for (std::int64_t lane = 0; lane < lanes; ++lane) {
          std::memcpy(to + lane * kSide * out_.channels, bytes + lane * kSide,
                      static_cast<std::size_t>(channels));
        }
      }
    }
  }

  std::int64_t in_channels_;
  nn::Shape out_;
  std::int32_t zero_out_;
  std::vector<Quad> quads_;
  std::vector<List> lists_;  // one per output channel
};

}  // namespace

std::unique_ptr<Kernel> sparse_pointwise(const TensorSpec& in, const TensorSpec& out,
                                         const nn::IntegerLayer& layer) {
  assert(in.shape.channels <= kSparseMaxInputs);
  return std::make_unique<SparsePointwiseKernel>(in, out, layer);
}

}  // namespace kws::engine::s8::KWS_INSTRUCTION_SET
