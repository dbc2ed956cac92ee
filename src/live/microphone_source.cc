// SPDX-License-Identifier: MIT
#include "live/microphone_source.h"

#include <algorithm>
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

/// Where a loss lies: samples are dropped while the ring is full, and it is emptied by one read, so
/// either this read gave a whole ring and the gap is behind it, or the gap is before it (the
/// counter moved just after the previous, full read). What the device itself lost is before it too,
/// as far as anyone can tell.
void MicrophoneSource::note_losses(Block& block, std::size_t count) noexcept {
  std::uint64_t lost = dropped_pending_;
  bool gap = dropped_pending_ > 0;
  dropped_pending_ = 0;
  const auto dropped = microphone_.dropped_samples();
  if (dropped != dropped_seen_) {
    if (count == read_.size()) {
      dropped_pending_ = dropped - dropped_seen_;
    } else {
      lost += dropped - dropped_seen_;
      gap = true;
    }
    dropped_seen_ = dropped;
  }
  if (const auto overflows = microphone_.device_overflows(); overflows != overflows_seen_) {
    overflows_seen_ = overflows;
    gap = true;
  }
  if (!gap) return;

  device_samples_ += lost;
  resampler_.reset();  // what it still held is lost as well: less than a filter's length
  const auto resume = std::max(
      model_samples_, static_cast<std::uint64_t>(
                          std::llround(static_cast<double>(device_samples_) * resampler_.ratio())));
  block.overrun = true;
  block.lost_samples = resume - model_samples_;
  block.lost_device_samples = lost;
  model_samples_ = resume;
  device_origin_ = device_samples_;
  model_origin_ = model_samples_;
}

Source::Block MicrophoneSource::read() noexcept KWS_REALTIME {
  Block block;
  // The time first: a block that comes between the two calls then seems older than it is, which
  // may make a latency look worse, never better.
  const auto newest = microphone_.newest_capture();
  const auto count = microphone_.read(read_);
  note_losses(block, count);

  auto from = std::span<const float>(read_).first(count);
  std::size_t made = 0;
  while (!from.empty()) {
    const auto progress = resampler_.convert(from, std::span(converted_).subspan(made), false);
    from = from.subspan(progress.consumed);
    made += progress.produced;
    if (progress.consumed == 0 && progress.produced == 0) break;
  }
  block.samples = std::span<const float>(converted_).first(made);
  device_samples_ += count;
  model_samples_ += made;
  if (newest) {
    // The filter still holds the newest samples: what it gave last was captured that much earlier.
    const auto held = static_cast<double>(device_samples_ - device_origin_) -
                      static_cast<double>(model_samples_ - model_origin_) / resampler_.ratio();
    block.captured =
        *newest - std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(
                      std::max(held, 0.0) / microphone_.rate().value));
    timer_.heard(count, *newest);
  }
  return block;
}

double MicrophoneSource::fill() const noexcept {
  return static_cast<double>(microphone_.ring_fill()) /
         static_cast<double>(microphone_.ring_capacity());
}

}  // namespace kws::live
