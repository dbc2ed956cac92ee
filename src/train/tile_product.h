// SPDX-License-Identifier: MIT
//
// Matrix products over tiles of the result that are held in registers while the inner dimension
// goes by (Goto & van de Geijn 2008, without their packing of the left side: a clip's activations
// already lie in the core's cache). For matrix.cc alone.
#pragma once

#include <algorithm>
#include <cstddef>

#include "train/matrix.h"
#include "train/vector.h"

namespace kws::train {

/// The right side is packed into panels of this many columns, the last one of half as many if that
/// is what is left. A panel holds its rows one behind the other.
inline constexpr std::size_t kPanelColumns = 2 * kVectorFloats;

[[nodiscard]] constexpr bool fits_tiles(std::size_t columns) {
  return columns > 0 && columns % (kPanelColumns / 2) == 0;
}

/// Where [row, column] of a [rows, columns] matrix lies among its panels.
[[nodiscard]] constexpr std::size_t panel_offset(std::size_t rows, std::size_t columns,
                                                 std::size_t row, std::size_t column) {
  const auto first = column / kPanelColumns * kPanelColumns;
  const auto width = std::min(kPanelColumns, columns - first);
  return first * rows + row * width + (column - first);
}

/// c = a · b, b in panels of [a.columns, c.columns].
void tile_product(const ConstMatrix& a, const float* panels, const Matrix& c);

/// c += aᵀ · b
void add_tile_transposed_product(const ConstMatrix& a, const ConstMatrix& b, const Matrix& c);

}  // namespace kws::train
