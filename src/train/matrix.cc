// SPDX-License-Identifier: MIT
#include "train/matrix.h"

#include <Eigen/Core>

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

void multiply(const ConstMatrix& a, const ConstMatrix& b, const Matrix& c) {
  map(c).noalias() = map(a) * map(b);
}

void multiply_by_transposed(const ConstMatrix& a, const ConstMatrix& b, const Matrix& c) {
  map(c).noalias() = map(a) * map(b).transpose();
}

void add_transposed_product(const ConstMatrix& a, const ConstMatrix& b, const Matrix& c) {
  map(c).noalias() += map(a).transpose() * map(b);
}

}  // namespace kws::train
