// SPDX-License-Identifier: MIT
//
// What a person sees of a training: on a terminal one line that is drawn over and a line an epoch,
// elsewhere plain lines.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "train/training_run.h"

namespace kws::cli {

class TrainingDisplay {
 public:
  /// Writes to stderr. `terminal`: it may go back to the start of a line.
  explicit TrainingDisplay(bool terminal, std::vector<std::string> labels);

  void reading(std::size_t done, std::size_t all);
  void phase(const std::string& what);
  void start(const train::RunStart& start);
  void step(const train::StepReport& report);
  void epoch(const train::EpochReport& report);
  /// Ends the line that is being drawn over, if there is one.
  void end_line();

 private:
  using Clock = std::chrono::steady_clock;

  void draw(const std::string& line);
  void print(const std::string& line);
  [[nodiscard]] bool due(std::chrono::milliseconds pause);

  bool terminal_;
  std::vector<std::string> labels_;
  bool drawn_ = false;
  Clock::time_point last_drawn_{};
  Clock::time_point started_{};
  std::int64_t first_step_ = 0;
  std::int64_t clips_ = 0;  // since started_
};

}  // namespace kws::cli
