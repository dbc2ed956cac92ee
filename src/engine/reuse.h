// SPDX-License-Identifier: MIT
//
// What of an activation is still right when the context has slid: the calculus that incremental
// plans are derived from. Nothing in it knows a network, only how a layer looks at time.
#pragma once

#include <cstdint>

#include "engine/kernels/kernel.h"
#include "nn/sliding.h"

namespace kws::engine {

/// How a tensor follows the feature rows. After `period` runs it has moved by `shift` rows: row t
/// is then what row t + shift was, bit for bit, for every t in `kept`; all other rows must be
/// computed. A stride in time that does not divide the movement of its input makes the period
/// longer: the plan keeps as many versions of the tensor, one per phase, and takes them in turn.
struct Motion {
  std::int64_t period = 1;
  std::int64_t shift = 0;
  RowRange kept;

  [[nodiscard]] bool computed_whole() const { return kept.begin >= kept.end; }
  bool operator==(const Motion&) const = default;
};

/// Of the context itself, when a run follows every `rows_per_run` rows.
[[nodiscard]] Motion context_motion(std::int64_t rows, std::int64_t rows_per_run);

/// Rows of the input that the rows `out` of the output look at, of a layer that slides along time.
[[nodiscard]] RowRange rows_read(const nn::Axis& time, RowRange out);

/// Of what slides over a tensor that moves like `in`. An output row is kept when all it looks at
/// is kept and when the padding cut off the same taps as before.
[[nodiscard]] Motion slide(const Motion& in, const nn::Axis& time);

/// Of what is made row by row from two tensors: kept where both are, if they move alike.
[[nodiscard]] Motion join(const Motion& a, const Motion& b);

/// Where less than this share of a tensor would be kept, it is computed whole, and so is everything
/// behind it: the bookkeeping would cost more than it saves.
inline constexpr double kLeastKept = 0.3;

/// `motion`, or the one of a tensor that is computed whole when too little is kept.
[[nodiscard]] Motion worth_keeping(const Motion& motion, std::int64_t rows);

}  // namespace kws::engine
