// SPDX-License-Identifier: MIT
//
// How long a model takes on this machine, stage by stage, how much memory it wants and how many
// streams one core could carry. One thread, white noise for sound: no stage's time depends on what
// is heard. `kws bench` prints it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "engine/plan.h"

namespace kws::measure {

/// Of single calls, in microseconds.
struct Percentiles {
  double p50 = 0.0;
  double p95 = 0.0;
  double p99 = 0.0;
};

/// By nearest rank: the smallest value that so many per cent do not exceed. All 0 of no values.
[[nodiscard]] Percentiles percentiles(std::vector<double> values);

struct LatencyOptions {
  double seconds = 2.0;  // for everything, roughly; slow machines take a few calls of each longer
  engine::Execution execution = engine::Execution::kIncremental;  // of hops
};

struct LatencyReport {
  Percentiles front_end_us;          // one feature row
  Percentiles window_us;             // a whole context, computed anew
  Percentiles hop_us;                // one more row, once the stream runs; without the front end
  double load_ms = 0.0;              // file to first posterior, the first context heard at once
  double first_load_ms = 0.0;        // the same for the first time: libraries wake up
  std::size_t arena_bytes = 0;       // of one stream
  std::uint64_t resident_bytes = 0;  // of this process, model loaded; 0 where that is unknown
  double hop_ms = 0.0;               // how often a hop is due
  /// Streams of one plan that one core carries at real time, front end included. Measured with at
  /// least so many in turn, or with a crowd as large as the limits below allow.
  std::size_t streams_per_core = 0;
};

/// Of a crowd of streams: more than most processors' caches hold, little enough for small machines.
inline constexpr std::size_t kMostCrowdBytes = std::size_t{128} << 20;
inline constexpr std::size_t kMostCrowdStreams = 512;

/// Loads `model` many times. Throws what pack::load and lane::Lane throw.
[[nodiscard]] LatencyReport measure_latency(const std::filesystem::path& model,
                                            const LatencyOptions& options = {});

}  // namespace kws::measure
