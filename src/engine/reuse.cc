// SPDX-License-Identifier: MIT
#include "engine/reuse.h"

#include <algorithm>
#include <numeric>

namespace kws::engine {
namespace {

/// Taps first..last (excluded) of an output row that meet the input.
struct Taps {
  std::int64_t first = 0;
  std::int64_t last = 0;
  bool operator==(const Taps&) const = default;
};

std::int64_t divide_up(std::int64_t a, std::int64_t b) { return a <= 0 ? 0 : (a + b - 1) / b; }

Taps taps_of(const TimeWindow& window, std::int64_t row) {
  const std::int64_t origin = row * window.stride - window.padding;
  const Taps taps{std::min(window.kernel, divide_up(-origin, window.dilation)),
                  std::min(window.kernel, divide_up(window.size - origin, window.dilation))};
  return {taps.first, std::max(taps.first, taps.last)};
}

}  // namespace

Motion context_motion(std::int64_t rows, std::int64_t rows_per_run) {
  return {.period = 1,
          .shift = rows_per_run,
          .kept = {0, std::max<std::int64_t>(rows - rows_per_run, 0)}};
}

RowRange TimeWindow::reads(RowRange out) const {
  const std::int64_t begin = out.begin * stride - padding;
  const std::int64_t end = (out.end - 1) * stride - padding + (kernel - 1) * dilation + 1;
  return {std::clamp<std::int64_t>(begin, 0, size), std::clamp<std::int64_t>(end, 0, size)};
}

Motion slide(const Motion& in, const TimeWindow& window, std::int64_t out_rows) {
  if (in.computed_whole()) return {};
  // So many periods of the input until it has moved by a multiple of the stride.
  const std::int64_t periods = window.stride / std::gcd(window.stride, in.shift);
  Motion out{.period = in.period * periods, .shift = in.shift * periods / window.stride};
  // A row survives `periods` steps when each place on its way is kept.
  const std::int64_t first = in.kept.begin;
  const std::int64_t last = in.kept.end - (periods - 1) * in.shift;
  const auto survives = [&](std::int64_t row) {
    const Taps taps = taps_of(window, row);
    if (taps != taps_of(window, row + out.shift)) return false;
    const std::int64_t origin = row * window.stride - window.padding;
    return taps.first == taps.last || (origin + taps.first * window.dilation >= first &&
                                       origin + (taps.last - 1) * window.dilation < last);
  };
  // The longest stretch of rows that do.
  RowRange stretch;
  for (std::int64_t row = 0; row + out.shift < out_rows; ++row) {
    if (!survives(row)) {
      stretch = {row + 1, row + 1};
      continue;
    }
    stretch.end = row + 1;
    if (stretch.end - stretch.begin > out.kept.end - out.kept.begin) out.kept = stretch;
  }
  return worth_keeping(out, out_rows);
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
