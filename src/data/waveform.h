// SPDX-License-Identifier: MIT
//
// What augmentation does to samples: move, stretch, fade, add noise. Plain loops over spans, called
// for every training clip by the example maker.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/random.h"
#include "data/dataset.h"

namespace kws::data {

/// 16-bit → -1..1. Requires equal sizes.
void to_float(std::span<const std::int16_t> from, std::span<float> into);

/// -1..1 → 16-bit, rounded to the nearest; what is beyond full scale is cut off.
[[nodiscard]] std::vector<std::int16_t> to_int16(std::span<const float> samples);

/// into[n] = from(origin + n * speed), 0 outside of `from`. Between samples a cubic through four
/// neighbours (Catmull and Rom 1974); whole positions at speed 1 are copied. Without a low-pass: at
/// the speeds of augmentation (up to 1.15) what folds back lies above 0.87 of the half rate.
void play(std::span<const float> from, double origin, double speed, std::span<float> into);

/// Raised-cosine ramps over the first, the last, or the first and last `fade` samples (at most half
/// of the samples each, where both are).
void fade_in(std::span<float> samples, std::size_t fade);
void fade_out(std::span<float> samples, std::size_t fade);
void fade_ends(std::span<float> samples, std::size_t fade);

/// The front of a noise recording, which training may use; the rest, a tenth, is for validation.
[[nodiscard]] std::span<const std::int16_t> training_part(const LongRecording& noise);
[[nodiscard]] std::span<const std::int16_t> validation_part(const LongRecording& noise);

/// A piece at a random place, repeated where the recording is too short. Requires a recording that
/// is not empty.
void cut_noise(std::span<const std::int16_t> noise, Random& random, std::span<float> into);

/// samples += factor * noise, kept within -1..1.
void add_scaled(std::span<const float> noise, float factor, std::span<float> samples);

/// What brings the level `found` to `wanted`, at most 20 dB; 1 where nothing is found.
[[nodiscard]] float gain_to(float wanted, float found);

/// Multiplies, kept within -1..1.
void scale(float factor, std::span<float> samples);

}  // namespace kws::data
