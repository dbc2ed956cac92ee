// SPDX-License-Identifier: MIT
//
// Keeps everything that telemetry's streams gave, as values that can be compared.
#pragma once

#include <string>
#include <vector>

#include "live/telemetry.h"

namespace kws::testing {

/// One hop's posteriors.
struct HeardPosteriors {
  std::uint64_t end = 0;
  std::uint32_t lane = 0;
  std::vector<float> values;
  bool operator==(const HeardPosteriors&) const = default;
};

/// A detection without its latency, which is never the same twice.
struct HeardDetection {
  std::string keyword;
  std::string model;
  float score = 0.0F;
  double start_s = 0.0;
  double end_s = 0.0;
  double time_s = 0.0;
  bool operator==(const HeardDetection&) const = default;
};

class Onlooker {
 public:
  explicit Onlooker(const live::Telemetry& telemetry)
      : posteriors_(telemetry.posteriors, 0),
        detections_(telemetry.detections, 0),
        rows_(telemetry.rows, 0) {}

  void look() {
    for (live::PosteriorEvent event; posteriors_.next(event);) {
      posteriors.push_back({event.end,
                            event.lane,
                            {event.posteriors.begin(), event.posteriors.begin() + event.labels}});
    }
    for (live::DetectionEvent event; detections_.next(event);) {
      detections.push_back({std::string(event.keyword.view()), std::string(event.model.view()),
                            event.score, event.start_s, event.end_s, event.time_s});
      latencies_ms.push_back(event.latency_ms);
    }
    for (live::RowEvent event; rows_.next(event);) rows.push_back(event);
  }

  /// Rows are for the eye and may be missed.
  [[nodiscard]] std::uint64_t missed() const { return posteriors_.missed() + detections_.missed(); }
  [[nodiscard]] std::uint64_t posteriors_position() const { return posteriors_.position(); }
  [[nodiscard]] std::uint64_t detections_position() const { return detections_.position(); }

  std::vector<HeardPosteriors> posteriors;
  std::vector<HeardDetection> detections;
  std::vector<double> latencies_ms;
  std::vector<live::RowEvent> rows;

 private:
  EventRing<live::PosteriorEvent>::Reader posteriors_;
  EventRing<live::DetectionEvent>::Reader detections_;
  EventRing<live::RowEvent>::Reader rows_;
};

}  // namespace kws::testing
