// SPDX-License-Identifier: MIT
//
// Products beside plain sums in double precision, at sizes around every tile and panel border.
#include "train/matrix.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/random.h"

namespace kws::train {
namespace {

/// Random numbers in rows with a gap behind each, which products must leave alone.
class Grid {
 public:
  Grid(std::size_t rows, std::size_t columns, Random& random)
      : rows_(rows), columns_(columns), values_(rows * stride()) {
    for (auto& value : values_) value = static_cast<float>(random.normal());
  }

  [[nodiscard]] Matrix matrix() { return {values_.data(), rows_, columns_, stride()}; }
  [[nodiscard]] double at(std::size_t row, std::size_t column) const {
    return static_cast<double>(values_[row * stride() + column]);
  }
  [[nodiscard]] std::vector<float> gaps() const {
    std::vector<float> gaps;
    for (std::size_t row = 0; row < rows_; ++row) {
      for (std::size_t c = columns_; c < stride(); ++c) gaps.push_back(values_[row * stride() + c]);
    }
    return gaps;
  }

 private:
  [[nodiscard]] std::size_t stride() const { return columns_ + 3; }

  std::size_t rows_;
  std::size_t columns_;
  std::vector<float> values_;
};

constexpr std::size_t kSizes[] = {1, 2, 3, 5, 7, 8, 13, 31, 47, 49, 50, 97};
constexpr std::size_t kInner[] = {1, 5, 33};
// Fewer and more than a vector of any processor, whole vectors and panels, and neither.
constexpr std::size_t kColumns[] = {1, 4, 8, 12, 16, 20, 24, 32, 37, 40, 48, 64, 80};

TEST(Matrix, ProductsAreSumsOverTheInnerDimension) {
  Random random(1);
  for (const auto rows : kSizes) {
    for (const auto inner : kInner) {
      for (const auto columns : kColumns) {
        Grid a(rows, inner, random);
        Grid b(inner, columns, random);
        Grid c(rows, columns, random);
        Grid b_transposed(columns, inner, random);
        const auto gaps = c.gaps();

        PackedMatrix packed(inner, columns);
        packed.pack(b.matrix());
        multiply(a.matrix(), packed, c.matrix());
        const auto expect = [&](const auto& right) {
          for (std::size_t row = 0; row < rows; ++row) {
            for (std::size_t column = 0; column < columns; ++column) {
              double sum = 0.0;
              for (std::size_t k = 0; k < inner; ++k) sum += a.at(row, k) * right(k, column);
              ASSERT_NEAR(c.at(row, column), sum, 1e-4)
                  << rows << " x " << inner << " x " << columns << " at " << row << ", " << column;
            }
          }
          ASSERT_EQ(c.gaps(), gaps) << rows << " x " << inner << " x " << columns;
        };
        expect([&](std::size_t k, std::size_t column) { return b.at(k, column); });

        packed.pack_transposed(b_transposed.matrix());
        multiply(a.matrix(), packed, c.matrix());
        expect([&](std::size_t k, std::size_t column) { return b_transposed.at(column, k); });
      }
    }
  }
}

TEST(Matrix, TransposedProductsAreAdded) {
  Random random(2);
  for (const auto inner : kSizes) {
    for (const auto rows : kSizes) {
      for (const auto columns : kColumns) {
        Grid a(inner, rows, random);
        Grid b(inner, columns, random);
        Grid c(rows, columns, random);
        const Grid before = c;
        add_transposed_product(a.matrix(), b.matrix(), c.matrix());
        for (std::size_t row = 0; row < rows; ++row) {
          for (std::size_t column = 0; column < columns; ++column) {
            double sum = before.at(row, column);
            for (std::size_t k = 0; k < inner; ++k) sum += a.at(k, row) * b.at(k, column);
            ASSERT_NEAR(c.at(row, column), sum, 1e-4)
                << rows << " x " << inner << " x " << columns << " at " << row << ", " << column;
          }
        }
        ASSERT_EQ(c.gaps(), before.gaps()) << rows << " x " << inner << " x " << columns;
      }
    }
  }
}

}  // namespace
}  // namespace kws::train
