// SPDX-License-Identifier: MIT
//
// The logarithm of a few dozen band energies at once.
#pragma once

#include <span>

#include "base/realtime.h"

namespace kws::features {

/// values[i] = ln(values[i] + floor), within 1 ulp of the correctly rounded logarithm of the sum
/// (tests/features/vector_log_test.cc measures it). Infinity gives infinity and NaN gives NaN.
/// Requires floor to be a normal positive number, values >= 0, and a size that is a multiple of
/// kLanes.
void log_above_floor(std::span<float> values, float floor) noexcept KWS_REALTIME;

}  // namespace kws::features
