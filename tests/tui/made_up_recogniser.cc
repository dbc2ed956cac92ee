// SPDX-License-Identifier: MIT
#include "tui/made_up_recogniser.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace kws::tui::testing {
namespace {

constexpr std::uint64_t kHopSamples = 320;
constexpr int kWordEvery = 80;  // hops
constexpr int kWordLength = 24;
constexpr int kFoundAfter = 26;
constexpr std::uint32_t kBins = 40;

std::vector<std::string> labels() {
  return {"yes", "no", "up", "down", "left", "right", "stop", "go", "_unknown_", "_silence_"};
}

}  // namespace

MadeUpRecogniser::MadeUpRecogniser(std::size_t model_count) {
  model_infos.push_back({"ds-cnn-s", "models/ds-cnn-s.kws", labels(),
                         "logmel 40, 40/20 ms, 20-7600 Hz", 23084, 10'230'000, 96'112, "avx2"});
  if (model_count > 1) {
    model_infos.push_back({"ds-cnn-128", "models/ds-cnn-128.kws", labels(),
                           "mfcc 40 of 40, 40/20 ms, 20-4000 Hz", 37514, 16'500'000, 152'004,
                           "avx2"});
  }
  for (std::size_t i = 2; i < model_count; ++i) {
    model_infos.push_back(model_infos[0]);
    model_infos.back().name = "model-" + std::to_string(i);
  }
  state.sample_rate_hz = 16000.0;
  state.hop_ms = 20.0;
  state.labels = static_cast<std::uint32_t>(labels().size());
  state.thresholds.fill(2.0F);
  std::fill_n(state.thresholds.begin(), 8, 0.8F);
  state.resident_bytes = 18'234'000;
  state.arena_bytes = 96'400;
}

void MadeUpRecogniser::publish() {
  telemetry.state.back() = state;
  telemetry.state.publish();
}

void MadeUpRecogniser::hop() {
  if (state.paused) {
    publish();
    return;
  }
  const auto hop = static_cast<int>(state.hops % 1'000'000);
  const int word = hop / kWordEvery;
  const int into = hop % kWordEvery;
  const auto label = static_cast<std::size_t>(word * 3 % 8);
  const bool speaking = !silent && into < kWordLength;
  ++state.hops;
  state.position += kHopSamples;
  state.audio_s = static_cast<double>(state.position) / state.sample_rate_hz;
  state.warming_up = state.hops < 50;

  live::RowEvent row;
  row.end = state.position;
  row.bins = kBins;
  const double loudness = speaking ? std::sin(3.14159 * (into + 1) / (kWordLength + 1)) : 0.0;
  for (std::size_t bin = 0; bin < kBins; ++bin) {
    double value =
        silent ? -13.8 : -6.5 - 0.03 * static_cast<double>(bin) + 0.35 * random_.normal();
    for (int formant = 0; formant < 3 && speaking; ++formant) {
      const double glide = static_cast<double>(into) / kWordLength;
      const double centre = 5.0 + 9.0 * formant + static_cast<double>(label % 4) * 1.5 +
                            (label % 2 == 0 ? 4.0 : -3.0) * glide;
      const double distance = (static_cast<double>(bin) - centre) / 1.8;
      value = std::max(value, -6.0 + (6.5 - formant) * loudness - distance * distance);
    }
    row.values[bin] = static_cast<float>(value);
  }
  telemetry.rows.push(row);

  state.rms = silent ? 0.0F : static_cast<float>(0.004 + 0.12 * loudness);
  state.peak = std::min(1.0F, state.rms * 4.0F);
  state.clipped = false;
  live::PosteriorEvent posteriors;
  posteriors.end = state.position;
  posteriors.lane = state.lane;
  posteriors.labels = state.labels;
  for (std::size_t i = 0; i < state.labels; ++i) {
    const bool its = !silent && !state.warming_up && i == label && into > 8 && into < 60;
    const bool rest = silent ? i == 9 : i == 8;
    const double target = its ? 0.97 : rest ? 0.6 : 0.02;
    const double noisy = std::clamp(target + (silent ? 0.0 : 0.02 * random_.normal()), 0.0, 1.0);
    posteriors.posteriors[i] = static_cast<float>(noisy);
    state.posteriors[i] = posteriors.posteriors[i];
    state.scores[i] += 0.12F * (posteriors.posteriors[i] - state.scores[i]);
  }
  telemetry.posteriors.push(posteriors);
  if (!silent && !state.warming_up && into == kFoundAfter) {
    live::DetectionEvent found;
    found.keyword = live::Name(model_infos[state.lane].labels[label]);
    found.model = live::Name(model_infos[state.lane].name);
    found.label = static_cast<std::uint32_t>(label);
    found.score = 0.9F + 0.01F * static_cast<float>(word % 10);
    found.end_s = state.audio_s - 0.05;
    found.start_s = found.end_s - 0.9;
    found.time_s = state.audio_s;
    found.latency_ms = 41.5 + word % 7;
    telemetry.detections.push(found);
    ++state.detections;
  }
  const double jitter = 0.02 * static_cast<double>(state.hops % 13);
  const double medians[] = {10'400.0, 18.0, 640.0, 1.4, 11'200.0};
  for (std::size_t stage = 0; stage < live::kStages; ++stage) {
    const double p50 = medians[stage] * (1.0 + jitter);
    state.clocks[stage] = {state.hops, p50, p50 * 1.3, p50 * 1.6, p50 * 3.1};
  }
  state.ring_fill = 0.02 + 0.001 * static_cast<double>(state.hops % 10);
  publish();
}

void MadeUpRecogniser::switch_to(std::size_t model) {
  calls.push_back("switch_to " + std::to_string(model));
  state.lane = static_cast<std::uint32_t>(model);
  ++state.generation;
}

void MadeUpRecogniser::set_paused(bool paused) {
  calls.push_back("set_paused " + std::to_string(static_cast<int>(paused)));
  state.paused = paused;
}

void MadeUpRecogniser::shift_thresholds(float delta) {
  char text[40];
  std::snprintf(text, sizeof text, "shift_thresholds %.2f", static_cast<double>(delta));
  calls.emplace_back(text);
  for (std::size_t i = 0; i < 8; ++i) {
    state.thresholds[i] = std::clamp(state.thresholds[i] + delta, 0.01F, 1.0F);
  }
}

}  // namespace kws::tui::testing
