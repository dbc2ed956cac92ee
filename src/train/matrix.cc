// SPDX-License-Identifier: MIT
#include "train/matrix.h"

#include <Eigen/Core>
#include <cassert>

#include "train/tile_product.h"

namespace kws::train {
namespace {

using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using ConstMap = Eigen::Map<const RowMajor, Eigen::Unaligned, Eigen::OuterStride<>>;
using Map = Eigen::Map<RowMajor, Eigen::Unaligned, Eigen::OuterStride<>>;

Eigen::Index index(std::size_t value) { return static_cast<Eigen::Index>(value); }

ConstMap map(const ConstMatrix& m) {
  return {m.data, index(m.rows), index(m.columns), Eigen::OuterStride<>(index(m.stride))};
}

Map map(const Matrix& m) {
  return {m.data, index(m.rows), index(m.columns), Eigen::OuterStride<>(index(m.stride))};
}

}  // namespace

PackedMatrix::PackedMatrix(std::size_t rows, std::size_t columns)
    : rows_(rows), columns_(columns), tiled_(fits_tiles(columns)), values_(rows * columns) {}

void PackedMatrix::pack(const ConstMatrix& matrix) {
  assert(matrix.rows == rows_ && matrix.columns == columns_);
  for (std::size_t row = 0; row < rows_; ++row) {
    for (std::size_t column = 0; column < columns_; ++column) {
      *place(row, column) = matrix.data[row * matrix.stride + column];
    }
  }
}

void PackedMatrix::pack_transposed(const ConstMatrix& matrix) {
  assert(matrix.rows == columns_ && matrix.columns == rows_);
  for (std::size_t column = 0; column < columns_; ++column) {
    for (std::size_t row = 0; row < rows_; ++row) {
      *place(row, column) = matrix.data[column * matrix.stride + row];
    }
  }
}

float* PackedMatrix::place(std::size_t row, std::size_t column) {
  return values_.data() +
         (tiled_ ? panel_offset(rows_, columns_, row, column) : row * columns_ + column);
}

void multiply(const ConstMatrix& a, const PackedMatrix& b, const Matrix& c) {
  assert(a.columns == b.rows_ && c.columns == b.columns_ && a.rows == c.rows);
  if (b.tiled_) {
    tile_product(a, b.values_.data(), c);
  } else {
    map(c).noalias() = map(a) * map(ConstMatrix{b.values_.data(), b.rows_, b.columns_, b.columns_});
  }
}

void add_transposed_product(const ConstMatrix& a, const ConstMatrix& b, const Matrix& c) {
  assert(a.rows == b.rows && c.rows == a.columns && c.columns == b.columns);
  if (fits_tiles(c.columns)) {
    add_tile_transposed_product(a, b, c);
  } else {
    map(c).noalias() += map(a).transpose() * map(b);
  }
}

}  // namespace kws::train
