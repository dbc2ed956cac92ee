// SPDX-License-Identifier: MIT
//
// Ctrl-C and SIGTERM as something a loop can ask for, so that a command ends in order.
#pragma once

#include <array>
#include <csignal>

namespace kws::cli {

/// While one exists, SIGINT, SIGTERM and SIGHUP no longer end the program but are remembered, and
/// writing to a pipe that nobody reads fails with EPIPE instead of a signal. One at a time.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  [[nodiscard]] bool requested() const noexcept;

 private:
  static constexpr std::array<int, 4> kSignals{SIGINT, SIGTERM, SIGHUP, SIGPIPE};
  std::array<struct sigaction, kSignals.size()> before_{};
};

}  // namespace kws::cli
