// SPDX-License-Identifier: MIT
//
// PortAudio switched on, as long as an object of this class lives. Everything in this folder that
// calls PortAudio holds one. PortAudio is not thread-safe: calls that open, close or list go under
// portaudio_lock().
#pragma once

#include <memory>
#include <mutex>
#include <string>

namespace kws::audio {

class PortAudioSession {
 public:
  /// The first session initialises PortAudio (which opens every device to see what it can do), the
  /// last one terminates it; devices that were plugged in between are seen by the next first one.
  /// Throws DeviceError.
  PortAudioSession();
  ~PortAudioSession();
  PortAudioSession(const PortAudioSession&) = delete;
  PortAudioSession& operator=(const PortAudioSession&) = delete;
};

[[nodiscard]] std::unique_lock<std::mutex> portaudio_lock();

/// PortAudio's words for an error, and the host's (ALSA, JACK) where it has some. `error` is a
/// PaError.
[[nodiscard]] std::string portaudio_error(int error);

/// Counts a stream that does not let itself be stopped, and keeps what its callback uses until the
/// process ends (null: somebody else does).
void abandon_stream(std::shared_ptr<void> stream);

}  // namespace kws::audio
