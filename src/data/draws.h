// SPDX-License-Identifier: MIT
//
// What random sequences are for: the first coordinate of every generator in this folder, so that no
// two uses share a sequence. Changing a number changes what every seed gives.
#pragma once

#include <cstdint>

namespace kws::data {

/// Grows when a recipe and a seed give other clips than before: a training that was begun with
/// another number does not go on.
inline constexpr int kDrawsVersion = 2;

inline constexpr std::uint64_t kOrderDraw = 1;              // {epoch}
inline constexpr std::uint64_t kUnknownDraw = 2;            // {epoch}
inline constexpr std::uint64_t kExampleDraw = 3;            // {epoch, place}
inline constexpr std::uint64_t kMaskDraw = 4;               // {epoch, place}
inline constexpr std::uint64_t kValidationSilenceDraw = 5;  // {number}, seed 0
inline constexpr std::uint64_t kWordDraw = 6;               // {epoch}
inline constexpr std::uint64_t kEndingDraw = 8;             // {epoch}

}  // namespace kws::data
