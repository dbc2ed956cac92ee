// SPDX-License-Identifier: MIT
//
// What leaves the recogniser for onlookers: state as a Snapshot where the latest wins, streams as
// EventRings whose gaps are counted. Plain values of fixed size, so that publishing is a copy and a
// socket may carry them. The dashboard reads these and commands.h, nothing else.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/event_ring.h"
#include "base/snapshot.h"
#include "base/units.h"

namespace kws::live {

inline constexpr std::size_t kMaxLabels = 64;
inline constexpr std::size_t kMaxBins = 64;  // of the spectrogram strip, see RowEvent
inline constexpr std::size_t kMaxNameBytes = 64;

/// Text of fixed room, always terminated; longer text is cut.
struct Name {
  std::array<char, kMaxNameBytes> bytes{};
  Name() = default;
  explicit Name(std::string_view text) {
    const auto count = text.copy(bytes.data(), bytes.size() - 1);
    bytes[count] = '\0';
  }
  [[nodiscard]] std::string_view view() const { return bytes.data(); }
};

/// The stages that have a clock.
enum class Stage : std::uint8_t { kCapture, kFeatures, kInference, kDecision, kEndToEnd };
inline constexpr std::size_t kStages = 5;
[[nodiscard]] constexpr std::string_view to_string(Stage stage) {
  constexpr std::array<std::string_view, kStages> kNames{"capture", "features", "inference",
                                                         "decision", "end to end"};
  return kNames[static_cast<std::size_t>(stage)];
}

struct StageClock {
  std::uint64_t count = 0;
  double p50_us = 0.0;
  double p95_us = 0.0;
  double p99_us = 0.0;
  double max_us = 0.0;
};

/// Everything about the present. Published after every hop.
struct State {
  std::uint64_t hops = 0;
  std::uint64_t position = 0;  // samples at the model's rate since the start
  double audio_s = 0.0;
  double sample_rate_hz = 0.0;
  double hop_ms = 0.0;

  // Which model is at work, and the labels that `posteriors` count. `lane` is the index of the
  // model on the command line; `generation` grows with every swap.
  std::uint32_t lane = 0;
  std::uint32_t generation = 0;
  std::uint32_t labels = 0;
  std::array<float, kMaxLabels> posteriors{};
  std::array<float, kMaxLabels> scores{};      // smoothed: what thresholds are compared with
  std::array<float, kMaxLabels> thresholds{};  // above 1: no keyword
  bool warming_up = true;

  // Sound of the last hop.
  float peak = 0.0F;  // amplitude 0..1 (above: clipped)
  float rms = 0.0F;
  bool clipped = false;

  std::array<StageClock, kStages> clocks{};

  // Losses. All counted since the start.
  std::uint64_t overruns = 0;         // times that the ring or the device overflowed
  std::uint64_t dropped_samples = 0;  // at the device's rate
  std::uint64_t dropped_hops = 0;     // hops that were never computed because of them
  std::uint64_t non_finite_samples = 0;
  std::uint64_t detections = 0;

  double ring_fill = 0.0;  // 0..1
  std::uint64_t resident_bytes = 0;
  std::uint64_t arena_bytes = 0;

  bool paused = false;
  bool source_ended = false;
  bool source_lost = false;
  std::uint64_t loops = 0;  // times that a file began again
};

/// One feature row, for the spectrogram strip: log-mel energies of the sound (also when the model
/// itself uses MFCC), lowest band first.
struct RowEvent {
  std::uint64_t end = 0;  // position behind the row's last sample
  std::uint32_t bins = 0;
  std::array<float, kMaxBins> values{};
};

struct DetectionEvent {
  Name keyword;
  Name model;
  std::uint32_t label = 0;
  float score = 0.0F;
  double start_s = 0.0;
  double end_s = 0.0;
  double time_s = 0.0;
  double latency_ms = 0.0;  // from capture of the last sample needed to this event
};

/// Posteriors of one hop (`kws listen --posteriors`).
struct PosteriorEvent {
  std::uint64_t end = 0;
  std::uint32_t lane = 0;
  std::uint32_t labels = 0;
  std::array<float, kMaxLabels> posteriors{};
};

/// The live end of it. The recogniser writes; one thread reads `state`, any number may have
/// Readers.
struct Telemetry {
  Snapshot<State> state;
  EventRing<RowEvent> rows{256};
  EventRing<PosteriorEvent> posteriors{1024};
  EventRing<DetectionEvent> detections{256};
};

/// What does not change while a model is loaded.
struct ModelInfo {
  std::string name;
  std::string path;
  std::vector<std::string> labels;
  std::string features;  // "logmel 40, 40/20 ms, 20-7600 Hz"
  std::int64_t parameters = 0;
  std::int64_t macs = 0;
  std::size_t file_bytes = 0;
  std::string kernels;  // the instruction set they are made for: "avx2"
};

}  // namespace kws::live
