// SPDX-License-Identifier: MIT
//
// Whether a capture stream still lives. No fault of a device raises an error in PortAudio 19.6: a
// pulled plug shows as a finished stream, as one that is no longer active, or as mere silence of
// the callback, and a file device at its end delivers stale data without end. Called by
// Microphone::alive().
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/units.h"

namespace kws::audio {

class Liveness {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  Liveness(Hertz rate, TimePoint started);

  struct Signs {
    bool finished = false;                // the finished callback came
    bool active = true;                   // Pa_IsStreamActive
    std::optional<TimePoint> last_block;  // nullopt before the first
    std::uint64_t delivered = 0;          // samples
  };
  /// Once false, always false.
  [[nodiscard]] bool check(const Signs& signs, TimePoint now);

 private:
  double rate_hz_;
  TimePoint started_;
  // Where the speed is measured from.
  TimePoint marked_at_;
  std::uint64_t marked_delivered_ = 0;
  bool dead_ = false;
};

}  // namespace kws::audio
