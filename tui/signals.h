// SPDX-License-Identifier: MIT
//
// Signals as something that the frame loop can poll: each sets a flag and writes a byte into a
// pipe. One at a time in a process; the former handlers come back with the destructor.
#pragma once

#include <csignal>

namespace kws::tui {

class Signals {
 public:
  /// Takes over SIGINT, SIGTERM, SIGHUP (leave), SIGTSTP (suspend), SIGCONT and SIGWINCH; a reader
  /// that went away is an error of write(), not SIGPIPE. Throws kws::Error when the pipe cannot be
  /// made.
  Signals();
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  /// Readable when a signal came.
  [[nodiscard]] int fd() const;

  /// Empties the pipe.
  void drain();

  // Each is true once per signal, but for leaving, which stays.
  [[nodiscard]] bool leave() const;
  [[nodiscard]] bool take_suspend();
  [[nodiscard]] bool take_resume();
  [[nodiscard]] bool take_resize();

  /// Stops the process as SIGTSTP does by default; returns when it goes on.
  void suspend_process();
};

}  // namespace kws::tui
