// SPDX-License-Identifier: MIT
//
// Models that nobody trained, and sound that makes them speak: the posteriors of random weights
// wander with the sound, and with low thresholds there are detections to compare.
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>
#include <string>
#include <vector>

#include "base/random.h"
#include "nn/networks.h"
#include "pack/model_pack.h"

namespace kws::testing {

struct SmallModel {
  std::string name = "small";
  features::Kind kind = features::Kind::kMfcc;
  double frame_ms = 40.0;
  double hop_ms = 20.0;
  int frames = 24;
  int sample_rate_hz = 16000;
  std::uint64_t seed = 7;
};

[[nodiscard]] inline pack::ModelPack small_pack(const SmallModel& wanted = {}) {
  pack::ModelPack pack;
  pack.name = wanted.name;
  pack.labels = {"yes", "no", "up", "_unknown_"};
  pack.features.kind = wanted.kind;
  pack.features.sample_rate_hz = wanted.sample_rate_hz;
  pack.features.frame_ms = wanted.frame_ms;
  pack.features.hop_ms = wanted.hop_ms;
  pack.features.mels = 16;
  pack.features.coeffs = 10;
  pack.model.graph = nn::build_network({.kind = "ds_cnn", .channels = 12}, wanted.frames,
                                       pack.features.bins(), static_cast<int>(pack.labels.size()));
  pack.model.weights = nn::initial_weights(pack.model.graph, Random(wanted.seed));
  pack.decide = {.smoothing_ms = 100.0,
                 .threshold = 0.3,
                 .min_scores = 2,
                 .refractory_ms = 200.0,
                 .rearm_ratio = 1.0};
  return pack;
}

/// Tones that come and go over noise, in steps of 16 bits, so that a file or a pipe holds exactly
/// these samples.
[[nodiscard]] inline std::vector<float> tones(std::size_t count, std::uint64_t seed = 1) {
  Random random(seed);
  std::vector<float> samples(count);
  double hertz = 300.0;
  double level = 0.0;
  for (std::size_t i = 0; i < count; ++i) {
    if (i % 3000 == 0) {
      hertz = random.uniform(100.0, 4000.0);
      level = random.chance(0.3) ? 0.0 : random.uniform(0.0, 0.8);
    }
    const double phase = 2.0 * std::numbers::pi * hertz * static_cast<double>(i) / 16000.0;
    const double value = level * std::sin(phase) + 0.02 * random.normal();
    samples[i] = static_cast<float>(std::round(32768.0 * std::clamp(value, -1.0, 0.999)) / 32768.0);
  }
  return samples;
}

}  // namespace kws::testing
