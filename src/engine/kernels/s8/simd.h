// SPDX-License-Identifier: MIT
//
// Vectors of int8 as wide as the instruction set this file is compiled for. Everything lies in an
// unnamed namespace on purpose: files that are compiled for different instruction sets must not
// share these functions at link time.
//
// A *quad* is four taps of one output channel, side by side in a 32-bit lane: what one dot product
// instruction takes. A *panel* is the kBytes channels that four vectors of quads (and of sums) hold
// together; which channel lies where follows from interleaving bytes within 128-bit lanes
// (channel_of()), so that unpacking inputs and packing outputs cost no permutation.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>

#include "engine/kernels/s8/requantise.h"

#if defined(__AVX512BW__)
#define KWS_S8_AVX512 1
#include <immintrin.h>
#elif defined(__AVX2__)
#define KWS_S8_AVX2 1
#include <immintrin.h>
#elif defined(__aarch64__)
#define KWS_S8_NEON 1
#include <arm_neon.h>
#endif

namespace kws::engine::s8::KWS_INSTRUCTION_SET {
namespace {

#if defined(KWS_S8_AVX512)
inline constexpr int kBytes = 64;
#if defined(__AVX512VNNI__)
inline constexpr int kMaxPositions = 6;  // whose sums stay in registers
#else
inline constexpr int kMaxPositions = 5;
#endif
#elif defined(KWS_S8_AVX2)
inline constexpr int kBytes = 32;
inline constexpr int kMaxPositions = 2;
#elif defined(KWS_S8_NEON)
inline constexpr int kBytes = 16;
inline constexpr int kMaxPositions = 5;
#else
inline constexpr int kBytes = 16;
inline constexpr int kMaxPositions = 2;
#endif
inline constexpr int kSums = kBytes / 4;  // lanes of 32 bits
inline constexpr int kVectors = 4;        // of a panel

using Bytes = std::int8_t __attribute__((vector_size(kBytes)));
using Pairs = std::int16_t __attribute__((vector_size(kBytes)));
using Sums = std::int32_t __attribute__((vector_size(kBytes)));
using Floats = float __attribute__((vector_size(kBytes)));
using FewBytes = std::int8_t __attribute__((vector_size(kSums)));  // one for each lane of Sums

/// Of a panel: the channel in lane `lane` of vector `vector`.
constexpr int channel_of(int vector, int lane) { return lane / 4 * 16 + 4 * vector + lane % 4; }

#define KWS_INLINE [[gnu::always_inline]] inline

template <typename Vector, typename Element>
KWS_INLINE Vector load(const Element* from) noexcept {
  Vector result;
  std::memcpy(&result, from, sizeof(result));
  return result;
}

/// The first `count` elements, count > 0, and zeros, or a whole vector.
template <typename Vector, typename Element>
KWS_INLINE Vector load_up_to(const Element* from, std::int64_t count) noexcept {
  constexpr auto kAll = static_cast<std::int64_t>(sizeof(Vector) / sizeof(Element));
  if (count >= kAll) return load<Vector>(from);
  Vector result{};
  std::memcpy(&result, from, static_cast<std::size_t>(count) * sizeof(Element));
  return result;
}

template <typename Vector, typename Element>
KWS_INLINE void store(Element* to, Vector value) noexcept {
  std::memcpy(to, &value, sizeof(value));
}

/// The first `count` bytes, count > 0, or all of them.
KWS_INLINE void store_up_to(std::int8_t* to, Bytes value, std::int64_t count) noexcept {
  if (count >= kBytes) {
    store(to, value);
    return;
  }
#if defined(KWS_S8_AVX512)
  _mm512_mask_storeu_epi8(to, (1ULL << static_cast<unsigned>(count)) - 1U,
                          reinterpret_cast<__m512i>(value));
#else
  std::memcpy(to, &value, static_cast<std::size_t>(count));
#endif
}

/// Likewise for one byte of each lane.
KWS_INLINE void store_up_to(std::int8_t* to, FewBytes value, std::int64_t count) noexcept {
  if (count >= kSums) {
    store(to, value);
  } else {
    std::memcpy(to, &value, static_cast<std::size_t>(count));
  }
}

KWS_INLINE Floats broadcast(float value) noexcept { return value - Floats{}; }
KWS_INLINE Bytes broadcast(std::int8_t value) noexcept { return value - Bytes{}; }

/// vpdpbusd multiplies unsigned by signed bytes: there activations enter as q + 128, and the sums
/// start with what that adds too much taken away.
#if defined(__AVX512VNNI__)
inline constexpr std::int32_t kOffset = 128;
KWS_INLINE Bytes activations(Bytes q) noexcept {
  return reinterpret_cast<Bytes>(
      _mm512_xor_si512(reinterpret_cast<__m512i>(q), _mm512_set1_epi8(-128)));
}
#else
inline constexpr std::int32_t kOffset = 0;
KWS_INLINE Bytes activations(Bytes q) noexcept { return q; }
#endif

/// Eight activations on their way into dot products.
KWS_INLINE void stage_few(std::int8_t* to, const std::int8_t* from) noexcept {
  constexpr std::uint64_t kFlip = kOffset == 0 ? 0U : 0x8080808080808080U;
  std::uint64_t few;
  std::memcpy(&few, from, sizeof(few));
  few ^= kFlip;
  std::memcpy(to, &few, sizeof(few));
}

/// `count` activations on their way into dot products. May read and write up to kBytes - 1 more.
KWS_INLINE void stage(std::int8_t* to, const std::int8_t* from, std::int64_t count) noexcept {
  if (count <= 8) {
    stage_few(to, from);
    return;
  }
  for (std::int64_t i = 0; i < count; i += kBytes) {
    store(to + i, activations(load<Bytes>(from + i)));
  }
}

/// The same for `count` times one value.
KWS_INLINE void stage_value(std::int8_t* to, std::int8_t value, std::int64_t count) noexcept {
  if (count <= 8) {
    const auto byte = static_cast<std::uint8_t>(value + kOffset);
    const std::uint64_t few = byte * std::uint64_t{0x0101010101010101U};
    std::memcpy(to, &few, sizeof(few));
    return;
  }
  const Bytes staged = activations(broadcast(value));
  for (std::int64_t i = 0; i < count; i += kBytes) store(to + i, staged);
}

/// kSums values as 32 bits.
KWS_INLINE Sums widen(const std::int8_t* from) noexcept {
#if defined(KWS_S8_AVX512)
  return reinterpret_cast<Sums>(
      _mm512_maskz_cvtepi8_epi32(0xFFFF, _mm_loadu_si128(reinterpret_cast<const __m128i*>(from))));
#elif defined(KWS_S8_AVX2)
  return reinterpret_cast<Sums>(
      _mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from))));
#else
  return __builtin_convertvector(load<FewBytes>(from), Sums);
#endif
}

/// One quad in every lane.
KWS_INLINE Bytes broadcast_quad(const std::int8_t* from) noexcept {
  std::int32_t quad;
  std::memcpy(&quad, from, sizeof(quad));
  return reinterpret_cast<Bytes>(quad - Sums{});
}

/// sums + Σ over the four taps of each lane. The activations went through activations().
KWS_INLINE Sums dot(Sums sums, Bytes activations, Bytes weights) noexcept {
#if defined(__AVX512VNNI__)
  return reinterpret_cast<Sums>(_mm512_dpbusd_epi32(reinterpret_cast<__m512i>(sums),
                                                    reinterpret_cast<__m512i>(activations),
                                                    reinterpret_cast<__m512i>(weights)));
#elif defined(KWS_S8_AVX512)
  // As with AVX2 below; what vpsignb does there, a subtraction under a mask does here.
  const auto a = reinterpret_cast<__m512i>(activations);
  const auto w = reinterpret_cast<__m512i>(weights);
  const __m512i signed_w =
      _mm512_mask_sub_epi8(w, _mm512_movepi8_mask(a), _mm512_setzero_si512(), w);
  const __m512i pairs = _mm512_maddubs_epi16(_mm512_abs_epi8(a), signed_w);
  return sums + reinterpret_cast<Sums>(_mm512_madd_epi16(pairs, _mm512_set1_epi16(1)));
#elif defined(KWS_S8_AVX2)
  // vpmaddubsw saturates at 16 bits, which |q| <= 128 times |w| <= 127 never reaches in pairs.
  const auto a = reinterpret_cast<__m256i>(activations);
  const auto w = reinterpret_cast<__m256i>(weights);
  const __m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(a), _mm256_sign_epi8(w, a));
  return sums + reinterpret_cast<Sums>(_mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
#elif defined(KWS_S8_NEON)
  const auto a = reinterpret_cast<int8x16_t>(activations);
  const auto w = reinterpret_cast<int8x16_t>(weights);
  const auto s = reinterpret_cast<int32x4_t>(sums);
#if defined(__ARM_FEATURE_DOTPROD)
  return reinterpret_cast<Sums>(vdotq_s32(s, a, w));
#else
  // Two products of at most 128 * 127 fit 16 bits.
  const int16x8_t low = vmull_s8(vget_low_s8(a), vget_low_s8(w));
  const int16x8_t high = vmull_high_s8(a, w);
  return reinterpret_cast<Sums>(vpadalq_s16(s, vpaddq_s16(low, high)));
#endif
#else
  // Even and odd bytes as 16 bits, which hold two products of at most 128 * 127; then those pairs'
  // even and odd halves as 32 bits.
  const auto a = reinterpret_cast<Pairs>(activations);
  const auto w = reinterpret_cast<Pairs>(weights);
  const Pairs products = ((a << 8) >> 8) * ((w << 8) >> 8) + (a >> 8) * (w >> 8);
  const auto pairs = reinterpret_cast<Sums>(products);
  return sums + ((pairs << 16) >> 16) + (pairs >> 16);
#endif
}

/// Four taps of a panel's channels → the quads of each channel, as channel_of() orders them.
struct Quads {
  Bytes vectors[kVectors];
};

KWS_INLINE Quads interleave(Bytes a, Bytes b, Bytes c, Bytes d) noexcept {
#if defined(KWS_S8_AVX512)
  const auto [x, y, z, w] = std::array{reinterpret_cast<__m512i>(a), reinterpret_cast<__m512i>(b),
                                       reinterpret_cast<__m512i>(c), reinterpret_cast<__m512i>(d)};
  const __m512i low_ab = _mm512_unpacklo_epi8(x, y);
  const __m512i high_ab = _mm512_unpackhi_epi8(x, y);
  const __m512i low_cd = _mm512_unpacklo_epi8(z, w);
  const __m512i high_cd = _mm512_unpackhi_epi8(z, w);
  return {{reinterpret_cast<Bytes>(_mm512_unpacklo_epi16(low_ab, low_cd)),
           reinterpret_cast<Bytes>(_mm512_unpackhi_epi16(low_ab, low_cd)),
           reinterpret_cast<Bytes>(_mm512_unpacklo_epi16(high_ab, high_cd)),
           reinterpret_cast<Bytes>(_mm512_unpackhi_epi16(high_ab, high_cd))}};
#elif defined(KWS_S8_AVX2)
  const auto [x, y, z, w] = std::array{reinterpret_cast<__m256i>(a), reinterpret_cast<__m256i>(b),
                                       reinterpret_cast<__m256i>(c), reinterpret_cast<__m256i>(d)};
  const __m256i low_ab = _mm256_unpacklo_epi8(x, y);
  const __m256i high_ab = _mm256_unpackhi_epi8(x, y);
  const __m256i low_cd = _mm256_unpacklo_epi8(z, w);
  const __m256i high_cd = _mm256_unpackhi_epi8(z, w);
  return {{reinterpret_cast<Bytes>(_mm256_unpacklo_epi16(low_ab, low_cd)),
           reinterpret_cast<Bytes>(_mm256_unpackhi_epi16(low_ab, low_cd)),
           reinterpret_cast<Bytes>(_mm256_unpacklo_epi16(high_ab, high_cd)),
           reinterpret_cast<Bytes>(_mm256_unpackhi_epi16(high_ab, high_cd))}};
#elif defined(KWS_S8_NEON)
  const auto x = reinterpret_cast<int8x16_t>(a);
  const auto y = reinterpret_cast<int8x16_t>(b);
  const auto z = reinterpret_cast<int8x16_t>(c);
  const auto w = reinterpret_cast<int8x16_t>(d);
  const auto low_ab = vreinterpretq_s16_s8(vzip1q_s8(x, y));
  const auto high_ab = vreinterpretq_s16_s8(vzip2q_s8(x, y));
  const auto low_cd = vreinterpretq_s16_s8(vzip1q_s8(z, w));
  const auto high_cd = vreinterpretq_s16_s8(vzip2q_s8(z, w));
  return {{reinterpret_cast<Bytes>(vzip1q_s16(low_ab, low_cd)),
           reinterpret_cast<Bytes>(vzip2q_s16(low_ab, low_cd)),
           reinterpret_cast<Bytes>(vzip1q_s16(high_ab, high_cd)),
           reinterpret_cast<Bytes>(vzip2q_s16(high_ab, high_cd))}};
#else
  const auto low = [](Bytes x, Bytes y) {
    return __builtin_shufflevector(x, y, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  };
  const auto high = [](Bytes x, Bytes y) {
    return __builtin_shufflevector(x, y, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15,
                                   31);
  };
  const auto low_pairs = [](Bytes x, Bytes y) {
    return __builtin_shufflevector(x, y, 0, 1, 16, 17, 2, 3, 18, 19, 4, 5, 20, 21, 6, 7, 22, 23);
  };
  const auto high_pairs = [](Bytes x, Bytes y) {
    return __builtin_shufflevector(x, y, 8, 9, 24, 25, 10, 11, 26, 27, 12, 13, 28, 29, 14, 15, 30,
                                   31);
  };
  const Bytes low_ab = low(a, b);
  const Bytes high_ab = high(a, b);
  const Bytes low_cd = low(c, d);
  const Bytes high_cd = high(c, d);
  return {{low_pairs(low_ab, low_cd), high_pairs(low_ab, low_cd), low_pairs(high_ab, high_cd),
           high_pairs(high_ab, high_cd)}};
#endif
}

/// to_int8(), lane by lane.
KWS_INLINE FewBytes to_few_bytes(Floats steps, std::int32_t zero_point) noexcept {
  const auto zero = static_cast<float>(zero_point);
  const Floats low = broadcast(-128.0F - zero);
  const Floats high = broadcast(127.0F - zero);
  const Floats magic = broadcast(12582912.0F);  // round_even()
  steps = steps > low ? steps : low;
  steps = steps < high ? steps : high;
  const Sums rounded = __builtin_convertvector((steps + magic) - magic, Sums);
  return __builtin_convertvector(rounded + zero_point, FewBytes);
}

/// Four vectors of steps, rounded to even, plus the zero point, clamped: as to_int8() has it, whose
/// clamp the saturation of the packing instructions does here. Steps stay below 2^31
/// (nn::multiplier()), so the conversion is exact. Undoes what interleave() does to the order.
KWS_INLINE Bytes pack_panel(const Floats (&y)[kVectors], std::int32_t zero_point) noexcept {
#if defined(KWS_S8_AVX512)
  // All lanes, by a mask: GCC 12 takes the plain form's filling for uninitialised (bug 105593).
  const auto rounded = [&](int v) { return _mm512_maskz_cvtps_epi32(0xFFFF, y[v]); };
  const __m512i zero = _mm512_set1_epi16(static_cast<short>(zero_point));
  const __m512i low = _mm512_adds_epi16(_mm512_packs_epi32(rounded(0), rounded(1)), zero);
  const __m512i high = _mm512_adds_epi16(_mm512_packs_epi32(rounded(2), rounded(3)), zero);
  return reinterpret_cast<Bytes>(_mm512_packs_epi16(low, high));
#elif defined(KWS_S8_AVX2)
  const auto rounded = [&](int v) { return _mm256_cvtps_epi32(y[v]); };
  const __m256i zero = _mm256_set1_epi16(static_cast<short>(zero_point));
  const __m256i low = _mm256_adds_epi16(_mm256_packs_epi32(rounded(0), rounded(1)), zero);
  const __m256i high = _mm256_adds_epi16(_mm256_packs_epi32(rounded(2), rounded(3)), zero);
  return reinterpret_cast<Bytes>(_mm256_packs_epi16(low, high));
#elif defined(KWS_S8_NEON)
  const auto rounded = [&](int v) {
    return vqmovn_s32(vcvtnq_s32_f32(reinterpret_cast<float32x4_t>(y[v])));
  };
  const int16x8_t zero = vdupq_n_s16(static_cast<std::int16_t>(zero_point));
  const int16x8_t low = vqaddq_s16(vcombine_s16(rounded(0), rounded(1)), zero);
  const int16x8_t high = vqaddq_s16(vcombine_s16(rounded(2), rounded(3)), zero);
  return reinterpret_cast<Bytes>(vcombine_s8(vqmovn_s16(low), vqmovn_s16(high)));
#else
  // A panel of one 128-bit lane has its channels in order.
  Bytes result;
  for (int v = 0; v < kVectors; ++v) {
    const FewBytes few = to_few_bytes(y[v], zero_point);
    std::memcpy(reinterpret_cast<std::int8_t*>(&result) + v * kSums, &few, sizeof(few));
  }
  return result;
#endif
}

/// A panel's sums times its multipliers, both [kVectors, kSums], packed: as requantise() has it.
KWS_INLINE Bytes requantise_panel(const Sums (&sums)[kVectors], const float* multipliers,
                                  std::int32_t zero_point) noexcept {
  Floats y[kVectors];
  for (int v = 0; v < kVectors; ++v) {
    y[v] = __builtin_convertvector(sums[v], Floats) * load<Floats>(multipliers + v * kSums);
  }
  return pack_panel(y, zero_point);
}

}  // namespace
}  // namespace kws::engine::s8::KWS_INSTRUCTION_SET
