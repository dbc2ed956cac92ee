// SPDX-License-Identifier: MIT
//
// Where live sound comes from: a boundary that can be replaced. Behind it are the microphone, a
// recording, a pipe, and one day a helper process with a shared ring.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/realtime.h"
#include "base/units.h"

namespace kws::live {

using TimePoint = std::chrono::steady_clock::time_point;

/// wait() and read() belong to the recogniser thread; the others may be called from any.
class Source {
 public:
  struct Block {
    std::span<const float> samples;         // at the model's rate; valid until the next read()
    std::optional<TimePoint> captured;      // when the last of them was; none if no clock drives it
    bool overrun = false;                   // sound was lost before the first of them:
    SamplePosition lost_samples = 0;        //   how much at the model's rate; 0: nobody knows
    std::uint64_t lost_device_samples = 0;  // and at the device's
    bool ended = false;                     // nothing will come after `samples`
  };

  virtual ~Source() = default;

  /// Returns when `wanted` more samples may have come, or after 50 ms at the latest. The only place
  /// where the recogniser thread sleeps.
  virtual void wait(std::size_t wanted) noexcept = 0;

  /// Takes what has come; never waits.
  [[nodiscard]] virtual Block read() noexcept KWS_REALTIME = 0;

  /// What has come and was not read yet, as a part of the room there is: 0..1.
  [[nodiscard]] virtual double fill() const noexcept KWS_REALTIME = 0;

  /// True when the sound comes by the clock, whether it is read or not.
  [[nodiscard]] virtual bool paced() const noexcept = 0;

  /// While paused, a recording stands still. A microphone cannot: its sound still comes, and the
  /// reader drops it (true).
  [[nodiscard]] virtual bool runs_while_paused() const noexcept = 0;
  virtual void set_paused(bool paused) noexcept = 0;

  /// False once the device is gone. Not real-time.
  [[nodiscard]] virtual bool alive() const { return true; }
  [[nodiscard]] virtual std::uint64_t loops() const noexcept KWS_REALTIME { return 0; }
  [[nodiscard]] virtual std::uint64_t non_finite_samples() const noexcept KWS_REALTIME { return 0; }

  /// For people: "file demo.flac", "mic USB Audio (48 kHz)".
  [[nodiscard]] virtual std::string name() const = 0;
  /// After the end: what was wrong with it without stopping it ("" if nothing).
  [[nodiscard]] virtual std::string notice() const { return {}; }
  /// After the end: throws what ended it before its time, if anything did.
  virtual void rethrow() const {}
};

}  // namespace kws::live
