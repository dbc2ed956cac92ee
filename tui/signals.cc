// SPDX-License-Identifier: MIT
#include "tui/signals.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string>

#include "base/error.h"

namespace kws::tui {
namespace {

constexpr std::array<int, 7> kTaken{SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGCONT, SIGWINCH, SIGPIPE};

// All that a handler can reach: hence global, and one Signals at a time.
volatile std::sig_atomic_t leave_flag = 0;
volatile std::sig_atomic_t suspend_flag = 0;
volatile std::sig_atomic_t resume_flag = 0;
volatile std::sig_atomic_t resize_flag = 0;
int pipe_ends[2] = {-1, -1};
std::array<struct sigaction, kTaken.size()> former;

extern "C" void kws_tui_on_signal(int number) {
  const int saved = errno;
  switch (number) {
    case SIGTSTP:
      suspend_flag = 1;
      break;
    case SIGCONT:
      resume_flag = 1;
      break;
    case SIGWINCH:
      resize_flag = 1;
      break;
    default:
      leave_flag = 1;
  }
  [[maybe_unused]] const auto written = ::write(pipe_ends[1], "", 1);  // full is as good
  errno = saved;
}

void take(int number) {
  struct sigaction action {};
  action.sa_handler = number == SIGPIPE ? SIG_IGN : kws_tui_on_signal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  ::sigaction(number, &action, nullptr);
}

bool taken(volatile std::sig_atomic_t& flag) {
  if (flag == 0) return false;
  flag = 0;
  return true;
}

}  // namespace

Signals::Signals() {
  if (::pipe2(pipe_ends, O_CLOEXEC | O_NONBLOCK) != 0) {
    throw Error("the dashboard cannot make a pipe: " + std::string(std::strerror(errno)));
  }
  leave_flag = 0;
  suspend_flag = 0;
  resume_flag = 0;
  resize_flag = 0;
  for (std::size_t i = 0; i < kTaken.size(); ++i) {
    ::sigaction(kTaken[i], nullptr, &former[i]);
    // What nohup or a shell switched off stays so.
    const bool ignored = former[i].sa_handler == SIG_IGN &&
                         (kTaken[i] == SIGHUP || kTaken[i] == SIGINT || kTaken[i] == SIGTSTP);
    if (!ignored) take(kTaken[i]);
  }
}

Signals::~Signals() {
  for (std::size_t i = 0; i < kTaken.size(); ++i) ::sigaction(kTaken[i], &former[i], nullptr);
  ::close(pipe_ends[0]);
  ::close(pipe_ends[1]);
  pipe_ends[0] = pipe_ends[1] = -1;
}

int Signals::fd() const { return pipe_ends[0]; }

void Signals::drain() {
  std::array<char, 64> bytes;
  while (::read(pipe_ends[0], bytes.data(), bytes.size()) > 0) {
  }
}

bool Signals::leave() const { return leave_flag != 0; }
bool Signals::take_suspend() { return taken(suspend_flag); }
bool Signals::take_resume() { return taken(resume_flag); }
bool Signals::take_resize() { return taken(resize_flag); }

void Signals::suspend_process() {
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  sigemptyset(&standard.sa_mask);
  ::sigaction(SIGTSTP, &standard, nullptr);
  ::raise(SIGTSTP);  // the whole process stops in here
  take(SIGTSTP);
}

}  // namespace kws::tui
