// SPDX-License-Identifier: MIT
#include "engine/kernels/s8/sparse_or_dense.h"

#include <utility>

namespace kws::engine::s8 {
namespace {

class SparseOrDenseKernel final : public Kernel {
 public:
  SparseOrDenseKernel(std::unique_ptr<Kernel> sparse, std::unique_ptr<Kernel> dense,
                      std::int64_t positions, std::int64_t lanes, double ratio)
      : sparse_(std::move(sparse)),
        dense_(std::move(dense)),
        positions_(positions),
        lanes_(lanes),
        ratio_(ratio) {}

  void run(Inputs inputs, void* output, RowRange rows) const noexcept KWS_REALTIME override {
    const std::int64_t positions = (rows.end - rows.begin) * positions_;
    const std::int64_t computed = (positions + lanes_ - 1) / lanes_ * lanes_;
    const bool pays = static_cast<double>(computed) * ratio_ < static_cast<double>(positions);
    (pays ? sparse_ : dense_)->run(inputs, output, rows);
  }

  [[nodiscard]] std::string_view name() const noexcept override { return sparse_->name(); }

 private:
  std::unique_ptr<Kernel> sparse_;
  std::unique_ptr<Kernel> dense_;
  std::int64_t positions_;  // of a row
  std::int64_t lanes_;
  double ratio_;
};

}  // namespace

std::unique_ptr<Kernel> sparse_or_dense(std::unique_ptr<Kernel> sparse,
                                        std::unique_ptr<Kernel> dense, std::int64_t positions,
                                        std::int64_t lanes, double ratio) {
  return std::make_unique<SparseOrDenseKernel>(std::move(sparse), std::move(dense), positions,
                                               lanes, ratio);
}

}  // namespace kws::engine::s8
