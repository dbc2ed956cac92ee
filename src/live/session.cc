// SPDX-License-Identifier: MIT
#include "live/session.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "base/resident_memory.h"
#include "base/text.h"
#include "live/hop_timer.h"
#include "live/model_info.h"
#include "pack/model_pack.h"

namespace kws::live {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kWatch{250};  // how often memory and device are looked at
constexpr milliseconds kSwap{2};     // how often, while a lane is on its way
constexpr milliseconds kHold{1};     // how long something unpaced waits before it looks again
constexpr int kMostWarmings = 100;   // a recogniser that still refuses is not to be caught

decide::Settings settings_for(const pack::ModelPack& pack, const SessionOptions& options) {
  auto settings = options.preset.empty() ? pack.decide : decide::preset(options.preset);
  if (options.threshold) {
    settings.threshold = *options.threshold;
    settings.thresholds.clear();
  }
  decide::validate(settings, pack.labels);
  return settings;
}

void check_rate(const std::filesystem::path& path, Hertz rate, Hertz wanted) {
  if (rate == wanted) return;
  throw ModelError(printable(path.string()) + ": listens at " +
                   std::to_string(std::lround(rate.value)) + " Hz, the first model at " +
                   std::to_string(std::lround(wanted.value)) +
                   " Hz; models that are switched between must share one sample rate");
}

}  // namespace

Session::Session(const SessionOptions& options, const Input& input)
    : Session(options, [&input](Hertz rate) { return live::open_source(input, rate); }) {}

Session::Session(const SessionOptions& options, const OpenSource& open_source)
    : options_(options), shifts_(options.models.size(), 0.0F) {
  if (options_.models.empty()) throw UsageError("live recognition needs at least one model");
  Recogniser::Options recogniser;
  recogniser.rows = options_.rows;
  std::unique_ptr<LiveLane> first;
  for (std::size_t model = 0; model < options_.models.size(); ++model) {
    const auto pack = pack::load(options_.models[model]);
    models_.push_back(describe_model(pack, options_.models[model]));
    auto lane = make_lane(pack, model);
    if (model == 0) rate_ = lane->rate;
    check_rate(options_.models[model], lane->rate, rate_);
    recogniser.history_samples =
        std::max<std::size_t>(recogniser.history_samples, 2 * lane->warm_up_samples());
    if (model == 0) first = std::move(lane);
  }
  recogniser_ = std::make_unique<Recogniser>(std::move(first), recogniser, telemetry_);
  watch();
  source_ = open_source(rate_);
  recogniser_thread_ = std::thread([this] { recognise(); });
  try {
    control_thread_ = std::thread([this] { control(); });
  } catch (...) {
    stop();
    recogniser_thread_.join();
    throw;
  }
}

Session::~Session() {
  stop();
  if (recogniser_thread_.joinable()) recogniser_thread_.join();
  if (control_thread_.joinable()) control_thread_.join();
}

std::unique_ptr<LiveLane> Session::make_lane(const pack::ModelPack& pack, std::size_t model) const {
  return std::make_unique<LiveLane>(pack, settings_for(pack, options_),
                                    static_cast<std::uint32_t>(model), options_.execution);
}

void Session::stop() noexcept {
  {
    const std::lock_guard lock(mutex_);
    stop_.store(true, std::memory_order_relaxed);
  }
  asked_.notify_all();
}

/// The recogniser thread. With a paced source it makes one system call a hop: the sleep in wait().
void Session::recognise() noexcept {
  Surroundings& around = recogniser_->surroundings();
  bool ended = false;
  while (!ended && !stop_.load(std::memory_order_relaxed) &&
         !lost_.load(std::memory_order_relaxed)) {
    source_->wait(recogniser_->samples_to_next_hop());
    if (!source_->paced()) hold_back();

    around.ring_fill = source_->fill();
    const auto block = source_->read();
    around.paused = paused_.load(std::memory_order_relaxed);
    around.loops = source_->loops();
    around.non_finite_samples = source_->non_finite_samples();
    around.resident_bytes = resident_bytes_.load(std::memory_order_relaxed);
    const bool unwanted = around.paused && source_->runs_while_paused();
    if (block.overrun) recogniser_->lose(block.lost_samples, block.lost_device_samples);
    if (block.samples.empty()) {
      recogniser_->idle();
    } else if (unwanted) {
      recogniser_->skip(block.samples.size());
    } else {
      recogniser_->push(block.samples, block.captured);
    }
    ended = block.ended;
  }
  around.source_ended = ended;
  around.source_lost = lost_.load(std::memory_order_relaxed);
  around.loops = source_->loops();
  around.non_finite_samples = source_->non_finite_samples();
  recogniser_->finish();
  finished_.store(true, std::memory_order_release);
}

/// A source that is not paced has no time to keep: it waits for a lane that is on its way, and for
/// a reader who must not miss anything.
void Session::hold_back() noexcept {
  const auto behind = [](std::uint64_t written, std::uint64_t seen, std::uint64_t most) {
    return written > seen && written - seen > most;
  };
  while (!stop_.load(std::memory_order_relaxed)) {
    const bool reader_behind =
        options_.wait_for_reader &&
        (behind(telemetry_.posteriors.written(), posteriors_seen_.load(std::memory_order_relaxed),
                telemetry_.posteriors.capacity() / 2) ||
         behind(telemetry_.detections.written(), detections_seen_.load(std::memory_order_relaxed),
                telemetry_.detections.capacity() / 2));
    if (switching_.load(std::memory_order_acquire)) {
      recogniser_->idle();
    } else if (!reader_behind) {
      return;
    }
    sleep_until(std::chrono::steady_clock::now() + kHold);
  }
}

void Session::seen(std::uint64_t posteriors, std::uint64_t detections) noexcept {
  posteriors_seen_.store(posteriors, std::memory_order_relaxed);
  detections_seen_.store(detections, std::memory_order_relaxed);
}

void Session::control() {
  std::unique_lock lock(mutex_);
  while (!stop_.load(std::memory_order_relaxed) && !finished()) {
    if (!wanted_) {
      asked_.wait_for(lock, kWatch, [this] {
        return wanted_.has_value() || stop_.load(std::memory_order_relaxed);
      });
    }
    const auto model = std::exchange(wanted_, std::nullopt);
    lock.unlock();
    if (model) change_lane(*model);
    watch();
    lock.lock();
    if (!wanted_) switching_.store(false, std::memory_order_release);
  }
}

/// Loads, warms, offers, and waits until the old lane comes back, to be destroyed here.
void Session::change_lane(std::size_t model) {
  std::unique_ptr<LiveLane> lane;
  std::string failure;
  try {
    lane = make_lane(pack::load(options_.models[model]), model);
    check_rate(options_.models[model], lane->rate, rate_);
    if (lane->warm_up_samples() > recogniser_->history().reach()) {
      throw ModelError(printable(options_.models[model].string()) +
                       ": looks further back than the sound that is remembered");
    }
    if (shifts_[model] != 0.0F) lane->lane.detector().shift_thresholds(shifts_[model]);
  } catch (const std::exception& error) {
    lane.reset();
    failure = describe(error);
  }
  for (int warming = 0; lane != nullptr && warming < kMostWarmings; ++warming) {
    if (!warm(*lane, recogniser_->history())) continue;
    // Nothing is still on offer: every round ends with the lane taken or given back.
    recogniser_->lanes().offer(std::move(lane));
    while (lane == nullptr && !finished()) {
      sleep_until(std::chrono::steady_clock::now() + kSwap);
      lane = recogniser_->lanes().collect();
    }
    if (lane == nullptr) return;  // the sound ended first
    shifts_[lane->model] = lane->lane.detector().threshold_shift();
    if (!lane->stale) {
      const std::lock_guard lock(mutex_);
      at_work_ = model;
      notice_.clear();
      return;
    }
  }
  if (failure.empty())
    failure = "the switch to " + models_[model].name + " came too late each time";
  const std::lock_guard lock(mutex_);
  notice_ = failure;
}

void Session::watch() {
  resident_bytes_.store(resident_memory(), std::memory_order_relaxed);
  if (source_ != nullptr && !finished() && !source_->alive()) {
    lost_.store(true, std::memory_order_relaxed);
  }
}

void Session::rethrow() const {
  source_->rethrow();
  if (lost_.load(std::memory_order_relaxed)) {
    throw DeviceError("the device is gone: " + source_->name() +
                      " stopped giving sound; connect it again and start anew");
  }
}

void Session::switch_to(std::size_t model) {
  const std::lock_guard lock(mutex_);
  if (model >= options_.models.size()) return;
  if (model == at_work_ && !switching_.load(std::memory_order_relaxed)) return;
  wanted_ = model;
  switching_.store(true, std::memory_order_release);
  asked_.notify_all();
}

void Session::set_paused(bool paused) {
  paused_.store(paused, std::memory_order_relaxed);
  source_->set_paused(paused);
}

void Session::shift_thresholds(float delta) { recogniser_->shift_thresholds(delta); }

std::string Session::notice() const {
  {
    const std::lock_guard lock(mutex_);
    if (!notice_.empty()) return notice_;
  }
  return source_->notice();
}

}  // namespace kws::live
