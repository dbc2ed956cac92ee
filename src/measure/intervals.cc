// SPDX-License-Identifier: MIT
#include "measure/intervals.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace kws::measure {
namespace {

constexpr double kZ95 = 1.959963984540054;  // 97.5 % quantile of the normal distribution

/// P(X <= events) for a Poisson count of this mean. Terms are formed in logarithms, so large counts
/// do not underflow.
double poisson_cdf(std::size_t events, double mean) {
  double sum = 0.0;
  for (std::size_t k = 0; k <= events; ++k) {
    const auto count = static_cast<double>(k);
    sum += std::exp(count * std::log(mean) - mean - std::lgamma(count + 1.0));
  }
  return sum;
}

}  // namespace

Interval wilson_interval(std::size_t successes, std::size_t trials) {
  assert(successes <= trials);
  if (trials == 0) return {};
  const auto n = static_cast<double>(trials);
  const double p = static_cast<double>(successes) / n;
  const double z2 = kZ95 * kZ95;
  const double centre = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
  const double half = kZ95 / (1.0 + z2 / n) * std::sqrt(p * (1.0 - p) / n + z2 / (4.0 * n * n));
  return {std::max(0.0, centre - half), std::min(1.0, centre + half)};
}

double mcnemar_p(std::size_t only_first, std::size_t only_second) {
  const std::size_t n = only_first + only_second;
  if (n == 0) return 1.0;
  const std::size_t few = std::min(only_first, only_second);
  const double log_all = static_cast<double>(n) * std::log(2.0);
  double tail = 0.0;
  for (std::size_t k = 0; k <= few; ++k) {
    tail += std::exp(std::lgamma(static_cast<double>(n) + 1.0) -
                     std::lgamma(static_cast<double>(k) + 1.0) -
                     std::lgamma(static_cast<double>(n - k) + 1.0) - log_all);
  }
  return std::min(1.0, 2.0 * tail);
}

double poisson_upper_bound(std::size_t events) {
  double low = static_cast<double>(events);
  double high = 2.0 * low + 10.0;
  for (int i = 0; i < 100; ++i) {
    const double middle = 0.5 * (low + high);
    (poisson_cdf(events, middle) > 0.05 ? low : high) = middle;
  }
  return high;
}

}  // namespace kws::measure
