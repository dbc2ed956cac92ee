// SPDX-License-Identifier: MIT
//
// Channels lie next to each other, so the trainer's loops run over them in vectors of sixteen
// floats (one AVX-512 register, two AVX2 or four NEON ones), then of four, then one by one.
#pragma once

#include <cstddef>
#include <cstring>

#pragma GCC diagnostic ignored "-Wpsabi"  // such vectors are only passed to what is inlined

namespace kws::train {

typedef float Vector16 __attribute__((vector_size(64)));
typedef float Vector4 __attribute__((vector_size(16)));

template <typename V>
[[nodiscard, gnu::always_inline]] inline V load(const float* from) {
  V value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

template <typename V>
[[gnu::always_inline]] inline void store(float* to, V value) {
  std::memcpy(to, &value, sizeof value);
}

template <typename V>
[[nodiscard, gnu::always_inline]] inline V zero() {
  return V{};
}

/// value where positive, else 0.
template <typename V>
[[nodiscard, gnu::always_inline]] inline V positive_part(V value) {
  return value > 0.0F ? value : V{};
}

/// value where `sign` is positive, else 0.
template <typename V>
[[nodiscard, gnu::always_inline]] inline V where_positive(V sign, V value) {
  return sign > 0.0F ? value : V{};
}

/// Calls work.template operator()<V>(offset) so that the offsets with their widths cover 0…count.
template <typename Work>
[[gnu::always_inline]] inline void over_channels(std::size_t count, Work&& work) {
  std::size_t c = 0;
  for (; c + 16 <= count; c += 16) work.template operator()<Vector16>(c);
  for (; c + 4 <= count; c += 4) work.template operator()<Vector4>(c);
  for (; c < count; ++c) work.template operator()<float>(c);
}

}  // namespace kws::train
