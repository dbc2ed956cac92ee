// SPDX-License-Identifier: MIT
//
// The three matrix products of a layer that multiplies by weights: outputs, input gradients and
// weight gradients. Row-major; `stride` is the distance between rows.
//
// Where the columns come in whole vectors, as channels mostly do, they run over tiles that are held
// in registers (tile_product.h), at shapes of one clip about half again as fast as Eigen; Eigen
// does all others.
#pragma once

#include <cstddef>

#include "train/aligned.h"

namespace kws::train {

struct ConstMatrix {
  const float* data = nullptr;
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::size_t stride = 0;
};

struct Matrix {
  float* data = nullptr;
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::size_t stride = 0;

  operator ConstMatrix() const { return {data, rows, columns, stride}; }  // NOLINT
};

/// Weights as the right side of a product, in the order in which a product reads them. Packed once
/// a step, used for every clip.
class PackedMatrix {
 public:
  PackedMatrix() = default;
  PackedMatrix(std::size_t rows, std::size_t columns);

  [[nodiscard]] std::size_t rows() const { return rows_; }
  [[nodiscard]] std::size_t columns() const { return columns_; }

  /// Requires a matrix of [rows, columns].
  void pack(const ConstMatrix& matrix);
  /// Requires a matrix of [columns, rows].
  void pack_transposed(const ConstMatrix& matrix);

 private:
  friend void multiply(const ConstMatrix& a, const PackedMatrix& b, const Matrix& c);

  [[nodiscard]] float* place(std::size_t row, std::size_t column);

  std::size_t rows_ = 0;
  std::size_t columns_ = 0;
  bool tiled_ = false;  // panels of columns (tile_product.h), otherwise plain rows
  AlignedFloats values_;
};

/// c = a · b. Requires fitting sizes.
void multiply(const ConstMatrix& a, const PackedMatrix& b, const Matrix& c);

/// c += aᵀ · b. Requires fitting sizes.
void add_transposed_product(const ConstMatrix& a, const ConstMatrix& b, const Matrix& c);

}  // namespace kws::train
