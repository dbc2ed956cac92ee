// SPDX-License-Identifier: MIT
//
// One pointwise layer, two kernels of equal bits, the faster of which is taken for each call: the
// sparse one computes whole vectors of positions, which the few of a hop may not fill.
#pragma once

#include <cstdint>
#include <memory>

#include "engine/kernels/kernel.h"

namespace kws::engine::s8 {

/// positions: of a row. lanes: positions that the sparse kernel computes at once. ratio: its time
/// for those over the dense kernel's.
[[nodiscard]] std::unique_ptr<Kernel> sparse_or_dense(std::unique_ptr<Kernel> sparse,
                                                      std::unique_ptr<Kernel> dense,
                                                      std::int64_t positions, std::int64_t lanes,
                                                      double ratio);

}  // namespace kws::engine::s8
