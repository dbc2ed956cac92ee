// SPDX-License-Identifier: MIT
//
// The three matrix products of a layer that multiplies by weights: outputs, input gradients and
// weight gradients. Row-major; `stride` is the distance between rows.
#pragma once

#include <cstddef>

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

/// c = a · b
void multiply(const ConstMatrix& a, const ConstMatrix& b, const Matrix& c);
/// c = a · bᵀ
void multiply_by_transposed(const ConstMatrix& a, const ConstMatrix& b, const Matrix& c);
/// c += aᵀ · b
void add_transposed_product(const ConstMatrix& a, const ConstMatrix& b, const Matrix& c);

}  // namespace kws::train
