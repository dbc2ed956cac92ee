// SPDX-License-Identifier: MIT
//
// A training put down in a file: all that is needed to go on to the same bytes as if it had never
// stopped. What follows from (recipe, data, epoch, step) is not in it but computed again.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "nn/weights.h"
#include "train/optimiser.h"

namespace kws::train {

/// What a training was started with; another recipe or other recordings cannot go on with it.
struct Identity {
  std::string recipe;  // the whole text
  std::string data;    // counts and checksum of the recordings, a line each
};

struct Checkpoint {
  Identity identity;
  std::int64_t step = 0;  // steps done
  // Of the epoch under way.
  double loss_sum = 0.0;  // over clips
  std::int64_t correct = 0;
  std::int64_t clips = 0;
  // Of the validations so far; -1 before the first.
  double last_accuracy = -1.0;
  double best_accuracy = -1.0;
  nn::Weights weights;
  nn::Weights average;
  nn::Weights best;  // empty unless train.keep = "best"
  Optimiser::State optimiser;
};

/// Atomic: a reader finds the old one or the new one. Throws DataError.
void save_checkpoint(const Checkpoint& checkpoint, const std::filesystem::path& path);

/// Throws DataError naming the file when it cannot be read, is damaged (checksum), or is no
/// checkpoint.
[[nodiscard]] Checkpoint load_checkpoint(const std::filesystem::path& path);

/// Throws ConfigError naming the first line in which the recipes differ, DataError naming that in
/// which the recordings do; ModelError when the weights are not those of `graph`.
void check_fits(const Checkpoint& checkpoint, const Identity& wanted, const nn::Graph& graph,
                const std::filesystem::path& path);

}  // namespace kws::train
