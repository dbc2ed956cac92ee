// SPDX-License-Identifier: MIT
#include "train/tile_product.h"

#include <utility>

#include "train/vector.h"

namespace kws::train {
namespace {

// A tile is kTileRows rows of two vectors: 16 sums in 32 registers, 12 in the 16 that x86 has
// without AVX-512. That is enough to hide the four cycles of an FMA on two units, and each value
// loaded is used twice or as often as there are rows.
#if defined(__AVX512F__) || defined(__aarch64__)
constexpr std::size_t kTileRows = 8;
#else
constexpr std::size_t kTileRows = 6;
#endif

// So many rows of the left side, 512 bytes each at 128 channels, stay in the first-level cache
// beside a panel of 16 KB.
constexpr std::size_t kBlockRows = 48;
constexpr std::size_t kBlockDepth = 32;

/// c[kRows, kVectors * kVectorFloats] (+)= Σ over depth of left(row, k) * right[k]. `right` moves
/// on by `right_step` with each k. kAdd: onto what c holds.
template <std::size_t kRows, std::size_t kVectors, bool kAdd, typename Left>
[[gnu::always_inline]] inline void run_tile(const Left& left, const float* right,
                                            std::size_t right_step, std::size_t depth, float* c,
                                            std::size_t c_stride) {
  Vector sums[kRows][kVectors];
#pragma GCC unroll 8
  for (std::size_t r = 0; r < kRows; ++r) {
#pragma GCC unroll 2
    for (std::size_t v = 0; v < kVectors; ++v) {
      sums[r][v] = kAdd ? load<Vector>(c + r * c_stride + v * kVectorFloats) : Vector{};
    }
  }
  for (std::size_t k = 0; k < depth; ++k, right += right_step) {
    Vector b[kVectors];
#pragma GCC unroll 2
    for (std::size_t v = 0; v < kVectors; ++v) b[v] = load<Vector>(right + v * kVectorFloats);
#pragma GCC unroll 8
    for (std::size_t r = 0; r < kRows; ++r) {
      const float a = left(r, k);
#pragma GCC unroll 2
      for (std::size_t v = 0; v < kVectors; ++v) sums[r][v] += a * b[v];
    }
  }
#pragma GCC unroll 8
  for (std::size_t r = 0; r < kRows; ++r) {
#pragma GCC unroll 2
    for (std::size_t v = 0; v < kVectors; ++v)
      store(c + r * c_stride + v * kVectorFloats, sums[r][v]);
  }
}

/// work<kRows>(row) over `rows` in whole tiles, then over the fewer rows that are left.
template <std::size_t kRows = kTileRows, typename Work>
[[gnu::always_inline]] inline void over_tile_rows(std::size_t row, std::size_t rows,
                                                  const Work& work) {
  for (; row + kRows <= rows; row += kRows) work.template operator()<kRows>(row);
  if constexpr (kRows > 1) over_tile_rows<kRows / 2>(row, rows, work);
}

template <std::size_t kVectors>
void panel_product(const ConstMatrix& a, const float* panel, float* c, std::size_t c_stride) {
  over_tile_rows(0, a.rows, [&]<std::size_t kRows>(std::size_t row) {
    const float* left = a.data + row * a.stride;
    run_tile<kRows, kVectors, false>(
        [&](std::size_t r, std::size_t k) { return left[r * a.stride + k]; }, panel,
        kVectors * kVectorFloats, a.columns, c + row * c_stride, c_stride);
  });
}

template <std::size_t kVectors>
void transposed_panel_product(const ConstMatrix& a, const float* b, std::size_t b_stride, float* c,
                              std::size_t c_stride) {
  over_tile_rows(0, a.columns, [&]<std::size_t kRows>(std::size_t row) {
    const float* left = a.data + row;
    run_tile<kRows, kVectors, true>(
        [&](std::size_t r, std::size_t k) { return left[k * a.stride + r]; }, b, b_stride, a.rows,
        c + row * c_stride, c_stride);
  });
}

}  // namespace

void tile_product(const ConstMatrix& a, const float* panels, const Matrix& c) {
  for (std::size_t row = 0; row < a.rows; row += kBlockRows) {
    const ConstMatrix block{a.data + row * a.stride, std::min(kBlockRows, a.rows - row), a.columns,
                            a.stride};
    for (std::size_t column = 0; column < c.columns; column += kPanelColumns) {
      const float* panel = panels + column * a.columns;
      float* to = c.data + row * c.stride + column;
      if (c.columns - column >= kPanelColumns) {
        panel_product<2>(block, panel, to, c.stride);
      } else {
        panel_product<1>(block, panel, to, c.stride);
      }
    }
  }
}

void add_tile_transposed_product(const ConstMatrix& a, const ConstMatrix& b, const Matrix& c) {
  for (std::size_t row = 0; row < a.rows; row += kBlockDepth) {
    const ConstMatrix block{a.data + row * a.stride, std::min(kBlockDepth, a.rows - row), a.columns,
                            a.stride};
    for (std::size_t column = 0; column < c.columns; column += kPanelColumns) {
      const float* from = b.data + row * b.stride + column;
      if (c.columns - column >= kPanelColumns) {
        transposed_panel_product<2>(block, from, b.stride, c.data + column, c.stride);
      } else {
        transposed_panel_product<1>(block, from, b.stride, c.data + column, c.stride);
      }
    }
  }
}

}  // namespace kws::train
