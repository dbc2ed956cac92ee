// SPDX-License-Identifier: MIT
//
// Another microphone, another room: every recording chain has a frequency response of its own, and
// a network trained on few of them takes it for a part of the word.
#pragma once

#include <span>

#include "base/random.h"
#include "base/units.h"

namespace kws::data {

/// Filters of a given corner are drawn and made up to here; nearer to half the rate they warp.
inline constexpr double kHighestCornerOfRate = 0.45;

/// A second-order section a0 = 1: y[n] = b0 x[n] + b1 x[n-1] + b2 x[n-2] - a1 y[n-1] - a2 y[n-2].
struct Biquad {
  double b0 = 1.0, b1 = 0.0, b2 = 0.0, a1 = 0.0, a2 = 0.0;
};

/// Gain below (low) or above (high) a corner frequency, half of it in decibels at the corner; slope
/// 1. After R. Bristow-Johnson's audio equaliser formulas (W3C note "Audio EQ Cookbook", 2021).
/// Requires 0 < corner < rate / 2.
[[nodiscard]] Biquad low_shelf(Hertz corner, Decibels gain, Hertz rate);
[[nodiscard]] Biquad high_shelf(Hertz corner, Decibels gain, Hertz rate);
/// Gain around a centre; `quality` is the centre over the bandwidth. Of the same source.
[[nodiscard]] Biquad peak(Hertz centre, Decibels gain, double quality, Hertz rate);

/// Passes what is below a corner (-3 dB for a quality of 1/sqrt 2), 12 dB an octave less above. Of
/// the same source.
[[nodiscard]] Biquad low_pass(Hertz corner, double quality, Hertz rate);

/// Passes what is above a corner. Of the same source.
[[nodiscard]] Biquad high_pass(Hertz corner, double quality, Hertz rate);

/// Filters in place, from rest.
void filter(const Biquad& section, std::span<float> samples);

/// A response drawn at random: a low shelf at 100–400 Hz, a peak at 400–3000 Hz and a high shelf at
/// 2000–6000 Hz (below 0.4 of the rate), each of -strongest…+strongest. Kept within -1..1.
void equalise(Decibels strongest, Hertz rate, Random& random, std::span<float> samples);

/// As if recorded at twice `corner`: a Butterworth low-pass of order 8, 48 dB an octave. A corner
/// above kHighestCornerOfRate leaves the samples alone.
void limit_band(Hertz corner, Hertz rate, std::span<float> samples);

}  // namespace kws::data
