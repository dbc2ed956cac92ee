// SPDX-License-Identifier: MIT
//
// The microphone as a source: takes what the device's callback left in its ring, converts it to the
// model's rate on the recogniser thread, and says where sound is missing.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "audio/microphone.h"
#include "live/capture_ledger.h"
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
  audio::Microphone microphone_;
  sound::Resampler resampler_;
  CaptureLedger ledger_;
  HopTimer timer_;
  std::vector<float> read_;       // as long as the device's ring: one read empties it
  std::vector<float> converted_;  // what that becomes
};

}  // namespace kws::live
