// SPDX-License-Identifier: MIT
//
// Time, as the frame loop sees it. Tests give it one that runs as fast as they like.
#pragma once

#include <poll.h>

#include <chrono>
#include <span>

namespace kws::tui {

class Pacer {
 public:
  using Time = std::chrono::steady_clock::time_point;
  virtual ~Pacer() = default;
  [[nodiscard]] virtual Time now() = 0;
  /// Returns at `until`, or sooner when one of the descriptors is ready or a signal came.
  virtual void wait(std::span<pollfd> descriptors, Time until) = 0;
  /// A frame was drawn and `bytes` of it sent.
  virtual void drawn(std::size_t bytes) { (void)bytes; }
};

/// The steady clock and poll(2).
class RealPacer : public Pacer {
 public:
  [[nodiscard]] Time now() override;
  void wait(std::span<pollfd> descriptors, Time until) override;
};

}  // namespace kws::tui
