// SPDX-License-Identifier: MIT
//
// The loop: batch after batch through the network, the optimiser and the running average; a
// validation after every epoch; checkpoints in between. Where batches come from and where
// checkpoints go is for training_run.h, which a command calls.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "nn/weights.h"
#include "train/checkpoint.h"
#include "train/network.h"
#include "train/optimiser.h"
#include "train/settings.h"
#include "train/teacher.h"
#include "train/thread_team.h"

namespace kws::train {

/// features: shape [labels.size(), frames, bins], not normalised.
struct BatchView {
  std::span<const float> features;
  std::span<const std::uint32_t> labels;
};

/// Batches that are a function of (epoch, step) alone.
class BatchSource {
 public:
  virtual ~BatchSource() = default;
  [[nodiscard]] virtual std::int64_t steps_per_epoch() const = 0;
  /// Valid until the next call.
  [[nodiscard]] virtual BatchView load(std::int64_t epoch, std::int64_t step) = 0;
};

/// After every step.
struct StepReport {
  std::int64_t step = 0;  // done so far, of `steps`
  std::int64_t steps = 0;
  std::int64_t epoch = 0;  // from 1
  std::int64_t epochs = 0;
  std::int64_t clips = 0;  // in this batch
  double learning_rate = 0.0;
  double batch_loss = 0.0;
  double epoch_loss = 0.0;      // mean over the epoch so far
  double epoch_accuracy = 0.0;  // 0..1, likewise, while the weights move
};

struct Validation {
  double loss = 0.0;
  double accuracy = 0.0;                // 0..1
  std::vector<double> recall;           // per label; NaN for one without clips
  std::vector<std::int64_t> confusion;  // [labels, labels], row: true, column: guessed
};

/// After every epoch.
struct EpochReport {
  std::int64_t epoch = 0;  // from 1
  std::int64_t epochs = 0;
  std::int64_t step = 0;
  double learning_rate = 0.0;  // of its last step
  double loss = 0.0;
  double accuracy = 0.0;
  std::optional<Validation> validation;  // of the averaged weights
  bool best = false;                     // no validation before was as good
};

/// Hears what happens, on the thread that trains.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void on_step(const StepReport& /*report*/) {}
  virtual void on_epoch(const EpochReport& /*report*/) {}
  virtual void on_checkpoint(std::int64_t /*step*/) {}
};

enum class Outcome : std::uint8_t { kFinished, kStopped };

class Trainer {
 public:
  /// `model` holds the weights to start from; `teachers` are wanted if and only if settings.teacher
  /// is there. `validation` may be empty; it and `source` must outlive the trainer. Throws
  /// ModelError when the graph cannot be trained, ConfigError when the settings ask to keep the
  /// best of no validation. `offsets` (balance.h; empty: none) are added to the logits of the
  /// result and in validation, never while weights are learnt.
  Trainer(const TrainSettings& settings, std::uint64_t seed, nn::Model model, BatchSource& source,
          BatchView validation, std::size_t threads, std::span<const nn::Model> teachers = {},
          std::vector<double> offsets = {});

  /// Goes on where the checkpoint was taken (check_fits() first).
  void restore(Checkpoint checkpoint);

  /// Trains to the end, or until `stop` is set. `save` is called with a checkpoint at the start,
  /// after every epoch, every checkpoint_every_steps and before it returns kStopped; its identity
  /// is left for the caller. Throws Error when the loss is no longer a number.
  [[nodiscard]] Outcome run(Observer& observer, const std::atomic<bool>& stop,
                            const std::function<void(Checkpoint&&)>& save);

  /// What is to be kept, as settings.keep says, and how it did in validation (-1: none was made).
  [[nodiscard]] nn::Weights result() const;
  [[nodiscard]] double result_accuracy() const;

 private:
  void train_step(Observer& observer);
  void end_epoch(Observer& observer);
  [[nodiscard]] Validation validate();
  [[nodiscard]] Checkpoint state() const;

  TrainSettings settings_;
  std::uint64_t seed_;
  nn::Graph graph_;
  BatchSource& source_;
  BatchView validation_;
  ThreadTeam team_;
  nn::Weights weights_;
  nn::Weights average_;
  nn::Weights best_;
  Network network_;     // of weights_
  Network evaluation_;  // of average_
  Optimiser optimiser_;
  std::vector<double> offsets_;  // of the logits; empty: none
  std::optional<Teacher> teacher_;
  std::int64_t steps_per_epoch_;
  std::int64_t steps_;
  std::int64_t step_ = 0;  // done
  double loss_sum_ = 0.0;  // of this epoch, over clips
  std::int64_t correct_ = 0;
  std::int64_t clips_ = 0;
  double last_accuracy_ = -1.0;
  double best_accuracy_ = -1.0;
};

}  // namespace kws::train
