// SPDX-License-Identifier: MIT
#include "audio/microphone.h"

#include <portaudio.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <future>
#include <mutex>
#include <thread>

#include "audio/capture_ring.h"
#include "audio/liveness.h"
#include "audio/portaudio_session.h"
#include "base/error.h"

namespace kws::audio {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kBlockSeconds = 0.010;
/// The device's buffer: what a late callback thread may cost before sound is lost.
constexpr double kBufferSeconds = 0.080;
constexpr auto kLongestClose = std::chrono::seconds(2);
constexpr int kMostChannels = 128;

static_assert(std::atomic<Clock::time_point>::is_always_lock_free);

/// When the last sample of a block was captured. PortAudio says when the first one was, on a clock
/// of its own; a device that has no idea gives 0 or a time to come.
Clock::time_point newest_capture_time(const PaStreamCallbackTimeInfo* times, double block_s,
                                      Clock::time_point now) noexcept {
  if (times == nullptr || !(times->inputBufferAdcTime > 0.0)) return now;
  const double age_s = times->currentTime - times->inputBufferAdcTime - block_s;
  if (!(age_s > 0.0 && age_s < 1.0)) return now;
  return now - std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(age_s));
}

template <typename T>
void add_new(std::vector<T>& values, T value) {
  if (std::find(values.begin(), values.end(), value) == values.end()) values.push_back(value);
}

std::vector<double> rates_to_try(const Device& device, const MicrophoneOptions& options) {
  if (options.rate.value > 0.0) return {options.rate.value};
  std::vector<double> rates;
  if (!device.has_native_rate && options.preferred_rate.value > 0.0) {
    add_new(rates, options.preferred_rate.value);
  }
  for (const double rate_hz : {device.default_rate.value, 48000.0, 44100.0, 16000.0}) {
    add_new(rates, rate_hz);
  }
  return rates;
}

/// One channel where the device gives one, else as many as it insists on.
std::vector<int> channels_to_try(const Device& device) {
  std::vector<int> channels{1};
  if (device.channels >= 2) add_new(channels, 2);
  add_new(channels, std::min(device.channels, kMostChannels));
  return channels;
}

}  // namespace

struct Microphone::Stream {
  explicit Stream(const MicrophoneOptions& options)
      : device(select_device(input_devices(), options.device)) {
    open(options);
  }

  /// Tries rates and numbers of channels until the device takes a pair.
  void open(const MicrophoneOptions& options) {
    const auto lock = portaudio_lock();
    const PaDeviceInfo* info = ::Pa_GetDeviceInfo(device.index);
    const double low_latency_s = info != nullptr ? info->defaultLowInputLatency : 0.0;
    std::string refusals;
    for (const double rate_hz : rates_to_try(device, options)) {
      for (const int channels : channels_to_try(device)) {
        PaStreamParameters parameters{};
        parameters.device = device.index;
        parameters.channelCount = channels;
        parameters.sampleFormat = paInt16;
        parameters.suggestedLatency = std::max(kBufferSeconds, low_latency_s);
        // The ring stands before the stream: the callback may come before Pa_StartStream returns.
        const auto room = to_samples(options.ring, Hertz{rate_hz});
        ring.emplace(static_cast<std::size_t>(std::max<std::int64_t>(room, 1)), channels,
                     Hertz{rate_hz});
        channel_count = static_cast<std::size_t>(channels);
        rate = Hertz{rate_hz};
        const PaError error = start(parameters);
        if (error == paNoError) return;
        refusals += "\n  " + std::to_string(std::lround(rate_hz)) + " Hz, " +
                    std::to_string(channels) + (channels == 1 ? " channel: " : " channels: ") +
                    portaudio_error(error);
        if (error == paInvalidSampleRate) break;
      }
    }
    throw DeviceError("the microphone " + std::to_string(device.index) + " '" + device.name +
                      "' does not open (is another program using it?). Tried:" + refusals);
  }

  PaError start(const PaStreamParameters& parameters) {
    const auto block = static_cast<unsigned long>(std::lround(kBlockSeconds * rate.value));
    PaError error = ::Pa_OpenStream(&handle, &parameters, nullptr, rate.value, block,
                                    paClipOff | paDitherOff, &Stream::on_block, this);
    if (error != paNoError) return error;
    ::Pa_SetStreamFinishedCallback(handle, &Stream::on_finished);
    liveness.emplace(rate, Clock::now());
    error = ::Pa_StartStream(handle);
    if (error != paNoError) ::Pa_CloseStream(handle);
    return error;
  }

  static int on_block(const void* input, void*, unsigned long frames,
                      const PaStreamCallbackTimeInfo* times, PaStreamCallbackFlags flags,
                      void* user) noexcept KWS_REALTIME {
    auto& self = *static_cast<Stream*>(user);
    const auto now = Clock::now();
    if ((flags & paInputOverflow) != 0) self.overflows.fetch_add(1, std::memory_order_relaxed);
    if (input == nullptr) {
      self.ring->lose(frames);
    } else {
      const double block_s = static_cast<double>(frames) / self.rate.value;
      self.ring->put({static_cast<const std::int16_t*>(input), frames * self.channel_count},
                     newest_capture_time(times, block_s, now));
    }
    self.last_block.store(now, std::memory_order_relaxed);
    return paContinue;
  }

  static void on_finished(void* user) noexcept {
    static_cast<Stream*>(user)->finished.store(true, std::memory_order_relaxed);
  }

  /// May never return. Closing goes under the lock; what cannot be stopped is not closed, so that
  /// a hang does not keep others from PortAudio.
  bool close() {
    const PaError error = ::Pa_AbortStream(handle);
    if (error != paNoError && error != paStreamIsStopped) return false;
    const auto lock = portaudio_lock();
    return ::Pa_CloseStream(handle) == paNoError;
  }

  PortAudioSession session;  // first, so that everything else may use PortAudio
  Device device;
  Hertz rate;
  std::size_t channel_count = 1;
  std::optional<CaptureRing> ring;
  PaStream* handle = nullptr;
  std::atomic<std::uint64_t> overflows{0};
  std::atomic<Clock::time_point> last_block{Clock::time_point::min()};  // min: none came yet
  std::atomic<bool> finished{false};
  std::mutex liveness_mutex;
  std::optional<Liveness> liveness;
};

Microphone::Microphone(const MicrophoneOptions& options)
    : stream_(std::make_shared<Stream>(options)) {}

Microphone::~Microphone() {
  // PortAudio may hang for good in a device that is gone, so another thread stops the stream. It
  // shares the stream: if it never comes back, ring and session live as long as it does.
  try {
    std::promise<bool> closed;
    auto result = closed.get_future();
    std::thread([stream = stream_, closed = std::move(closed)]() mutable {
      const bool done = stream->close();
      if (!done) abandon_stream(std::move(stream));  // its callback may still run
      stream.reset();
      closed.set_value(done);
    }).detach();
    if (result.wait_for(kLongestClose) != std::future_status::ready) abandon_stream(nullptr);
  } catch (const std::exception&) {
    abandon_stream(stream_);  // no thread to be had
  }
}

const Device& Microphone::device() const { return stream_->device; }
Hertz Microphone::rate() const { return stream_->rate; }

std::size_t Microphone::read(std::span<float> into) noexcept KWS_REALTIME {
  return stream_->ring->read(into);
}

std::optional<Clock::time_point> Microphone::last_read_capture() const noexcept KWS_REALTIME {
  return stream_->ring->last_read_capture();
}

std::optional<Clock::time_point> Microphone::newest_capture() const noexcept KWS_REALTIME {
  return stream_->ring->newest_capture();
}

std::size_t Microphone::ring_fill() const noexcept KWS_REALTIME { return stream_->ring->size(); }

std::size_t Microphone::ring_capacity() const noexcept KWS_REALTIME {
  return stream_->ring->capacity();
}

std::uint64_t Microphone::delivered_samples() const noexcept KWS_REALTIME {
  return stream_->ring->delivered();
}

std::uint64_t Microphone::dropped_samples() const noexcept KWS_REALTIME {
  return stream_->ring->dropped();
}

std::uint64_t Microphone::device_overflows() const noexcept KWS_REALTIME {
  return stream_->overflows.load(std::memory_order_relaxed);
}

bool Microphone::alive() const {
  Liveness::Signs signs;
  signs.finished = stream_->finished.load(std::memory_order_relaxed);
  signs.active = ::Pa_IsStreamActive(stream_->handle) == 1;
  const auto last_block = stream_->last_block.load(std::memory_order_relaxed);
  if (last_block != Clock::time_point::min()) signs.last_block = last_block;
  signs.delivered = stream_->ring->delivered();
  const std::lock_guard lock(stream_->liveness_mutex);
  return stream_->liveness->check(signs, Clock::now());
}

}  // namespace kws::audio
