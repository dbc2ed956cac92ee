// SPDX-License-Identifier: MIT
//
// Squares of kLanes × kLanes floats, turned in registers: from channels side by side to positions
// side by side and back.
#pragma once

#include <cstddef>
#include <utility>

#include "engine/kernels/f32/simd.h"

namespace kws::engine::f32::KWS_INSTRUCTION_SET {
namespace {

/// Swaps the upper right with the lower left quarter of each square of 2 kStep elements that rows
/// a and b, kStep apart, have part in.
template <std::size_t kStep, std::size_t... kIndex>
KWS_INLINE void exchange(Vec& a, Vec& b, std::index_sequence<kIndex...>) noexcept {
  const Vec low =
      __builtin_shufflevector(a, b, (kIndex & kStep ? kLanes + kIndex - kStep : kIndex)...);
  b = __builtin_shufflevector(a, b, (kIndex & kStep ? kLanes + kIndex : kIndex + kStep)...);
  a = low;
}

template <std::size_t kStep>
KWS_INLINE void exchange_all(Vec (&rows)[kLanes]) noexcept {
#pragma GCC unroll 16
  for (std::size_t i = 0; i < kLanes; ++i) {
    if ((i & kStep) == 0) {
      exchange<kStep>(rows[i], rows[i + kStep], std::make_index_sequence<kLanes>());
    }
  }
}

/// rows[i][j] ↔ rows[j][i].
KWS_INLINE void transpose(Vec (&rows)[kLanes]) noexcept {
  exchange_all<1>(rows);
  exchange_all<2>(rows);
  if constexpr (kLanes > 4) exchange_all<4>(rows);
  if constexpr (kLanes > 8) exchange_all<8>(rows);
}

}  // namespace
}  // namespace kws::engine::f32::KWS_INSTRUCTION_SET
