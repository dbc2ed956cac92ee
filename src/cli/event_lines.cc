// SPDX-License-Identifier: MIT
#include "cli/event_lines.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <numeric>

#include "base/text.h"

namespace kws::cli {
namespace {

using Json = nlohmann::ordered_json;

/// Decimals that mean something: a sample lasts 21 us or longer.
double rounded(double value, int decimals) {
  const double scale = std::pow(10.0, decimals);
  return std::round(value * scale) / scale;
}

std::string line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

template <typename... Values>
std::string format(const char* pattern, Values... values) {
  char text[256];
  std::snprintf(text, sizeof text, pattern, values...);
  return text;
}

}  // namespace

std::string detection_json(const live::DetectionEvent& event) {
  return line({{"event", "detection"},
               {"keyword", event.keyword.view()},
               {"score", rounded(static_cast<double>(event.score), 6)},
               {"start_s", rounded(event.start_s, 6)},
               {"end_s", rounded(event.end_s, 6)},
               {"time_s", rounded(event.time_s, 6)},
               {"latency_ms", rounded(event.latency_ms, 3)},
               {"model", event.model.view()}});
}

std::string detection_text(const live::DetectionEvent& event) {
  return format("%9.3f s  %-12s %3.0f %%   heard from %.3f to %.3f s, %.1f ms later", event.time_s,
                printable(event.keyword.view()).c_str(), 100.0 * static_cast<double>(event.score),
                event.start_s, event.end_s, event.latency_ms);
}

std::string posteriors_json(const live::PosteriorEvent& event, double sample_rate_hz,
                            const live::ModelInfo& model) {
  Json values = Json::object();
  for (std::size_t i = 0; i < std::min<std::size_t>(event.labels, model.labels.size()); ++i) {
    values[model.labels[i]] = rounded(static_cast<double>(event.posteriors[i]), 6);
  }
  return line({{"event", "posteriors"},
               {"time_s", rounded(static_cast<double>(event.end) / sample_rate_hz, 6)},
               {"model", model.name},
               {"posteriors", std::move(values)}});
}

std::string posteriors_text(const live::PosteriorEvent& event, double sample_rate_hz,
                            const live::ModelInfo& model) {
  std::vector<std::size_t> order(std::min<std::size_t>(event.labels, model.labels.size()));
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto shown = std::min<std::size_t>(order.size(), 3);
  std::partial_sort(
      order.begin(), order.begin() + static_cast<std::ptrdiff_t>(shown), order.end(),
      [&event](std::size_t a, std::size_t b) { return event.posteriors[a] > event.posteriors[b]; });
  std::string text = format("%9.3f s ", static_cast<double>(event.end) / sample_rate_hz);
  for (std::size_t i = 0; i < shown; ++i) {
    text += format("  %s %.0f %%", printable(model.labels[order[i]]).c_str(),
                   100.0 * static_cast<double>(event.posteriors[order[i]]));
  }
  return text;
}

std::string summary_json(const live::State& state) {
  return line({{"event", "summary"},
               {"audio_s", rounded(state.audio_s, 6)},
               {"hops", state.hops},
               {"detections", state.detections},
               {"dropped_hops", state.dropped_hops},
               {"overruns", state.overruns}});
}

std::string summary_text(const live::State& state) {
  return format("%.3f s heard, %llu hops, %llu detections, %llu dropped hops, %llu overruns",
                state.audio_s, static_cast<unsigned long long>(state.hops),
                static_cast<unsigned long long>(state.detections),
                static_cast<unsigned long long>(state.dropped_hops),
                static_cast<unsigned long long>(state.overruns));
}

}  // namespace kws::cli
