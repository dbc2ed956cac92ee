// SPDX-License-Identifier: MIT
//
// Quantities at the borders between stages. Inside loops, config keys and JSON they are raw
// numbers whose names carry the unit (`_hz`, `_ms`, `_db`, `_samples`).
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <compare>
#include <cstdint>

namespace kws {

/// Frequency or sample rate.
struct Hertz {
  double value = 0.0;
  auto operator<=>(const Hertz&) const = default;
};

/// Level relative to full scale (amplitude 1.0 is 0 dB).
struct Decibels {
  double value = 0.0;
  auto operator<=>(const Decibels&) const = default;

  [[nodiscard]] static Decibels from_amplitude(double amplitude) noexcept {
    return {20.0 * std::log10(std::max(amplitude, 1e-6))};
  }
  [[nodiscard]] double amplitude() const noexcept { return std::pow(10.0, value / 20.0); }
};

/// A place in the stream: how many mono samples at the model's rate came before it. Every position
/// in the program is one, so audio time never depends on a wall clock.
using SamplePosition = std::uint64_t;

/// Samples that fit into `duration`, rounded to the nearest.
[[nodiscard]] inline std::int64_t to_samples(std::chrono::duration<double> duration, Hertz rate) {
  return std::llround(duration.count() * rate.value);
}

[[nodiscard]] inline double to_seconds(SamplePosition samples, Hertz rate) {
  return static_cast<double>(samples) / rate.value;
}

}  // namespace kws
