// SPDX-License-Identifier: MIT
#include "data/equaliser.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace kws::data {
namespace {

/// Corners lie as far apart for the ear everywhere: log-uniform.
Hertz draw_frequency(double low, double high, Hertz rate, Random& random) {
  const double top = 0.4 * rate.value;
  const double drawn = std::exp(random.uniform(std::log(low), std::log(high)));
  return Hertz{std::min(drawn, top)};
}

Biquad normalised(double b0, double b1, double b2, double a0, double a1, double a2) {
  return {b0 / a0, b1 / a0, b2 / a0, a1 / a0, a2 / a0};
}

/// The two shelves mirror each other: `side` is 1 for the low, -1 for the high one.
Biquad shelf(double side, Hertz corner, Decibels gain, Hertz rate) {
  const double a = std::sqrt(gain.amplitude());
  const double omega = 2.0 * std::numbers::pi * corner.value / rate.value;
  const double cosine = side * std::cos(omega);
  const double root = std::numbers::sqrt2 * std::sqrt(a) * std::sin(omega);
  return normalised(
      a * ((a + 1.0) - (a - 1.0) * cosine + root),
      2.0 * side * a * ((a - 1.0) - (a + 1.0) * cosine),
      a * ((a + 1.0) - (a - 1.0) * cosine - root), (a + 1.0) + (a - 1.0) * cosine + root,
      -2.0 * side * ((a - 1.0) + (a + 1.0) * cosine), (a + 1.0) + (a - 1.0) * cosine - root);
}

}  // namespace

Biquad low_shelf(Hertz corner, Decibels gain, Hertz rate) { return shelf(1.0, corner, gain, rate); }

Biquad high_shelf(Hertz corner, Decibels gain, Hertz rate) {
  return shelf(-1.0, corner, gain, rate);
}

Biquad peak(Hertz centre, Decibels gain, double quality, Hertz rate) {
  const double a = std::sqrt(gain.amplitude());
  const double omega = 2.0 * std::numbers::pi * centre.value / rate.value;
  const double alpha = std::sin(omega) / (2.0 * quality);
  const double middle = -2.0 * std::cos(omega);
  return normalised(1.0 + alpha * a, middle, 1.0 - alpha * a, 1.0 + alpha / a, middle,
                    1.0 - alpha / a);
}

Biquad low_pass(Hertz corner, double quality, Hertz rate) {
  const double omega = 2.0 * std::numbers::pi * corner.value / rate.value;
  const double alpha = std::sin(omega) / (2.0 * quality);
  const double middle = -2.0 * std::cos(omega);
  const double sum = 1.0 - std::cos(omega);
  return normalised(sum / 2.0, sum, sum / 2.0, 1.0 + alpha, middle, 1.0 - alpha);
}

Biquad high_pass(Hertz corner, double quality, Hertz rate) {
  const double omega = 2.0 * std::numbers::pi * corner.value / rate.value;
  const double alpha = std::sin(omega) / (2.0 * quality);
  const double middle = -2.0 * std::cos(omega);
  const double sum = 1.0 + std::cos(omega);
  return normalised(sum / 2.0, -sum, sum / 2.0, 1.0 + alpha, middle, 1.0 - alpha);
}

void filter(const Biquad& section, std::span<float> samples) {
  double first = 0.0;
  double second = 0.0;
  for (float& sample : samples) {
    const double x = sample;
    const double y = section.b0 * x + first;
    first = section.b1 * x - section.a1 * y + second;
    second = section.b2 * x - section.a2 * y;
    sample = static_cast<float>(y);
  }
}

void equalise(Decibels strongest, Hertz rate, Random& random, std::span<float> samples) {
  const auto gain = [&] { return Decibels{random.uniform(-strongest.value, strongest.value)}; };
  const auto low = draw_frequency(100.0, 400.0, rate, random);
  filter(low_shelf(low, gain(), rate), samples);
  const auto centre = draw_frequency(400.0, 3000.0, rate, random);
  const auto quality = random.uniform(0.5, 1.5);
  filter(peak(centre, gain(), quality, rate), samples);
  const auto high = draw_frequency(2000.0, 6000.0, rate, random);
  filter(high_shelf(high, gain(), rate), samples);
  for (float& sample : samples) sample = std::clamp(sample, -1.0F, 1.0F);
}

void limit_band(Hertz corner, Hertz rate, std::span<float> samples) {
  if (corner.value > kHighestCornerOfRate * rate.value) return;
  constexpr int kSections = 4;
  for (int i = 0; i < kSections; ++i) {
    // The poles lie evenly on a half circle (Butterworth 1930).
    const double angle = std::numbers::pi * (2 * i + 1) / (4.0 * kSections);
    filter(low_pass(corner, 0.5 / std::cos(angle), rate), samples);
  }
  for (float& sample : samples) sample = std::clamp(sample, -1.0F, 1.0F);
}

}  // namespace kws::data
