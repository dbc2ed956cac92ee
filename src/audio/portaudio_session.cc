// SPDX-License-Identifier: MIT
#include "audio/portaudio_session.h"

#include <dlfcn.h>
#include <pa_linux_alsa.h>
#include <portaudio.h>

#include <atomic>
#include <utility>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
#endif

#include "audio/devices.h"
#include "base/error.h"
#include "base/text.h"

namespace kws::audio {
namespace {

/// Periods in a device's buffer. The period is the latency, the buffer what a late callback thread
/// may cost before sound is lost: more periods are free.
constexpr int kPeriods = 8;

struct State {
  std::mutex mutex;
  int sessions = 0;
  std::atomic<std::uint64_t> initialisations{0};
  std::atomic<std::uint64_t> abandoned{0};
  std::vector<std::shared_ptr<void>> left_behind;
};

/// Never destroyed: a stream that was left behind may still run while the process exits.
State& state() {
  static State& the_state = *new State;
  return the_state;
}

extern "C" {
using AlsaHandler = void (*)(const char* file, int line, const char* function, int error,
                             const char* format, ...);
using JackHandler = void (*)(const char* message);
static void ignore_alsa(const char*, int, const char*, int, const char*, ...) {}
static void ignore_jack(const char*) {}
}

template <typename Handler>
void set_handler(const char* setter_name, Handler handler) {
  if (void* found = ::dlsym(RTLD_DEFAULT, setter_name)) {
    reinterpret_cast<void (*)(Handler)>(found)(handler);
  }
}

/// While PortAudio looks at every device there might be, ALSA and JACK print dozens of lines on
/// stderr about those that are not there. Both take a handler instead. They are libraries of
/// PortAudio's, not ours, so their setters are looked up in the running process: a PortAudio built
/// without one of them works too.
void silence_probing() {
  set_handler<AlsaHandler>("snd_lib_error_set_handler", ignore_alsa);
  set_handler<JackHandler>("jack_set_error_function", ignore_jack);
  set_handler<JackHandler>("jack_set_info_function", ignore_jack);
}

/// Pa_Initialize, whose leaks (~13 KiB each time, inside ALSA's plugins and JACK) a leak checker
/// would put down to us.
PaError initialise() {
#if defined(__SANITIZE_ADDRESS__)
  const __lsan::ScopedDisabler theirs;
#endif
  return ::Pa_Initialize();
}

}  // namespace

std::unique_lock<std::mutex> portaudio_lock() { return std::unique_lock(state().mutex); }

PortAudioSession::PortAudioSession() {
  const auto lock = portaudio_lock();
  if (state().sessions == 0) {
    silence_probing();
    if (const PaError error = initialise(); error != paNoError) {
      throw DeviceError("PortAudio does not start: " + portaudio_error(error));
    }
    silence_probing();  // JACK's were set by PortAudio meanwhile
    ::PaAlsa_SetNumPeriods(kPeriods);
    state().initialisations.fetch_add(1, std::memory_order_relaxed);
  }
  ++state().sessions;
}

PortAudioSession::~PortAudioSession() {
  const auto lock = portaudio_lock();
  if (--state().sessions == 0) ::Pa_Terminate();
}

std::string portaudio_error(int error) {
  std::string text = ::Pa_GetErrorText(error);
  if (error == paUnanticipatedHostError) {
    const PaHostErrorInfo* host = ::Pa_GetLastHostErrorInfo();
    if (host != nullptr && host->errorText != nullptr && host->errorText[0] != '\0') {
      text += ": " + printable(host->errorText);
    }
  }
  return text;
}

void abandon_stream(std::shared_ptr<void> stream) {
  state().abandoned.fetch_add(1, std::memory_order_relaxed);
  if (stream == nullptr) return;
  const auto lock = portaudio_lock();
  state().left_behind.push_back(std::move(stream));
}

PortAudioWear portaudio_wear() noexcept {
  return {.initialisations = state().initialisations.load(std::memory_order_relaxed),
          .abandoned_streams = state().abandoned.load(std::memory_order_relaxed)};
}

}  // namespace kws::audio
