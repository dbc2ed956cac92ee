// SPDX-License-Identifier: MIT
#include "cli/progress_line.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace kws::cli {

ProgressLine::ProgressLine(std::string what)
    : what_(std::move(what)), terminal_(isatty(STDERR_FILENO) == 1) {}

ProgressLine::~ProgressLine() {
  if (drawn_) std::fprintf(stderr, "\r%*s\r", static_cast<int>(what_.size()) + 28, "");
}

void ProgressLine::show(std::size_t done, std::size_t total) {
  if (!terminal_ || total == 0) return;
  const auto now = std::chrono::steady_clock::now();
  if (drawn_ && now - last_ < std::chrono::milliseconds(100)) return;
  constexpr std::size_t kWidth = 20;
  const auto filled = std::min(done, total) * kWidth / total;
  std::fprintf(stderr, "\r%s [%s%s] %3zu %%", what_.c_str(), std::string(filled, '=').c_str(),
               std::string(kWidth - filled, ' ').c_str(), std::min(done, total) * 100 / total);
  std::fflush(stderr);
  drawn_ = true;
  last_ = now;
}

}  // namespace kws::cli
