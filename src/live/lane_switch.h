// SPDX-License-Identifier: MIT
//
// How a lane gets into a running recogniser and out again: built and warmed on the control thread,
// handed over by one pointer, and destroyed where it was built.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/realtime.h"
#include "base/units.h"
#include "lane/lane.h"
#include "live/sample_history.h"
#include "live/telemetry.h"
#include "pack/model_pack.h"

namespace kws::live {

/// A lane and what the recogniser must know about it.
struct LiveLane {
  /// `model` is its index on the command line. Throws ModelError as lane::Lane does, and when the
  /// model has more than kMaxLabels labels.
  LiveLane(const pack::ModelPack& pack, const decide::Settings& settings, std::uint32_t model,
           engine::Execution execution = engine::Execution::kIncremental);

  lane::Lane lane;
  std::uint32_t model;
  Name name;
  Hertz rate;
  SamplePosition frame_samples;
  SamplePosition hop_samples;
  SamplePosition refractory_samples;
  SamplePosition smoothing_samples;

  /// Start or gap that its frames are counted from: two lanes that agree here have the same hops.
  SamplePosition origin = 0;
  /// The newest detection while it was being warmed: perhaps a word that the old lane was about to
  /// report and will not.
  std::optional<decide::Detection> late;
  /// Set on the way back when it came too late to be used: warm it again.
  bool stale = false;

  /// Sound that a newcomer should have heard: a context, the smoothing window before it, and the
  /// refractory time, so that it also knows what has just been said.
  [[nodiscard]] SamplePosition warm_up_samples() const noexcept {
    return lane.history_samples() + refractory_samples;
  }
};

/// Feeds `fresh` with the history up to the latest published hop, on the hop grid of the history's
/// origin, so that it stands as if it had run from there. Goes on where an earlier call ended, if
/// that can be. False when the history was overwritten or broken meanwhile: call again. Allocates;
/// control thread.
[[nodiscard]] bool warm(LiveLane& fresh, const SampleHistory& history);

/// The place where they meet. One control thread, one recogniser.
class LaneSwitch {
 public:
  LaneSwitch() = default;
  ~LaneSwitch();
  LaneSwitch(const LaneSwitch&) = delete;
  LaneSwitch& operator=(const LaneSwitch&) = delete;

  /// Control thread. An earlier offer that was not taken yet comes back.
  std::unique_ptr<LiveLane> offer(std::unique_ptr<LiveLane> fresh) noexcept;

  /// Control thread. The lane that was replaced, or a stale one that was refused; null if none.
  [[nodiscard]] std::unique_ptr<LiveLane> collect() noexcept;

  /// Recogniser. What was offered, if there is room to give something back; else null.
  [[nodiscard]] LiveLane* take() noexcept KWS_REALTIME;

  /// Recogniser, once after each take() that gave something.
  void give_back(LiveLane* old) noexcept KWS_REALTIME;

 private:
  // Each exchange releases what its thread did to the lane and acquires what the other did.
  std::atomic<LiveLane*> incoming_{nullptr};
  std::atomic<LiveLane*> outgoing_{nullptr};
};

}  // namespace kws::live
