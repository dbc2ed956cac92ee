// SPDX-License-Identifier: MIT
#include "measure/latency.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>
#include <span>

#include "base/resident_memory.h"
#include "features/extractor.h"
#include "lane/lane.h"
#include "measure/noise.h"
#include "measure/stream_crowd.h"
#include "pack/model_pack.h"

namespace kws::measure {
namespace {

using Clock = std::chrono::steady_clock;

// How the time is shared out. Loads and streams need the fewest calls for a steady figure.
constexpr double kFrontEndShare = 0.1;
constexpr double kWindowShare = 0.3;
constexpr double kHopShare = 0.3;
constexpr double kLoadShare = 0.1;
constexpr double kStreamsShare = 0.1;  // twice

constexpr std::size_t kLeastCalls = 5;
constexpr std::size_t kMostCalls = std::size_t{1} << 20;  // 8 MB of durations
constexpr std::size_t kAnySoundSamples = 16000;

double microseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

/// Calls again and again for `seconds`; what each call took, in microseconds.
template <typename Call>
std::vector<double> durations(double seconds, Call call) {
  std::vector<double> result;
  const auto began = Clock::now();
  while (result.size() < kLeastCalls ||
         (result.size() < kMostCalls && microseconds_since(began) < 1e6 * seconds)) {
    const auto start = Clock::now();
    call();
    result.push_back(microseconds_since(start));
  }
  return result;
}

double median(std::vector<double> values) { return percentiles(std::move(values)).p50; }

Percentiles front_end(const pack::ModelPack& pack, std::span<const float> sound, double seconds) {
  features::FeatureExtractor extractor(pack.features);
  const auto frame = static_cast<std::size_t>(pack.features.frame_samples());
  const auto hop = static_cast<std::size_t>(pack.features.hop_samples());
  std::vector<float> row(static_cast<std::size_t>(pack.features.bins()));
  std::size_t at = 0;
  return percentiles(durations(seconds, [&] {
    extractor.extract(sound.subspan(at, frame), row);
    at = at + hop + frame <= sound.size() ? at + hop : 0;
  }));
}

Percentiles window(const pack::ModelPack& pack, const features::FeatureMatrix& rows,
                   double seconds) {
  engine::Plan plan(pack.model, {.execution = engine::Execution::kWholeWindow});
  const auto context = std::span(rows.values).first(plan.frames() * plan.bins());
  std::vector<float> posteriors(plan.labels());
  return percentiles(durations(seconds, [&] { plan.run_window(context, posteriors); }));
}

Percentiles hop(const pack::ModelPack& pack, const features::FeatureMatrix& rows,
                engine::Execution execution, double seconds) {
  engine::Plan plan(pack.model, {.execution = execution});
  std::vector<float> posteriors(plan.labels());
  std::size_t next = 0;
  const auto push = [&] {
    plan.push(rows.row(next), posteriors);
    next = (next + 1) % rows.frames;
  };
  for (std::size_t i = 0; i < 2 * plan.frames(); ++i) push();
  return percentiles(durations(seconds, push));
}

double us_per_hop(const pack::ModelPack& pack, engine::Execution execution, std::size_t streams,
                  double seconds) {
  StreamCrowd crowd(pack, execution, streams);
  return median(durations(seconds, [&] { crowd.hop(); })) / static_cast<double>(streams);
}

/// A hop costs the more, the more streams push each other out of the caches. So many as one stream
/// alone would allow are measured; what that cost allows is carried for certain.
std::size_t streams_per_core(const pack::ModelPack& pack, engine::Execution execution,
                             std::size_t arena_bytes, double seconds) {
  const double hop_us = 1000.0 * pack.features.hop_ms;
  const auto carried = [&](std::size_t streams) {
    return static_cast<std::size_t>(hop_us / us_per_hop(pack, execution, streams, seconds));
  };
  const std::size_t room =
      std::clamp<std::size_t>(kMostCrowdBytes / arena_bytes, 1, kMostCrowdStreams);
  return carried(std::clamp<std::size_t>(carried(1), 1, room));
}

}  // namespace

Percentiles percentiles(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  const auto at = [&](std::size_t percent) {
    return values[(values.size() * percent + 99) / 100 - 1];
  };
  return {.p50 = at(50), .p95 = at(95), .p99 = at(99)};
}

LatencyReport measure_latency(const std::filesystem::path& model, const LatencyOptions& options) {
  LatencyReport report;
  const auto any_sound = noise(kAnySoundSamples, Random(1));
  std::optional<pack::ModelPack> pack;
  std::optional<lane::Lane> lane;
  const auto loads = durations(kLoadShare * options.seconds, [&] {
    pack = pack::load(model);
    lane.emplace(*pack, pack->decide, options.execution);
    std::span<const float> rest;
    for (std::optional<lane::Hop> hop; !hop || hop->posteriors.empty();) {
      if (rest.empty()) rest = any_sound;
      rest = rest.subspan(lane->feed(rest, hop));
    }
  });
  report.first_load_ms = loads.front() / 1000.0;
  report.load_ms = median(loads) / 1000.0;
  report.arena_bytes = lane->arena_bytes();
  report.resident_bytes = resident_memory();
  lane.reset();

  const features::FeatureSpec& spec = pack->features;
  const std::int64_t context = pack->model.graph.input_shape().time;
  const auto sound = noise(static_cast<std::size_t>(spec.samples_of(2 * context)), Random(2));
  const auto rows = features::FeatureExtractor(spec).extract_clip(sound);
  report.hop_ms = spec.hop_ms;
  report.front_end_us = front_end(*pack, sound, kFrontEndShare * options.seconds);
  report.window_us = window(*pack, rows, kWindowShare * options.seconds);
  report.hop_us = hop(*pack, rows, options.execution, kHopShare * options.seconds);
  report.streams_per_core = streams_per_core(*pack, options.execution, report.arena_bytes,
                                             kStreamsShare * options.seconds);
  return report;
}

}  // namespace kws::measure
