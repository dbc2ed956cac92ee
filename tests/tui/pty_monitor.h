// SPDX-License-Identifier: MIT
//
// Runs the real dashboard on a pseudo terminal, in a process of its own under a small shell (so
// that it can be suspended), frame by frame: the virtual clock stands still until the test asks for
// the next frame, and every byte sent is in the virtual terminal before the test looks.
#pragma once

#include <sys/types.h>
#include <termios.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "tui/made_up_recogniser.h"
#include "tui/monitor.h"
#include "tui/virtual_terminal.h"

namespace kws::tui::testing {

class PtyMonitor {
 public:
  struct Setup {
    Size size{80, 24};
    std::string term = "xterm-256color";
    bool no_color = false;
    bool ascii = false;
    std::size_t models = 1;
    std::string remark;
    std::function<void(MadeUpRecogniser&)> prepare;  // in the child, before the start
    int fail_at_frame = -1;                          // throws out of the frame loop
    int abort_at_frame = -1;                         // calls abort()
  };

  explicit PtyMonitor(const Setup& setup);
  ~PtyMonitor();
  PtyMonitor(const PtyMonitor&) = delete;
  PtyMonitor& operator=(const PtyMonitor&) = delete;

  /// Lets `hops` hops and 100 ms pass and one frame be drawn. Returns its bytes; nullopt when the
  /// dashboard has ended instead.
  std::optional<std::size_t> frame(int hops = 5);
  /// Types; a frame answers at once.
  std::optional<std::size_t> type(const std::string& keys);
  /// Sends a signal that makes the loop draw or end.
  std::optional<std::size_t> signal(int number);
  std::optional<std::size_t> resize(Size size);

  /// Sends SIGTSTP and waits until the process has stopped.
  [[nodiscard]] bool suspend();
  /// SIGCONT to a stopped process; it draws a frame.
  std::optional<std::size_t> go_on();

  /// The window closes.
  void close_window();

  /// Waits for the end of the process: its exit status as of waitpid(2).
  [[nodiscard]] int wait_for_end();

  [[nodiscard]] const VirtualTerminal& screen() const { return screen_; }
  /// Everything the terminal was ever sent.
  [[nodiscard]] const std::string& sent() const { return sent_; }
  /// The modes are what they were before the dashboard came.
  [[nodiscard]] bool modes_restored() const;

 private:
  struct Ask;
  struct Tell;
  std::optional<std::size_t> ask(const Ask& ask);
  std::optional<std::size_t> await_frame();
  void take_output(std::uint64_t until);

  VirtualTerminal screen_;
  termios before_{};
  int terminal_ = -1;  // our end of the pty
  int asks_ = -1;      // pipes to and from the child
  int tells_ = -1;
  int ends_ = -1;  // from the shell: how the job stopped or ended
  pid_t shell_ = -1;
  pid_t job_ = -1;
  std::uint64_t received_ = 0;   // bytes from the terminal
  std::uint64_t drawn_ = 0;      // bytes that the child says it sent in frames
  std::uint64_t uncounted_ = 0;  // bytes that it sent besides, on leaving the screen
  std::string sent_;
};

}  // namespace kws::tui::testing
