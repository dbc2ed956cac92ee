// SPDX-License-Identifier: MIT
//
// Feeds the trainer: plans each epoch, varies its clips, turns them into features on worker threads
// and hands out batches. Whatever a batch holds is a function of (seed, epoch, step) alone, so the
// number of threads, the order of calls and a resumed run do not change it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "data/dataset.h"
#include "data/settings.h"
#include "features/feature_spec.h"

namespace kws::data {

/// features: shape [count, frames, bins], row-major, not normalised.   labels: shape [count].
struct Batch {
  std::size_t count = 0;
  std::size_t frames = 0;
  std::size_t bins = 0;
  std::vector<float> features;
  std::vector<std::uint32_t> labels;
};

/// Per bin, over the training split. A deviation below 1e-3 is stored as 1.
struct FeatureStatistics {
  std::vector<float> mean;
  std::vector<float> deviation;
};

/// Over the varied clips of epoch 0, masks left out: what the network is going to hear. The same
/// for any number of threads. Throws as BatchLoader does.
[[nodiscard]] FeatureStatistics feature_statistics(const Dataset& dataset,
                                                   const DataSettings& settings,
                                                   const features::FeatureSpec& spec,
                                                   std::uint64_t seed, std::size_t threads);

class BatchLoader {
 public:
  /// The dataset must outlive the loader. `statistics`: masked rectangles are set to its mean.
  /// `threads` workers prepare the batches to come; 0: load() does the work itself.
  /// Throws ConfigError when the settings ask for what the data lack (noise without
  /// `_background_noise_`, spliced clips without `_unknown_` among the labels, …), DataError when
  /// the training split is empty.
  BatchLoader(const Dataset& dataset, const DataSettings& settings,
              const features::FeatureSpec& spec, const FeatureStatistics& statistics,
              std::size_t batch, std::uint64_t seed, std::size_t threads);
  ~BatchLoader();
  BatchLoader(const BatchLoader&) = delete;
  BatchLoader& operator=(const BatchLoader&) = delete;

  /// Whole batches in an epoch; clips that do not fill one come in another epoch's draw. At least
  /// 1, which is smaller than `batch` when the epoch is.
  [[nodiscard]] std::size_t steps_per_epoch() const;
  /// Clips in an epoch before they are cut into batches.
  [[nodiscard]] std::size_t clips_per_epoch() const;
  /// Clips of each label in an epoch: shape [labels].
  [[nodiscard]] const std::vector<std::size_t>& label_counts() const;
  [[nodiscard]] std::size_t frames() const;
  [[nodiscard]] std::size_t bins() const;

  /// The batch `step` (0 … steps_per_epoch() - 1) of `epoch`, valid until the next call. Fast when
  /// called in order; any order is right. One caller at a time.
  [[nodiscard]] const Batch& load(std::size_t epoch, std::size_t step);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The clips of a split as they are, in order, as one batch. For validation, a number of silence
/// clips (as many as the mean keyword has clips) is added when `_silence_` is a label that has
/// none, cut by a fixed seed from the part of the noise recordings that training never sees.
[[nodiscard]] Batch clean_features(const Dataset& dataset, Split split,
                                   const features::FeatureSpec& spec, std::size_t threads);

}  // namespace kws::data
