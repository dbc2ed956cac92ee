// SPDX-License-Identifier: MIT
#include "engine/kernels/s8/table.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "engine/kernels/s8/requantise.h"

namespace kws::engine::s8 {
namespace {

using nn::Op;

/// e^-x for x >= 0 by additions and multiplications alone, because libm's exp differs between
/// machines: a Taylor series at x / 1024, squared ten times. Relative error below 1e-12.
double falling_exponential(double x) {
  if (x > 40.0) return 0.0;  // 4e-18: nothing against 1
  const double step = -x / 1024.0;
  double term = 1.0;
  double sum = 1.0;
  for (int n = 1; n <= 8; ++n) {
    term = term * step / n;
    sum += term;
  }
  for (int i = 0; i < 10; ++i) sum *= sum;
  return sum;
}

double sigmoid(double x) {
  const double falling = falling_exponential(std::abs(x));
  return (x < 0.0 ? falling : 1.0) / (1.0 + falling);
}

double apply(Op op, double x) {
  switch (op) {
    case Op::kRelu:
      return std::max(x, 0.0);
    case Op::kRelu6:
      return std::clamp(x, 0.0, 6.0);
    case Op::kHardSwish:
      return x * std::clamp(x + 3.0, 0.0, 6.0) / 6.0;
    case Op::kSwish:
      return x * sigmoid(x);
    default:
      assert(false);
      return x;
  }
}

}  // namespace

Table activation_table(Op op, const nn::Quantisation& x, const nn::Quantisation& y) {
  Table table;
  for (int q = -128; q <= 127; ++q) {
    const double real = static_cast<double>(x.scale) * (q - x.zero_point);
    const double steps = apply(op, real) / static_cast<double>(y.scale);
    const double clamped = std::clamp(steps, -128.0 - y.zero_point, 127.0 - y.zero_point);
    table.values[static_cast<std::size_t>(q + 128)] =
        static_cast<std::int8_t>(y.zero_point + static_cast<std::int32_t>(std::nearbyint(clamped)));
  }
  return table;
}

Table rescaling_table(const nn::Quantisation& x, const nn::Quantisation& y) {
  Table table;
  for (int q = -128; q <= 127; ++q) {
    table.values[static_cast<std::size_t>(q + 128)] =
        requantise(q - x.zero_point, ratio(x, y), y.zero_point);
  }
  return table;
}

}  // namespace kws::engine::s8
