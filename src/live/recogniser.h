// SPDX-License-Identifier: MIT
//
// The heart of live recognition, on one thread: sound goes in, and State, feature rows, posteriors
// and detections come out through Telemetry. It never allocates, locks, waits or throws; whatever
// does (files, devices, models) stands around it in session.h.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/realtime.h"
#include "base/units.h"
#include "features/extractor.h"
#include "lane/lane.h"
#include "live/lane_switch.h"
#include "live/level_meter.h"
#include "live/sample_history.h"
#include "live/stage_clocks.h"
#include "live/telemetry.h"

namespace kws::live {

using TimePoint = std::chrono::steady_clock::time_point;

/// What State tells about the world around the recogniser; its owner keeps it up to date.
struct Surroundings {
  double ring_fill = 0.0;
  std::uint64_t loops = 0;
  std::uint64_t resident_bytes = 0;
  std::uint64_t non_finite_samples = 0;  // that the source replaced
  bool paused = false;
  bool source_ended = false;
  bool source_lost = false;
};

class Recogniser {
 public:
  struct Options {
    /// Sound to remember for warming new lanes; never less than twice what the first lane needs.
    std::size_t history_samples = 8 * 16000;
    /// Compute RowEvents: one FFT a hop, for whoever looks.
    bool rows = true;
  };

  /// Starts at position 0 with `first`, whose sample rate is the recogniser's for good. Throws what
  /// features::FeatureExtractor throws. `telemetry` must outlive it.
  Recogniser(std::unique_ptr<LiveLane> first, const Options& options, Telemetry& telemetry);
  ~Recogniser();
  Recogniser(const Recogniser&) = delete;
  Recogniser& operator=(const Recogniser&) = delete;

  /// The sound goes on. `captured` is when the last of `samples` was captured; without it (a file
  /// that runs as fast as it can) the capture and end-to-end clocks stand still. Samples that are
  /// not finite are heard as 0 and counted.
  void push(std::span<const float> samples,
            std::optional<TimePoint> captured) noexcept KWS_REALTIME;

  /// The next `samples` never came: a gap, after which the lane starts afresh, so that sound from
  /// before and after is never mixed. 0 when nobody knows how many. `device_samples`: the same at
  /// the device's rate.
  void lose(SamplePosition samples, std::uint64_t device_samples) noexcept KWS_REALTIME;

  /// The next `samples` were not wanted (paused): a gap that is no loss.
  void skip(SamplePosition samples) noexcept KWS_REALTIME;

  /// Nothing came, but a new lane may have, or the surroundings changed: publishes State if so.
  void idle() noexcept KWS_REALTIME;

  /// Publishes State once more, with all percentiles up to date.
  void finish() noexcept KWS_REALTIME;

  /// Samples until the lane has its next hop.
  [[nodiscard]] std::size_t samples_to_next_hop() const noexcept KWS_REALTIME;

  [[nodiscard]] SamplePosition position() const noexcept KWS_REALTIME { return history_.end(); }
  [[nodiscard]] Hertz rate() const noexcept KWS_REALTIME { return rate_; }
  [[nodiscard]] Surroundings& surroundings() noexcept KWS_REALTIME { return surroundings_; }

  // From any thread.
  [[nodiscard]] const SampleHistory& history() const noexcept { return history_; }
  [[nodiscard]] LaneSwitch& lanes() noexcept { return lanes_; }
  /// Moves the thresholds of the lane at work, before its next hop.
  void shift_thresholds(float delta) noexcept;

 private:
  void feed(std::span<const float> samples) noexcept KWS_REALTIME;
  void show_row(std::span<const float> samples) noexcept KWS_REALTIME;
  void finish_hop(const lane::Hop& hop, TimePoint begun) noexcept KWS_REALTIME;
  void detected(const decide::Detection& detection, TimePoint begun) noexcept KWS_REALTIME;
  bool move_thresholds() noexcept KWS_REALTIME;  // true: there was something to do
  void put_to_work(LiveLane* lane) noexcept KWS_REALTIME;
  void take_lane() noexcept KWS_REALTIME;
  void restart(SamplePosition position) noexcept KWS_REALTIME;
  void publish() noexcept KWS_REALTIME;
  [[nodiscard]] std::optional<TimePoint> captured_at(SamplePosition position) const noexcept
      KWS_REALTIME;

  Telemetry& telemetry_;
  Hertz rate_;
  std::unique_ptr<LiveLane> at_work_;  // exchanged with lanes_, never destroyed while running
  SampleHistory history_;
  LaneSwitch lanes_;
  std::atomic<float> threshold_shift_{0.0F};  // asked for and not done yet

  // The block being pushed, for captured_at().
  SamplePosition block_end_ = 0;
  std::optional<TimePoint> block_captured_;
  std::array<float, SampleHistory::kMaxAppend> scratch_{};  // finite samples

  // Detections. After a swap the newcomer keeps the silence that its predecessor's last word asks
  // for.
  std::optional<SamplePosition> last_detection_;
  SamplePosition silent_until_ = 0;

  // The spectrogram strip.
  bool rows_wanted_;
  features::FeatureStream rows_;
  SamplePosition row_end_ = 0;  // of the next row

  LevelMeter levels_;
  StageClocks clocks_;
  Surroundings surroundings_;
  std::uint64_t non_finite_ = 0;
  State state_;  // what is published next
};

}  // namespace kws::live
