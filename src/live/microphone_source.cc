// SPDX-License-Identifier: MIT
#include "live/microphone_source.h"

#include <cmath>
#include <cstdio>

#include "base/text.h"

namespace kws::live {
namespace {
using Clock = std::chrono::steady_clock;
}  // namespace

MicrophoneSource::MicrophoneSource(const audio::MicrophoneOptions& options, Hertz model_rate)
    : microphone_(options),
      resampler_(microphone_.rate(), model_rate),
      ledger_(microphone_.ring_capacity(), resampler_.ratio()),
      timer_(microphone_.rate()),
      read_(microphone_.ring_capacity()),
      converted_(static_cast<std::size_t>(
                     std::ceil(static_cast<double>(read_.size() + 4096) * resampler_.ratio())) +
                 64) {}

std::string MicrophoneSource::name() const {
  char khz[32];
  std::snprintf(khz, sizeof khz, "%g", microphone_.rate().value / 1000.0);
  return "mic " + printable(microphone_.device().name) + " (" + khz + " kHz)";
}

void MicrophoneSource::wait(std::size_t wanted) noexcept {
  const auto needed =
      static_cast<std::size_t>(std::ceil(static_cast<double>(wanted) / resampler_.ratio()));
  const auto have = microphone_.ring_fill();
  if (have < needed) sleep_until(timer_.due(needed - have, Clock::now()));
}

Source::Block MicrophoneSource::read() noexcept KWS_REALTIME {
  Block block;
  const auto count = microphone_.read(read_);
  const auto captured = microphone_.last_read_capture();
  const auto gap =
      ledger_.read(count, microphone_.dropped_samples(), microphone_.device_overflows());
  block.overrun = gap.found;
  block.lost_samples = gap.samples;
  block.lost_device_samples = gap.device_samples;
  if (gap.found) resampler_.reset();

  auto from = std::span<const float>(read_).first(count);
  std::size_t made = 0;
  while (!from.empty()) {
    const auto progress = resampler_.convert(from, std::span(converted_).subspan(made), false);
    from = from.subspan(progress.consumed);
    made += progress.produced;
    if (progress.consumed == 0 && progress.produced == 0) break;  // no room: cannot be
  }
  ledger_.converted(made);
  block.samples = std::span<const float>(converted_).first(made);
  if (captured) {
    // The filter still holds the newest samples: what it gave last was captured that much earlier.
    block.captured =
        *captured - std::chrono::duration_cast<Clock::duration>(
                        std::chrono::duration<double>(ledger_.held() / microphone_.rate().value));
    timer_.heard(count, *captured);
  }
  return block;
}

double MicrophoneSource::fill() const noexcept {
  return static_cast<double>(microphone_.ring_fill()) /
         static_cast<double>(microphone_.ring_capacity());
}

}  // namespace kws::live
