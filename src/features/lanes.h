// SPDX-License-Identifier: MIT
//
// kLanes floats in one register, or in as many as the processor needs: GCC and clang lower these
// types to whatever it has. For .cc files that are compiled with -Wno-psabi, since lanes are passed
// between inlined functions only.
#pragma once

#include <cstdint>
#include <cstring>

#include "features/aligned_floats.h"

namespace kws::features {

using Lanes [[gnu::vector_size(kLanes * sizeof(float))]] = float;
using IntLanes [[gnu::vector_size(kLanes * sizeof(float))]] = std::int32_t;

[[nodiscard]] inline Lanes load(const float* from) noexcept {
  Lanes lanes;
  std::memcpy(&lanes, from, sizeof lanes);
  return lanes;
}
inline void store(float* to, const Lanes& lanes) noexcept { std::memcpy(to, &lanes, sizeof lanes); }

}  // namespace kws::features
