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
#include <vector>

#include "base/realtime.h"
#include "base/units.h"

namespace kws::audio {

struct Device {
  int index = 0;  // PortAudio's
  std::string name;
  std::string host;  // "ALSA", "JACK Audio Connection Kit", …
  int channels = 0;  // inputs
  Hertz default_rate;
  bool is_default = false;
};

/// Devices that can record. Throws DeviceError when PortAudio cannot start.
[[nodiscard]] std::vector<Device> input_devices();

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
  ~Microphone();
  Microphone(const Microphone&) = delete;
  Microphone& operator=(const Microphone&) = delete;

  [[nodiscard]] const Device& device() const;
  [[nodiscard]] Hertz rate() const;

  /// Takes what has come, mono, at rate(); never waits. Consumer thread only.
  [[nodiscard]] std::size_t read(std::span<float> into) noexcept KWS_REALTIME;

  /// When the newest sample in the ring was captured (steady clock); nullopt before the first.
  [[nodiscard]] std::optional<std::chrono::steady_clock::time_point> newest_capture() const noexcept
      KWS_REALTIME;

  [[nodiscard]] std::size_t ring_fill() const noexcept KWS_REALTIME;
  [[nodiscard]] std::size_t ring_capacity() const noexcept KWS_REALTIME;
  /// Samples lost because the ring was full, and overflows that the device reported.
  [[nodiscard]] std::uint64_t dropped_samples() const noexcept KWS_REALTIME;
  [[nodiscard]] std::uint64_t device_overflows() const noexcept KWS_REALTIME;

  /// False once the device is gone: the stream finished, is not active, or the last callback is
  /// older than 3 s. Not real-time.
  [[nodiscard]] bool alive() const;

 private:
  struct Stream;
  std::unique_ptr<Stream> stream_;
};

}  // namespace kws::audio
