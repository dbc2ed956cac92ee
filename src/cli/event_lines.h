// SPDX-License-Identifier: MIT
//
// What `kws listen` prints: one line an event, for people or as JSON for programs.
#pragma once

#include <string>
#include <vector>

#include "live/telemetry.h"

namespace kws::cli {

/// JSON: {"event":"detection","keyword","score","start_s","end_s","time_s","latency_ms","model"}.
[[nodiscard]] std::string detection_json(const live::DetectionEvent& event);
[[nodiscard]] std::string detection_text(const live::DetectionEvent& event);

/// JSON: {"event":"posteriors","time_s","model","posteriors":{label: value, …}}.
[[nodiscard]] std::string posteriors_json(const live::PosteriorEvent& event, double sample_rate_hz,
                                          const live::ModelInfo& model);
/// The three most probable labels.
[[nodiscard]] std::string posteriors_text(const live::PosteriorEvent& event, double sample_rate_hz,
                                          const live::ModelInfo& model);

/// JSON: {"event":"summary","audio_s","hops","detections","dropped_hops","overruns"}.
[[nodiscard]] std::string summary_json(const live::State& state);
[[nodiscard]] std::string summary_text(const live::State& state);

}  // namespace kws::cli
