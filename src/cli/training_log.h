// SPDX-License-Identifier: MIT
//
// The course of a training as JSON lines beside the model (docs/training.md): for plots, and for
// comparing runs. Holds nothing that depends on the clock, so equal trainings have equal logs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "train/training_run.h"

namespace kws::cli {

class TrainingLog {
 public:
  TrainingLog(std::filesystem::path path, std::vector<std::string> labels);

  // Each throws DataError when the file cannot be written.

  /// Begins a new file or, when resumed, drops what was logged after that step.
  void start(const train::RunStart& start, const train::Recipe& recipe);
  void step(const train::StepReport& report);  // written with the next epoch() at the latest
  void epoch(const train::EpochReport& report);

 private:
  void flush();

  std::filesystem::path path_;
  std::vector<std::string> labels_;
  std::ofstream file_;
};

}  // namespace kws::cli
