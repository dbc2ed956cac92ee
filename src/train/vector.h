// SPDX-License-Identifier: MIT
//
// Channels lie next to each other, so the trainer's loops run over them in vectors as wide as a
// register, then of four, then one by one. Not wider: GCC 12 keeps a vector of several registers in
// memory, and a step took seventeen times as long on AVX2.
#pragma once

#include <cstddef>
#include <cstring>

#pragma GCC diagnostic ignored "-Wpsabi"  // such vectors are only passed to what is inlined

namespace kws::train {

#if defined(__AVX512F__)
inline constexpr std::size_t kVectorFloats = 16;
#elif defined(__AVX__)
inline constexpr std::size_t kVectorFloats = 8;
#else
inline constexpr std::size_t kVectorFloats = 4;
#endif

typedef float Vector __attribute__((vector_size(kVectorFloats * sizeof(float))));
typedef float Vector4 __attribute__((vector_size(4 * sizeof(float))));

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

/// So many vectors V side by side, held in registers while a loop goes over positions.
template <typename V, std::size_t kCount>
struct Group {
  using Vector = V;
  static constexpr std::size_t kWidth = sizeof(V) / sizeof(float);
  static constexpr std::size_t kChannels = kCount * kWidth;
  V values[kCount];

  [[gnu::always_inline]] static Group read(const float* from) {
    Group group;
#pragma GCC unroll 8
    for (std::size_t v = 0; v < kCount; ++v) group.values[v] = load<V>(from + v * kWidth);
    return group;
  }
  [[gnu::always_inline]] static Group zeros() {
    Group group;
#pragma GCC unroll 8
    for (std::size_t v = 0; v < kCount; ++v) group.values[v] = V{};
    return group;
  }
  [[gnu::always_inline]] void write(float* to) const {
#pragma GCC unroll 8
    for (std::size_t v = 0; v < kCount; ++v) store(to + v * kWidth, values[v]);
  }
  [[gnu::always_inline]] void add_product(const float* a, const float* b) {
#pragma GCC unroll 8
    for (std::size_t v = 0; v < kCount; ++v) {
      values[v] += load<V>(a + v * kWidth) * load<V>(b + v * kWidth);
    }
  }
  [[gnu::always_inline]] void add(const float* a) {
#pragma GCC unroll 8
    for (std::size_t v = 0; v < kCount; ++v) values[v] += load<V>(a + v * kWidth);
  }
};

/// work(v, offset) for each vector of a group, v its number and offset where it lies.
template <typename G, typename Work>
[[gnu::always_inline]] inline void for_each_in(const Work& work) {
  constexpr std::size_t kCount = G::kChannels / G::kWidth;
#pragma GCC unroll 8
  for (std::size_t v = 0; v < kCount; ++v) work(v, v * G::kWidth);
}

/// work<G>(c) so that the groups from c on cover all channels; the widest is of so many vectors.
template <std::size_t kWidest, typename Work>
inline void over_groups(std::size_t channels, const Work& work) {
  std::size_t c = 0;
  const auto cover = [&]<typename G>() __attribute__((always_inline)) {
    for (; c + G::kChannels <= channels; c += G::kChannels) work.template operator()<G>(c);
  };
  if constexpr (kWidest > 4) cover.template operator()<Group<Vector, kWidest>>();
  cover.template operator()<Group<Vector, 4>>();
  cover.template operator()<Group<Vector, 1>>();
  cover.template operator()<Group<Vector4, 1>>();
  cover.template operator()<Group<float, 1>>();
}

/// work<V>(offset) so that the vectors from the offsets on cover 0 … count.
template <typename Work>
[[gnu::always_inline]] inline void over_channels(std::size_t count, const Work& work) {
  std::size_t c = 0;
  for (; c + kVectorFloats <= count; c += kVectorFloats) work.template operator()<Vector>(c);
  for (; c + 4 <= count; c += 4) work.template operator()<Vector4>(c);
  for (; c < count; ++c) work.template operator()<float>(c);
}

}  // namespace kws::train
