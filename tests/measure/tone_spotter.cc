// SPDX-License-Identifier: MIT
#include "measure/tone_spotter.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

#include "features/extractor.h"
#include "nn/graph.h"

namespace kws::testing {
namespace {

/// The mel band in which a tone is loudest.
std::size_t band_of(double frequency_hz, const features::FeatureSpec& spec) {
  features::FeatureExtractor extractor(spec);
  std::vector<float> tone(static_cast<std::size_t>(spec.frame_samples()));
  for (std::size_t i = 0; i < tone.size(); ++i) {
    const double phase = 2.0 * std::numbers::pi * frequency_hz * static_cast<double>(i) / 16000.0;
    tone[i] = static_cast<float>(std::sin(phase));
  }
  std::vector<float> row(static_cast<std::size_t>(spec.bins()));
  extractor.extract(tone, row);
  return static_cast<std::size_t>(std::max_element(row.begin(), row.end()) - row.begin());
}

}  // namespace

pack::ModelPack tone_spotter(std::int64_t frames) {
  pack::ModelPack pack;
  pack.name = "tone-spotter";
  pack.labels = {"low", "high", "_unknown_", "_silence_"};
  pack.features.kind = features::Kind::kLogMel;
  pack.features.mels = 20;
  auto& graph = pack.model.graph;
  const auto bins = pack.features.bins();
  const auto input = graph.add_input({frames, bins, 1});
  const auto mean = graph.add_node("mean", nn::Op::kMean, nn::Mean{true, false}, {input});
  const auto flat = graph.add_node("flat", nn::Op::kFlatten, nn::NoAttributes{}, {mean});
  const auto dense = graph.add_node("dense", nn::Op::kDense, nn::Dense{4, true}, {flat});
  graph.add_node("softmax", nn::Op::kSoftmax, nn::NoAttributes{}, {dense});

  // Shape [bins, labels]. Each tone's logit is the mean log energy of its band; silence wins where
  // all are faint.
  std::vector<float> weight(4 * static_cast<std::size_t>(bins), 0.0F);
  const double tones[] = {kLowHz, kHighHz, kMiddleHz};
  for (std::size_t label = 0; label < 3; ++label) {
    const auto band = band_of(tones[label], pack.features);
    weight[band * 4 + label] = 1.0F;
  }
  pack.model.weights["dense.weight"] = std::move(weight);
  pack.model.weights["dense.bias"] = {0.0F, 0.0F, 0.0F, -3.0F};
  nn::validate(pack.model);
  pack.decide.smoothing_ms = 100.0;
  pack.decide.threshold = 0.8;
  return pack;
}

}  // namespace kws::testing
