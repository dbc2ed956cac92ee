// SPDX-License-Identifier: MIT
//
// The microphone as a source: takes what the device's callback left in its ring, converts it to the
// model's rate on the recogniser thread, and says where sound is missing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "audio/microphone.h"
#include "live/hop_timer.h"
#include "live/source.h"
#include "sound/resampler.h"

namespace kws::live {

class MicrophoneSource final : public Source {
 public:
  /// Throws DeviceError as audio::Microphone does.
  MicrophoneSource(const audio::MicrophoneOptions& options, Hertz model_rate);

  void wait(std::size_t wanted) noexcept override;
  [[nodiscard]] Block read() noexcept override KWS_REALTIME;
  [[nodiscard]] double fill() const noexcept override KWS_REALTIME;
  [[nodiscard]] bool paced() const noexcept override { return true; }
  [[nodiscard]] bool runs_while_paused() const noexcept override { return true; }
  void set_paused(bool /*paused*/) noexcept override {}
  [[nodiscard]] bool alive() const override { return microphone_.alive(); }
  [[nodiscard]] std::string name() const override;

 private:
  void note_losses(Block& block, std::size_t count) noexcept KWS_REALTIME;

  audio::Microphone microphone_;
  sound::Resampler resampler_;
  HopTimer timer_;
  std::vector<float> read_;       // as long as the device's ring: one read empties it
  std::vector<float> converted_;  // what that becomes

  // Counters of the device as they were seen last, and a loss behind the samples of the last read.
  std::uint64_t dropped_seen_ = 0;
  std::uint64_t overflows_seen_ = 0;
  std::uint64_t dropped_pending_ = 0;

  // Since the start, losses included; and where the resampler started over.
  std::uint64_t device_samples_ = 0;
  std::uint64_t model_samples_ = 0;
  std::uint64_t device_origin_ = 0;
  std::uint64_t model_origin_ = 0;
};

}  // namespace kws::live
