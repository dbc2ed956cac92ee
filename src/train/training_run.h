// SPDX-License-Identifier: MIT
//
// From a recipe and a folder of recordings to a model file: what `kws train` does, apart from
// talking to the person who waits.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "train/recipe.h"
#include "train/trainer.h"

namespace kws::train {

struct RunRequest {
  Recipe recipe;
  std::filesystem::path data;  // a folder in the Speech Commands layout
  std::filesystem::path out;   // the .kws file to be
  /// Where the recipe's relative folders of negatives and words are, instead of
  /// data.negatives_root. Not part of the recipe's text, so that the model does not know where its
  /// data lay.
  std::optional<std::string> negatives_root;
  /// The teachers' files, instead of train.teacher.models (empty: those); not part of the recipe's
  /// text either.
  std::vector<std::string> teachers;
  int threads = 0;       // 0: as the recipe says
  bool resume = false;   // go on from the checkpoint beside `out`
  bool restart = false;  // a checkpoint of an interrupted training may be thrown away
};

/// What is known before the first step.
struct RunStart {
  std::size_t training_clips = 0;
  std::size_t validation_clips = 0;
  std::size_t training_speakers = 0;
  std::size_t clips_per_epoch = 0;
  std::size_t parameters = 0;  // trained ones
  std::size_t threads = 0;
  std::int64_t resumed_step = 0;  // 0: from the start
  std::int64_t steps = 0;
  std::vector<std::string> warnings;  // of the dataset
};

class RunObserver : public Observer {
 public:
  /// Files decoded so far, of all.
  virtual void on_reading(std::size_t /*done*/, std::size_t /*all*/) {}
  /// Before something that takes a while: "measuring the features".
  virtual void on_phase(const std::string& /*what*/) {}
  virtual void on_start(const RunStart& /*start*/) {}
};

/// Where the checkpoint of a training to `out` lies.
[[nodiscard]] std::filesystem::path checkpoint_path(const std::filesystem::path& out);

/// Checks everything that can be checked before the recordings are read: that `out` can be written,
/// that the network can be built, that a checkpoint is there if and only if it should be. Throws
/// UsageError, ConfigError, DataError or ModelError.
void check_request(const RunRequest& request);

/// Trains and writes `out`, then removes the checkpoint. kStopped: `stop` was set, the checkpoint
/// is there, `out` is as it was. Throws whatever check_request(), the dataset and the trainer do.
[[nodiscard]] Outcome run_training(const RunRequest& request, RunObserver& observer,
                                   const std::atomic<bool>& stop);

}  // namespace kws::train
