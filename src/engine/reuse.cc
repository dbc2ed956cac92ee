// SPDX-License-Identifier: MIT
#include "engine/reuse.h"

#include <algorithm>
#include <numeric>

namespace kws::engine {

Motion context_motion(std::int64_t rows, std::int64_t rows_per_run) {
  return {.period = 1,
          .shift = rows_per_run,
          .kept = {0, std::max<std::int64_t>(rows - rows_per_run, 0)}};
}

RowRange rows_read(const nn::Axis& time, RowRange out) {
  const std::int64_t begin = time.input(out.begin, 0);
  const std::int64_t end = time.input(out.end - 1, time.kernel - 1) + 1;
  return {std::clamp<std::int64_t>(begin, 0, time.inputs),
          std::clamp<std::int64_t>(end, 0, time.inputs)};
}

Motion slide(const Motion& in, const nn::Axis& time) {
  if (in.computed_whole()) return {};
  // So many periods of the input until it has moved by a multiple of the stride.
  const std::int64_t periods = time.stride / std::gcd(time.stride, in.shift);
  Motion out{.period = in.period * periods, .shift = in.shift * periods / time.stride};
  // A row survives `periods` steps when each place on its way is kept.
  const std::int64_t first = in.kept.begin;
  const std::int64_t last = in.kept.end - (periods - 1) * in.shift;
  const auto survives = [&](std::int64_t row) {
    const nn::Taps taps = time.taps(row);
    const nn::Taps later = time.taps(row + out.shift);
    if (taps.begin != later.begin || taps.end != later.end) return false;
    return taps.begin == taps.end || (taps.first >= first && time.input(row, taps.end - 1) < last);
  };
  // The longest stretch of rows that do.
  RowRange stretch;
  for (std::int64_t row = 0; row + out.shift < time.outputs; ++row) {
    if (!survives(row)) {
      stretch = {row + 1, row + 1};
      continue;
    }
    stretch.end = row + 1;
    if (stretch.end - stretch.begin > out.kept.end - out.kept.begin) out.kept = stretch;
  }
  return worth_keeping(out, time.outputs);
}

Motion join(const Motion& a, const Motion& b) {
  if (a.period != b.period || a.shift != b.shift) return {};
  return {.period = a.period,
          .shift = a.shift,
          .kept = {std::max(a.kept.begin, b.kept.begin), std::min(a.kept.end, b.kept.end)}};
}

Motion worth_keeping(const Motion& motion, std::int64_t rows) {
  const auto kept = static_cast<double>(motion.kept.end - motion.kept.begin);
  return kept < kLeastKept * static_cast<double>(rows) || motion.computed_whole() ? Motion{}
                                                                                  : motion;
}

}  // namespace kws::engine
