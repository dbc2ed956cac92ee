// SPDX-License-Identifier: MIT
//
// The front end written down once more, in double precision and in the plainest way, to compare
// with.
#pragma once

#include <span>
#include <vector>

#include "features/feature_spec.h"

namespace kws::testing {

/// One row from one frame of samples, by a discrete Fourier transform as it is defined.
[[nodiscard]] std::vector<double> reference_row(const features::FeatureSpec& spec,
                                                std::span<const float> frame);

/// Noise with a few tones in it, the same on every run: every band of every front end hears some.
[[nodiscard]] std::vector<float> lively_sound(std::size_t samples, unsigned seed = 1);

/// The largest of |values|.
[[nodiscard]] double largest(std::span<const double> values);

}  // namespace kws::testing
