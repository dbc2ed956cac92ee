// SPDX-License-Identifier: MIT
#include "data/loader.h"

#include <algorithm>
#include <cassert>
#include <condition_variable>
#include <exception>
#include <map>
#include <mutex>
#include <thread>

#include "base/error.h"
#include "data/draws.h"
#include "data/epoch.h"
#include "data/example.h"

namespace kws::data {

/// Batches are numbered through all epochs. Workers make the ones from `wanted` on, each into its
/// slot; load() moves `wanted` along, which frees the slot before it.
struct BatchLoader::State {
  struct Slot {
    Batch batch;
    std::size_t number = 0;
    bool ready = false;
    std::exception_ptr problem;  // instead of the batch
  };

  State(const Dataset& dataset, const DataSettings& settings, const features::FeatureSpec& spec,
        const FeatureStatistics& statistics, std::size_t batch_size, std::uint64_t the_seed,
        std::size_t threads)
      : planner(dataset, settings),
        mean(statistics.mean),
        seed(the_seed),
        batch(std::min(batch_size, planner.size())),
        steps(planner.size() / batch),
        slots(threads + 2) {
    for (std::size_t i = 0; i < std::max<std::size_t>(threads, 1); ++i) {
      makers.emplace_back(dataset, planner, settings, spec);
    }
  }

  [[nodiscard]] std::shared_ptr<const std::vector<Source>> plan_of(std::size_t epoch) {
    const std::lock_guard lock(plan_mutex);
    auto& plan = plans[epoch];
    if (!plan) plan = std::make_shared<const std::vector<Source>>(planner.plan(seed, epoch));
    const auto result = plan;
    // Workers are at most a few batches ahead, so only neighbours are needed again.
    std::erase_if(plans, [&](const auto& other) {
      return other.first + 1 < epoch || other.first > epoch + 1;
    });
    return result;
  }

  /// Fills `into` with the batch `number`. Called by one thread per maker.
  void make(ExampleMaker& maker, std::size_t number, Batch& into) {
    const std::size_t epoch = number / steps;
    const std::size_t step = number % steps;
    const auto sources = plan_of(epoch);
    into.count = batch;
    into.frames = maker.frames();
    into.bins = maker.bins();
    const auto size = into.frames * into.bins;
    into.features.resize(batch * size);
    into.labels.resize(batch);
    for (std::size_t i = 0; i < batch; ++i) {
      const auto position = step * batch + i;
      const auto features = std::span(into.features).subspan(i * size, size);
      Random random(seed, {kExampleDraw, epoch, position});
      into.labels[i] = maker.make_sound((*sources)[position], random);
      maker.extract(features);
      Random mask_random(seed, {kMaskDraw, epoch, position});
      maker.mask(features, mean, mask_random);
    }
  }

  void work(ExampleMaker& maker) {
    std::unique_lock lock(mutex);
    for (;;) {
      work_there.wait(lock, [&] { return stopping || (!paused && next < wanted + slots.size()); });
      if (stopping) return;
      const auto number = next++;
      ++busy;
      Slot& slot = slots[number % slots.size()];
      slot.ready = false;
      lock.unlock();
      std::exception_ptr problem;
      try {
        make(maker, number, slot.batch);
      } catch (...) {
        problem = std::current_exception();
      }
      lock.lock();
      slot.problem = problem;
      slot.number = number;
      slot.ready = true;
      --busy;
      batch_made.notify_all();
    }
  }

  EpochPlanner planner;
  std::vector<float> mean;
  std::uint64_t seed;
  std::size_t batch;
  std::size_t steps;
  std::vector<ExampleMaker> makers;  // one per worker

  std::mutex plan_mutex;
  std::map<std::size_t, std::shared_ptr<const std::vector<Source>>> plans;

  std::mutex mutex;  // guards what follows
  std::condition_variable work_there;
  std::condition_variable batch_made;
  std::vector<Slot> slots;  // the batch n is in slot n % size
  std::size_t wanted = 0;   // what the caller holds or waits for
  std::size_t next = 0;     // what a worker takes next
  std::size_t busy = 0;     // workers at work
  bool paused = true;       // nothing was asked for yet, or the caller jumped
  bool stopping = false;
  std::vector<std::jthread> workers;
};

BatchLoader::BatchLoader(const Dataset& dataset, const DataSettings& settings,
                         const features::FeatureSpec& spec, const FeatureStatistics& statistics,
                         std::size_t batch, std::uint64_t seed, std::size_t threads) {
  if (batch == 0) throw ConfigError("the batch size must be at least 1");
  if (statistics.mean.size() != static_cast<std::size_t>(spec.bins())) {
    throw ConfigError("the feature statistics have " + std::to_string(statistics.mean.size()) +
                      " bins, the features " + std::to_string(spec.bins()));
  }
  state_ = std::make_unique<State>(dataset, settings, spec, statistics, batch, seed, threads);
  for (std::size_t i = 0; i < threads; ++i) {
    state_->workers.emplace_back([state = state_.get(), i] { state->work(state->makers[i]); });
  }
}

BatchLoader::~BatchLoader() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->work_there.notify_all();
  state_->workers.clear();  // joins
}

std::size_t BatchLoader::steps_per_epoch() const { return state_->steps; }
std::size_t BatchLoader::clips_per_epoch() const { return state_->planner.size(); }
const std::vector<std::size_t>& BatchLoader::label_counts() const {
  return state_->planner.label_counts();
}
std::size_t BatchLoader::frames() const { return state_->makers[0].frames(); }
std::size_t BatchLoader::bins() const { return state_->makers[0].bins(); }

const Batch& BatchLoader::load(std::size_t epoch, std::size_t step) {
  assert(step < state_->steps);
  State& state = *state_;
  const auto number = epoch * state.steps + step;
  State::Slot& slot = state.slots[number % state.slots.size()];
  if (state.workers.empty()) {
    state.make(state.makers[0], number, slot.batch);
    return slot.batch;
  }
  std::unique_lock lock(state.mutex);
  if (state.paused || number < state.wanted || number >= state.next) {
    // A jump: wait for the workers, then let them start from here.
    state.paused = true;
    state.batch_made.wait(lock, [&] { return state.busy == 0; });
    for (auto& stale : state.slots) stale.ready = false;
    state.next = number;
    state.paused = false;
  }
  state.wanted = number;
  state.work_there.notify_all();
  state.batch_made.wait(lock, [&] { return slot.ready && slot.number == number; });
  if (slot.problem) std::rethrow_exception(slot.problem);
  return slot.batch;
}

}  // namespace kws::data
