// SPDX-License-Identifier: MIT
//
// A vector of floats as wide as the instruction set this file is compiled for, and the few
// operations that the kernels need. Everything lies in an unnamed namespace on purpose: files that
// are compiled for different instruction sets must not share these functions at link time.
#pragma once

#include <cstdint>
#include <cstring>
#include <limits>

#if defined(__AVX512F__) || (defined(__AVX2__) && defined(__FMA__))
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace kws::engine::f32::KWS_INSTRUCTION_SET {
namespace {

#if defined(__AVX512F__)
inline constexpr int kLanes = 16;
inline constexpr int kRegisters = 32;
#elif defined(__AVX2__) && defined(__FMA__)
inline constexpr int kLanes = 8;
inline constexpr int kRegisters = 16;
#elif defined(__aarch64__)
inline constexpr int kLanes = 4;
inline constexpr int kRegisters = 32;
#else
inline constexpr int kLanes = 4;
inline constexpr int kRegisters = 16;
#endif

using Vec = float __attribute__((vector_size(kLanes * sizeof(float))));
using IntVec = std::int32_t __attribute__((vector_size(kLanes * sizeof(float))));

#define KWS_INLINE [[gnu::always_inline]] inline

/// What the plan hands over as plain memory.
KWS_INLINE const float* floats(const void* memory) noexcept {
  return static_cast<const float*>(memory);
}

KWS_INLINE Vec load(const float* from) noexcept {
  Vec result;
  std::memcpy(&result, from, sizeof(result));
  return result;
}

KWS_INLINE void store(float* to, Vec value) noexcept { std::memcpy(to, &value, sizeof(value)); }

/// The first `count` lanes, 0 < count <= kLanes.
KWS_INLINE void store_some(float* to, Vec value, std::int64_t count) noexcept {
#if defined(__AVX512F__)
  _mm512_mask_storeu_ps(to, static_cast<__mmask16>((1U << count) - 1U), value);
#else
  std::memcpy(to, &value, static_cast<std::size_t>(count) * sizeof(float));
#endif
}

KWS_INLINE void store_up_to(float* to, Vec value, std::int64_t count) noexcept {
  if (count >= kLanes) {
    store(to, value);
  } else {
    store_some(to, value, count);
  }
}

KWS_INLINE Vec broadcast(float value) noexcept { return value - Vec{}; }

/// a * b + c. Rounded once where the processor can do that, twice elsewhere; the same in every
/// kernel of a build, which is what equal bits need.
KWS_INLINE Vec multiply_add(Vec a, Vec b, Vec c) noexcept {
#if defined(__AVX512F__)
  return _mm512_fmadd_ps(a, b, c);
#elif defined(__AVX2__) && defined(__FMA__)
  return _mm256_fmadd_ps(a, b, c);
#elif defined(__aarch64__)
  return vfmaq_f32(c, a, b);
#else
  return a * b + c;
#endif
}

/// The second operand where one is not a number, so that a ReLU gives 0 for it.
KWS_INLINE Vec larger(Vec a, Vec b) noexcept { return a > b ? a : b; }
KWS_INLINE Vec smaller(Vec a, Vec b) noexcept { return a < b ? a : b; }

/// Sums → what a fused ReLU or ReLU6 leaves of them. Few layers have an upper bound, and a minimum
/// takes the place of a multiply-add.
template <std::size_t kCount>
KWS_INLINE void clamp_all(Vec (&sums)[kCount], float low, float high) noexcept {
#pragma GCC unroll 16
  for (std::size_t i = 0; i < kCount; ++i) sums[i] = larger(sums[i], broadcast(low));
  if (high == std::numeric_limits<float>::infinity()) return;
#pragma GCC unroll 16
  for (std::size_t i = 0; i < kCount; ++i) sums[i] = smaller(sums[i], broadcast(high));
}

/// e^x within 2 units in the last place over -87..88, the ends beyond. x = n ln 2 + r with |r| <=
/// ln 2 / 2; e^r by the polynomial of Cephes' expf (Moshier); 2^n by its exponent bits. Our own,
/// because libm's differs from machine to machine.
KWS_INLINE Vec exponential(Vec x) noexcept {
  x = smaller(larger(x, broadcast(-87.0F)), broadcast(88.0F));
  const Vec magic = broadcast(12582912.0F);  // 1.5 * 2^23: adding it rounds to an integer
  const Vec n = multiply_add(x, broadcast(1.44269504F), magic) - magic;
  Vec r = multiply_add(n, broadcast(-0.693359375F), x);
  r = multiply_add(n, broadcast(2.12194440e-4F), r);
  Vec p = broadcast(1.9875691500e-4F);
  p = multiply_add(p, r, broadcast(1.3981999507e-3F));
  p = multiply_add(p, r, broadcast(8.3334519073e-3F));
  p = multiply_add(p, r, broadcast(4.1665795894e-2F));
  p = multiply_add(p, r, broadcast(1.6666665459e-1F));
  p = multiply_add(p, r, broadcast(5.0000001201e-1F));
  p = multiply_add(p * r, r, r) + 1.0F;
  const IntVec bits = (__builtin_convertvector(n, IntVec) + 127) << 23;
  Vec power;
  std::memcpy(&power, &bits, sizeof(power));
  return p * power;
}

}  // namespace
}  // namespace kws::engine::f32::KWS_INSTRUCTION_SET
