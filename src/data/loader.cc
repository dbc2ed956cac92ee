// SPDX-License-Identifier: MIT
#include "data/loader.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "base/error.h"
#include "data/epoch.h"
#include "data/example.h"
#include "data/parallel.h"
#include "data/speech_level.h"
#include "data/waveform.h"
#include "decide/detector.h"
#include "features/extractor.h"

namespace kws::data {
namespace {

// What random sequences are for (epoch.cc uses the first two).
constexpr std::uint64_t kExampleDraw = 3;
constexpr std::uint64_t kMaskDraw = 4;
constexpr std::uint64_t kValidationSilenceDraw = 5;

constexpr std::size_t kStatisticsBlock = 32;  // examples summed by one worker at a time

}  // namespace

FeatureStatistics feature_statistics(const Dataset& dataset, const DataSettings& settings,
                                     const features::FeatureSpec& spec, std::uint64_t seed,
                                     std::size_t threads) {
  const EpochPlanner planner(dataset, settings);
  const auto sources = planner.plan(seed, 0);
  std::vector<ExampleMaker> makers;
  threads = std::max<std::size_t>(threads, 1);
  for (std::size_t i = 0; i < threads; ++i) makers.emplace_back(dataset, planner, settings, spec);
  const auto bins = makers[0].bins();
  const auto frames = makers[0].frames();

  // Sums of a block are made in order, and so is the sum over blocks: no thread shows.
  struct Sums {
    std::vector<double> first;
    std::vector<double> second;
  };
  const auto blocks = (sources.size() + kStatisticsBlock - 1) / kStatisticsBlock;
  std::vector<Sums> sums(blocks);
  std::vector<std::vector<float>> scratch(threads, std::vector<float>(frames * bins));
  for_each_parallel(blocks, threads, [&](std::size_t worker, std::size_t block) {
    Sums sum{std::vector<double>(bins), std::vector<double>(bins)};
    auto& features = scratch[worker];
    const auto end = std::min(sources.size(), (block + 1) * kStatisticsBlock);
    for (std::size_t i = block * kStatisticsBlock; i < end; ++i) {
      Random random(seed, {kExampleDraw, 0, i});
      makers[worker].make_sound(sources[i], random);
      makers[worker].extract(features);
      for (std::size_t t = 0; t < frames; ++t) {
        for (std::size_t f = 0; f < bins; ++f) {
          const auto value = static_cast<double>(features[t * bins + f]);
          sum.first[f] += value;
          sum.second[f] += value * value;
        }
      }
    }
    sums[block] = std::move(sum);
  });
  FeatureStatistics statistics;
  const auto count = static_cast<double>(sources.size() * frames);
  for (std::size_t f = 0; f < bins; ++f) {
    double first = 0.0;
    double second = 0.0;
    for (const auto& sum : sums) {
      first += sum.first[f];
      second += sum.second[f];
    }
    const double mean = first / count;
    const double deviation = std::sqrt(std::max(0.0, second / count - mean * mean));
    statistics.mean.push_back(static_cast<float>(mean));
    statistics.deviation.push_back(deviation < 1e-3 ? 1.0F : static_cast<float>(deviation));
  }
  return statistics;
}

/// Batches are numbered through all epochs. Workers make the ones from `wanted` on, each into its
/// slot; load() moves `wanted` along, which frees the slot before it.
struct BatchLoader::State {
  struct Slot {
    Batch batch;
    std::size_t number = 0;
    bool ready = false;
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
      make(maker, number, slot.batch);
      lock.lock();
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
  return slot.batch;
}

Batch clean_features(const Dataset& dataset, Split split, const features::FeatureSpec& spec,
                     std::size_t threads) {
  const auto clips = dataset.clips_of(split);
  const auto length = dataset.clip_samples();

  // Silence for validation, where there is none of its own.
  std::size_t silence_count = 0;
  if (split == Split::kValidation && dataset.silence_label() && !dataset.noise().empty()) {
    std::map<std::uint32_t, std::size_t> keyword_clips;
    bool has_silence = false;
    for (const auto i : clips) {
      const auto label = dataset.clips()[i].label;
      has_silence = has_silence || label == *dataset.silence_label();
      if (decide::is_keyword(dataset.labels()[label])) ++keyword_clips[label];
    }
    std::size_t total = 0;
    for (const auto& [label, count] : keyword_clips) total += count;
    if (!has_silence && total > 0) silence_count = total / keyword_clips.size();
  }

  Batch all;
  all.count = clips.size() + silence_count;
  all.frames = static_cast<std::size_t>(spec.frames_in(static_cast<std::int64_t>(length)));
  all.bins = static_cast<std::size_t>(spec.bins());
  const auto size = all.frames * all.bins;
  all.features.resize(all.count * size);
  all.labels.resize(all.count);
  threads = std::max<std::size_t>(threads, 1);
  std::vector<features::FeatureExtractor> extractors;
  for (std::size_t i = 0; i < threads; ++i) extractors.emplace_back(spec);
  const auto hop = static_cast<std::size_t>(spec.hop_samples());
  const auto frame = static_cast<std::size_t>(spec.frame_samples());
  for_each_parallel(all.count, threads, [&](std::size_t worker, std::size_t i) {
    std::vector<float> sound(length);
    if (i < clips.size()) {
      const Clip& clip = dataset.clips()[clips[i]];
      to_float(clip.samples, std::span(sound).first(clip.samples.size()));
      all.labels[i] = clip.label;
    } else {
      Random random(0, {kValidationSilenceDraw, i - clips.size()});
      const auto& noise = dataset.noise()[random.below(dataset.noise().size())];
      cut_noise(validation_part(noise), random, sound);
      // Half of them as recorded, half anywhere below.
      if (random.chance(0.5)) scale(static_cast<float>(random.uniform()), sound);
      all.labels[i] = *dataset.silence_label();
    }
    for (std::size_t t = 0; t < all.frames; ++t) {
      extractors[worker].extract(
          std::span(sound).subspan(t * hop, frame),
          std::span(all.features).subspan(i * size + t * all.bins, all.bins));
    }
  });
  return all;
}

}  // namespace kws::data
