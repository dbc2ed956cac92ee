// SPDX-License-Identifier: MIT
//
// The microphone through PortAudio (the only folder that includes it). The device's callback
// mixes to mono, puts samples into a ring and never waits; what does not fit is counted.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "audio/devices.h"
#include "base/realtime.h"
#include "base/units.h"

namespace kws::audio {

struct MicrophoneOptions {
  /// "" (default device), an index, or a name or part of one (case-insensitive).
  std::string device;
  /// 0: the native rate of a hardware device; `preferred_rate` for a virtual one (ALSA plug, pulse,
  /// pipewire, file), which has none of its own.
  Hertz rate{0.0};
  Hertz preferred_rate{16000.0};
  std::chrono::milliseconds ring{2000};  // room between callback and reader
};

class Microphone {
 public:
  /// Opens and starts. Throws DeviceError naming the device, what was tried and what there is.
  explicit Microphone(const MicrophoneOptions& options);
  /// Takes at most 2 s, also when the device hangs.
  ~Microphone();
  Microphone(const Microphone&) = delete;
  Microphone& operator=(const Microphone&) = delete;

  [[nodiscard]] const Device& device() const;
  [[nodiscard]] Hertz rate() const;

  /// Takes what has come, mono, at rate(); never waits. Consumer thread only.
  [[nodiscard]] std::size_t read(std::span<float> into) noexcept KWS_REALTIME;

  /// When the last sample that read() gave was captured (steady clock), by PortAudio's account
  /// where that is plausible, else when its block arrived; nullopt before the first. Consumer
  /// thread only.
  [[nodiscard]] std::optional<std::chrono::steady_clock::time_point> last_read_capture()
      const noexcept KWS_REALTIME;

  /// When the newest sample in the ring was captured; nullopt before the first.
  [[nodiscard]] std::optional<std::chrono::steady_clock::time_point> newest_capture() const noexcept
      KWS_REALTIME;

  [[nodiscard]] std::size_t ring_fill() const noexcept KWS_REALTIME;
  [[nodiscard]] std::size_t ring_capacity() const noexcept KWS_REALTIME;
  /// All that the device delivered, lost samples included.
  [[nodiscard]] std::uint64_t delivered_samples() const noexcept KWS_REALTIME;
  /// Samples lost because the ring was full, and overflows that the device reported.
  [[nodiscard]] std::uint64_t dropped_samples() const noexcept KWS_REALTIME;
  [[nodiscard]] std::uint64_t device_overflows() const noexcept KWS_REALTIME;

  /// False once the device is gone: the stream finished, is not active, or the last callback is
  /// older than 3 s (the first may take 6 s), or the samples run away. Not real-time.
  [[nodiscard]] bool alive() const;

 private:
  struct Stream;
  // Shared with the thread that closes it: a stream that hangs for good is left to that thread.
  std::shared_ptr<Stream> stream_;
};

}  // namespace kws::audio
