// SPDX-License-Identifier: MIT
//
// How sure a count makes us: intervals around shares and rates, and whether two models differ.
#pragma once

#include <cstddef>
#include <cstdint>

namespace kws::measure {

struct Interval {
  double low = 0.0;
  double high = 1.0;
};

/// 95 % interval of a share (Wilson 1927, score interval without continuity correction). Of no
/// trials: 0…1. Requires successes <= trials.
[[nodiscard]] Interval wilson_interval(std::size_t successes, std::size_t trials);

/// Two-sided exact McNemar test on the same clips: the probability of a split at least as uneven as
/// this one if both models were equally good. `only_first`: clips that only the first model got
/// right. 1 when they never disagree.
[[nodiscard]] double mcnemar_p(std::size_t only_first, std::size_t only_second);

/// One-sided 95 % upper bound of the expected count when `events` were counted (exact Poisson): the
/// largest mean that still gives so few with probability 0.05. 3.0 for none ("rule of three").
[[nodiscard]] double poisson_upper_bound(std::size_t events);

}  // namespace kws::measure
