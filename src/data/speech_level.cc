// SPDX-License-Identifier: MIT
#include "data/speech_level.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace kws::data {
namespace {

/// Sixteen partial sums, so that the compiler may use vectors without being allowed to reorder.
float sum_of_squares(std::span<const float> samples) {
  constexpr std::size_t kLanes = 16;
  std::array<float, kLanes> sums{};
  const std::size_t whole = samples.size() / kLanes * kLanes;
  for (std::size_t i = 0; i < whole; i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      sums[lane] += samples[i + lane] * samples[i + lane];
    }
  }
  float total = 0.0F;
  for (const float sum : sums) total += sum;
  for (std::size_t i = whole; i < samples.size(); ++i) total += samples[i] * samples[i];
  return total;
}

}  // namespace

float rms(std::span<const float> samples) {
  if (samples.empty()) return 0.0F;
  return std::sqrt(sum_of_squares(samples) / static_cast<float>(samples.size()));
}

SpeechPart find_speech(std::span<const float> samples, Hertz rate) {
  const auto window = std::max<std::size_t>(1, static_cast<std::size_t>(rate.value * 0.02));
  const std::size_t windows = (samples.size() + window - 1) / window;
  if (windows == 0) return {};
  std::vector<float> power(windows);
  for (std::size_t i = 0; i < windows; ++i) {
    const auto part = samples.subspan(i * window, std::min(window, samples.size() - i * window));
    power[i] = sum_of_squares(part) / static_cast<float>(part.size());
  }
  const float loudest = *std::max_element(power.begin(), power.end());
  if (loudest <= 0.0F) return {};
  std::vector<float> sorted = power;
  const auto tenth = sorted.begin() + static_cast<std::ptrdiff_t>(windows / 10);
  std::nth_element(sorted.begin(), tenth, sorted.end());
  // In power: -25 dB is 1/316, 6 dB is a factor of 4.
  const float threshold = std::min(loudest / 4.0F, std::max(loudest / 316.0F, *tenth * 4.0F));

  SpeechPart part;
  bool found = false;
  double sum = 0.0;
  std::size_t counted = 0;
  for (std::size_t i = 0; i < windows; ++i) {
    if (power[i] < threshold) continue;
    if (!found) part.begin = i * window;
    found = true;
    part.end = std::min(samples.size(), (i + 1) * window);
    sum += static_cast<double>(power[i]);
    ++counted;
  }
  part.level = static_cast<float>(std::sqrt(sum / static_cast<double>(counted)));
  return part;
}

}  // namespace kws::data
