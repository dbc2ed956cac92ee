// SPDX-License-Identifier: MIT
//
// What there is to record from, and which of it a person means.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/units.h"

namespace kws::audio {

struct Device {
  int index = 0;  // PortAudio's
  std::string name;
  std::string host;  // "ALSA", "JACK Audio Connection Kit", …
  int channels = 0;  // inputs
  Hertz default_rate;
  bool is_default = false;
  /// False for what only stands for a device (ALSA's default, plug, pulse, pipewire, file): it
  /// takes any rate and converts, so `default_rate` says nothing about the microphone.
  bool has_native_rate = true;
};

/// Devices that can record. Throws DeviceError when PortAudio cannot start.
[[nodiscard]] std::vector<Device> input_devices();

/// `wanted`: "" is the default device (the first one where none is marked), digits are an index,
/// else a name, or a part of exactly one name, in any case of letters. Throws DeviceError that
/// lists what there is.
[[nodiscard]] const Device& select_device(std::span<const Device> devices,
                                          const std::string& wanted);

/// Why there is none and what to do, for a message: looks at /dev/snd.
[[nodiscard]] std::string no_microphone();

/// PortAudio wears a process out: every initialisation leaks some memory, and a stream that cannot
/// be stopped stays. A service that reconnects for days restarts itself after some of these.
struct PortAudioWear {
  std::uint64_t initialisations = 0;
  std::uint64_t abandoned_streams = 0;
};
[[nodiscard]] PortAudioWear portaudio_wear() noexcept;

}  // namespace kws::audio
