// SPDX-License-Identifier: MIT
//
// The dashboard for what is no screen (a pipe, a log, TERM=dumb): a line a detection, and a line on
// the state of things every few seconds.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "tui/scene.h"

namespace kws::tui {

class PlainLog {
 public:
  using Time = std::chrono::steady_clock::time_point;
  explicit PlainLog(std::chrono::milliseconds status_every) : status_every_(status_every) {}

  /// Lines to print now, each with its newline; "" if there is nothing new. Call once a refresh.
  [[nodiscard]] std::string lines(const Scene& scene);

 private:
  std::chrono::milliseconds status_every_;
  bool introduced_ = false;
  std::uint64_t printed_ = 0;  // detections
  Time last_status_{};
  std::string last_notice_;
};

}  // namespace kws::tui
