// SPDX-License-Identifier: MIT
#include "data/waveform.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numbers>

namespace kws::data {
namespace {

constexpr float kFullScale = 1.0F / 32768.0F;

std::size_t training_length(const LongRecording& noise) {
  return noise.samples.size() - noise.samples.size() / 10;
}

/// Catmull-Rom through four neighbours, at `t` (0..1) between the middle two.
float cubic(float before, float left, float right, float after, float t) {
  const float slope_left = 0.5F * (right - before);
  const float slope_right = 0.5F * (after - left);
  const float a = 2.0F * (left - right) + slope_left + slope_right;
  const float b = 3.0F * (right - left) - 2.0F * slope_left - slope_right;
  return ((a * t + b) * t + slope_left) * t + left;
}

float at_or_zero(std::span<const float> samples, std::ptrdiff_t i) {
  return i >= 0 && i < std::ssize(samples) ? samples[static_cast<std::size_t>(i)] : 0.0F;
}

/// Raised cosine: from 0 to 1 over `length` samples, at the middle of sample i.
float ramp(std::size_t i, std::size_t length) {
  const float phase =
      std::numbers::pi_v<float> * (static_cast<float>(i) + 0.5F) / static_cast<float>(length);
  return 0.5F - 0.5F * std::cos(phase);
}

}  // namespace

void to_float(std::span<const std::int16_t> from, std::span<float> into) {
  assert(from.size() == into.size());
  for (std::size_t i = 0; i < from.size(); ++i) into[i] = static_cast<float>(from[i]) * kFullScale;
}

std::vector<std::int16_t> to_int16(std::span<const float> samples) {
  std::vector<std::int16_t> result(samples.size());
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const float scaled = std::nearbyint(samples[i] * 32768.0F);
    result[i] = static_cast<std::int16_t>(std::clamp(scaled, -32768.0F, 32767.0F));
  }
  return result;
}

void play(std::span<const float> from, double origin, double speed, std::span<float> into) {
  assert(speed > 0.0);
  std::fill(into.begin(), into.end(), 0.0F);
  if (speed == 1.0 && origin == std::floor(origin)) {
    const auto begin = static_cast<std::ptrdiff_t>(origin);
    const auto first = std::clamp<std::ptrdiff_t>(begin, 0, std::ssize(from));
    const auto last = std::clamp<std::ptrdiff_t>(begin + std::ssize(into), first, std::ssize(from));
    std::copy(from.begin() + first, from.begin() + last, into.begin() + (first - begin));
    return;
  }
  // The outputs whose four neighbours all exist need no test of their own.
  const auto length = static_cast<double>(from.size());
  const auto count = static_cast<double>(into.size());
  const double first = std::clamp(std::ceil((1.0 - origin) / speed), 0.0, count);
  const double last = std::clamp(std::floor((length - 3.0 - origin) / speed), first, count);
  const auto inner_begin = static_cast<std::size_t>(first);
  const auto inner_end = static_cast<std::size_t>(last);
  const auto careful = [&](std::size_t n) {
    const double position = origin + static_cast<double>(n) * speed;
    const double whole = std::floor(position);
    const auto i = static_cast<std::ptrdiff_t>(whole);
    if (i < -2 || i > std::ssize(from)) return 0.0F;
    return cubic(at_or_zero(from, i - 1), at_or_zero(from, i), at_or_zero(from, i + 1),
                 at_or_zero(from, i + 2), static_cast<float>(position - whole));
  };
  for (std::size_t n = 0; n < inner_begin; ++n) into[n] = careful(n);
  for (std::size_t n = inner_begin; n < inner_end; ++n) {
    const double position = origin + static_cast<double>(n) * speed;
    const auto i = static_cast<std::int32_t>(position);  // positive: truncation is the floor
    const float* p = from.data() + i;
    into[n] = cubic(p[-1], p[0], p[1], p[2], static_cast<float>(position - i));
  }
  for (std::size_t n = inner_end; n < into.size(); ++n) into[n] = careful(n);
}

void fade_in(std::span<float> samples, std::size_t fade) {
  for (std::size_t i = 0; i < std::min(fade, samples.size()); ++i) samples[i] *= ramp(i, fade);
}

void fade_out(std::span<float> samples, std::size_t fade) {
  for (std::size_t i = 0; i < std::min(fade, samples.size()); ++i) {
    samples[samples.size() - 1 - i] *= ramp(i, fade);
  }
}

void fade_ends(std::span<float> samples, std::size_t fade) {
  fade = std::min(fade, samples.size() / 2);
  fade_in(samples, fade);
  fade_out(samples, fade);
}

std::span<const std::int16_t> training_part(const LongRecording& noise) {
  return std::span(noise.samples).first(training_length(noise));
}

std::span<const std::int16_t> validation_part(const LongRecording& noise) {
  // Of fewer than ten samples no tenth can be kept apart.
  return noise.samples.size() < 10 ? std::span(noise.samples)
                                   : std::span(noise.samples).subspan(training_length(noise));
}

void cut_noise(std::span<const std::int16_t> noise, Random& random, std::span<float> into) {
  assert(!noise.empty());
  std::size_t position = noise.size() > into.size() ? random.below(noise.size() - into.size() + 1)
                                                    : random.below(noise.size());
  for (std::size_t filled = 0; filled < into.size();) {
    const auto count = std::min(into.size() - filled, noise.size() - position);
    to_float(noise.subspan(position, count), into.subspan(filled, count));
    filled += count;
    position = 0;
  }
}

void add_scaled(std::span<const float> noise, float factor, std::span<float> samples) {
  assert(noise.size() == samples.size());
  for (std::size_t i = 0; i < samples.size(); ++i) {
    samples[i] = std::clamp(samples[i] + factor * noise[i], -1.0F, 1.0F);
  }
}

float gain_to(float wanted, float found) {
  return found > 0.0F ? std::min(wanted / found, 10.0F) : 1.0F;
}

void scale(float factor, std::span<float> samples) {
  for (float& sample : samples) sample = std::clamp(sample * factor, -1.0F, 1.0F);
}

}  // namespace kws::data
