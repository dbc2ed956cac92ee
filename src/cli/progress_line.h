// SPDX-License-Identifier: MIT
//
// One line on standard error that says how far a long command is. Only on a terminal: elsewhere a
// finished result is what counts.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace kws::cli {

class ProgressLine {
 public:
  explicit ProgressLine(std::string what);
  /// Wipes the line.
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  /// Redraws at most ten times a second.
  void show(std::size_t done, std::size_t total);

 private:
  std::string what_;
  bool terminal_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point last_;
};

}  // namespace kws::cli
