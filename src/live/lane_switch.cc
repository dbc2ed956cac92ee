// SPDX-License-Identifier: MIT
#include "live/lane_switch.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "base/error.h"
#include "base/text.h"

namespace kws::live {
namespace {

SamplePosition samples_of(double milliseconds, Hertz rate) {
  return static_cast<SamplePosition>(
      to_samples(std::chrono::duration<double, std::milli>(milliseconds), rate));
}

}  // namespace

LiveLane::LiveLane(const pack::ModelPack& pack, const decide::Settings& settings,
                   std::uint32_t model_index, engine::Execution execution)
    : lane(pack, settings, execution),
      model(model_index),
      name(pack.name),
      rate{static_cast<double>(pack.features.sample_rate_hz)},
      frame_samples(static_cast<SamplePosition>(pack.features.frame_samples())),
      hop_samples(static_cast<SamplePosition>(pack.features.hop_samples())),
      refractory_samples(samples_of(settings.refractory_ms, rate)),
      smoothing_samples(samples_of(settings.smoothing_ms, rate)) {
  if (pack.labels.size() > kMaxLabels) {
    throw ModelError("model '" + printable(pack.name) + "': has " +
                     std::to_string(pack.labels.size()) +
                     " labels; live recognition shows at most " + std::to_string(kMaxLabels));
  }
}

bool warm(LiveLane& fresh, const SampleHistory& history) {
  const SamplePosition boundary = history.boundary();
  const SamplePosition origin = history.origin();
  if (boundary < origin) return false;  // a gap came between the two

  const bool goes_on = fresh.origin == origin && fresh.lane.position() > origin &&
                       fresh.lane.position() >= history.oldest();
  if (!goes_on) {
    // On the grid of hops since the origin, at or before the wanted place, but not before what is
    // remembered.
    const SamplePosition wanted = boundary - std::min(boundary - origin, fresh.warm_up_samples());
    SamplePosition start = origin + (wanted - origin) / fresh.hop_samples * fresh.hop_samples;
    while (start < history.oldest()) start += fresh.hop_samples;
    fresh.lane.start_at(start);
    fresh.origin = origin;
    fresh.late.reset();
  }
  fresh.stale = false;

  std::array<float, SampleHistory::kMaxAppend> chunk;
  while (fresh.lane.position() < boundary) {
    const auto count = std::min<SamplePosition>(chunk.size(), boundary - fresh.lane.position());
    std::span<float> samples(chunk.data(), count);
    if (!history.copy(fresh.lane.position(), samples)) return false;
    while (!samples.empty()) {
      std::optional<lane::Hop> hop;
      samples = samples.subspan(fresh.lane.feed(samples, hop));
      if (hop && hop->detection) fresh.late = hop->detection;
    }
  }
  return true;
}

LaneSwitch::~LaneSwitch() {
  delete incoming_.load(std::memory_order_acquire);
  delete outgoing_.load(std::memory_order_acquire);
}

std::unique_ptr<LiveLane> LaneSwitch::offer(std::unique_ptr<LiveLane> fresh) noexcept {
  return std::unique_ptr<LiveLane>(incoming_.exchange(fresh.release(), std::memory_order_acq_rel));
}

std::unique_ptr<LiveLane> LaneSwitch::collect() noexcept {
  return std::unique_ptr<LiveLane>(outgoing_.exchange(nullptr, std::memory_order_acq_rel));
}

LiveLane* LaneSwitch::take() noexcept {
  if (incoming_.load(std::memory_order_relaxed) == nullptr) return nullptr;
  if (outgoing_.load(std::memory_order_relaxed) != nullptr) return nullptr;  // not collected yet
  return incoming_.exchange(nullptr, std::memory_order_acq_rel);
}

void LaneSwitch::give_back(LiveLane* old) noexcept {
  outgoing_.store(old, std::memory_order_release);  // empty since take()
}

}  // namespace kws::live
