// SPDX-License-Identifier: MIT
#include "tui/pty_monitor.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <clocale>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace kws::tui::testing {

/// What the test asks of the child between two frames.
struct PtyMonitor::Ask {
  int hops = 0;
  bool until_woken = false;  // wait for a key or a signal instead of letting time pass
};

/// What the child says: a frame is drawn, and with it this many bytes in all are sent.
struct PtyMonitor::Tell {
  std::uint64_t bytes = 0;
};

namespace {

constexpr int kPatienceMs = 60'000;  // a hang fails the test instead of hanging it
constexpr std::chrono::milliseconds kFrame{100};

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

std::pair<int, int> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) fail("pipe");
  return {ends[0], ends[1]};
}

template <typename T>
bool read_whole(int fd, T& value) {
  ssize_t count;
  do {
    count = ::read(fd, &value, sizeof value);
  } while (count < 0 && errno == EINTR);
  return count == static_cast<ssize_t>(sizeof value);
}

template <typename T>
void write_whole(int fd, const T& value) {
  while (::write(fd, &value, sizeof value) < 0 && errno == EINTR) {
  }
}

}  // namespace

PtyMonitor::PtyMonitor(const Setup& setup) : screen_(setup.size) {
  ::signal(SIGPIPE, SIG_IGN);  // a child that died is found by its silence
  const auto [asks_out, asks_in] = make_pipe();
  const auto [tells_out, tells_in] = make_pipe();
  const auto [ends_out, ends_in] = make_pipe();
  const winsize window{static_cast<unsigned short>(setup.size.height),
                       static_cast<unsigned short>(setup.size.width), 0, 0};
  shell_ = ::forkpty(&terminal_, nullptr, nullptr, &window);
  if (shell_ < 0) fail("forkpty");
  if (shell_ == 0) {
    ::close(asks_in);
    ::close(tells_out);
    ::close(ends_out);
    ::signal(SIGHUP, SIG_IGN);
    ::signal(SIGTTOU, SIG_IGN);
    const pid_t job = ::fork();
    if (job == 0) {
      ::signal(SIGHUP, SIG_DFL);
      ::setpgid(0, 0);
      ::tcsetpgrp(STDIN_FILENO, ::getpid());
      ::signal(SIGTTOU, SIG_DFL);
      ::close(ends_in);
      ::setenv("TERM", setup.term.c_str(), 1);
      ::setenv("LC_ALL", "C.UTF-8", 1);
      ::unsetenv("NO_COLOR");
      if (setup.no_color) ::setenv("NO_COLOR", "1", 1);
      std::setlocale(LC_CTYPE, "");

      struct FramePacer : Pacer {
        explicit FramePacer(const Setup& s) : setup(s), recogniser(s.models) {}
        Time now() override { return time; }
        void wait(std::span<pollfd> descriptors, Time until) override {
          if ((descriptors[0].events & POLLOUT) != 0) {  // a full pty takes none of our time
            ::poll(descriptors.data(), descriptors.size(), kPatienceMs);
            return;
          }
          if (!ask.until_woken) {
            ::poll(descriptors.data(), descriptors.size(), 0);
            time = until;
          } else if (::poll(descriptors.data(), descriptors.size(), kPatienceMs) == 0) {
            std::_Exit(99);
          }
          ask.until_woken = false;
        }
        void drawn(std::size_t bytes) override {
          total += bytes;
          write_whole(tells, Tell{total});
          if (frame == setup.fail_at_frame) throw std::runtime_error("as the test wants it");
          if (frame == setup.abort_at_frame) std::abort();
          ++frame;
          if (!read_whole(asks, ask)) std::_Exit(98);
          recogniser.hops(ask.hops);
        }
        const Setup& setup;
        MadeUpRecogniser recogniser;
        Time time{std::chrono::hours(1)};
        Ask ask;
        std::uint64_t total = 0;
        int frame = 0;
        int asks = -1;
        int tells = -1;
      } pacer(setup);
      pacer.asks = asks_out;
      pacer.tells = tells_in;
      if (setup.prepare) setup.prepare(pacer.recogniser);
      Options options;
      options.ascii = setup.ascii;
      options.remark = setup.remark;
      try {
        monitor(pacer.recogniser, pacer.recogniser.telemetry, options, pacer);
        std::_Exit(0);
      } catch (const std::exception&) {
        std::_Exit(7);
      }
    }
    // The shell: tells the test how its job fares.
    ::close(asks_out);
    ::close(tells_in);
    ::setpgid(job, job);
    ::tcsetpgrp(STDIN_FILENO, job);
    write_whole(ends_in, job);
    int status = 0;
    while (::waitpid(job, &status, WUNTRACED) == job) {
      write_whole(ends_in, status);
      if (!WIFSTOPPED(status)) break;
    }
    char byte;
    while (::read(STDIN_FILENO, &byte, 1) > 0) {  // keeps the terminal open for the test to look
    }
    std::_Exit(0);
  }
  ::close(asks_out);
  ::close(tells_in);
  ::close(ends_in);
  asks_ = asks_in;
  tells_ = tells_out;
  ends_ = ends_out;
  if (::tcgetattr(terminal_, &before_) != 0) fail("tcgetattr");
  if (!read_whole(ends_, job_)) fail("the shell did not start");
  await_frame();
}

PtyMonitor::~PtyMonitor() {
  if (terminal_ >= 0) ::close(terminal_);
  ::close(asks_);
  if (job_ > 0) ::kill(job_, SIGKILL);
  ::kill(shell_, SIGKILL);
  ::waitpid(shell_, nullptr, 0);
  ::close(tells_);
  ::close(ends_);
}

std::optional<std::size_t> PtyMonitor::frame(int hops) { return ask({hops, false}); }

std::optional<std::size_t> PtyMonitor::type(const std::string& keys) {
  if (::write(terminal_, keys.data(), keys.size()) < 0) fail("type");
  return ask({0, true});
}

std::optional<std::size_t> PtyMonitor::signal(int number) {
  ::kill(job_, number);
  return ask({0, true});
}

std::optional<std::size_t> PtyMonitor::resize(Size size) {
  screen_.resize(size);
  const winsize window{static_cast<unsigned short>(size.height),
                       static_cast<unsigned short>(size.width), 0, 0};
  if (::ioctl(terminal_, TIOCSWINSZ, &window) != 0) fail("resize");
  return ask({0, false});
}

bool PtyMonitor::suspend() {
  ::kill(job_, SIGTSTP);
  write_whole(asks_, Ask{0, true});
  int status = 0;
  // What it sends on leaving comes before it stops.
  std::array<pollfd, 2> descriptors{{{terminal_, POLLIN, 0}, {ends_, POLLIN, 0}}};
  while (::poll(descriptors.data(), 2, kPatienceMs) > 0) {
    if ((descriptors[0].revents & POLLIN) != 0) take_output(received_ + 1);
    if ((descriptors[1].revents & POLLIN) != 0) {
      const bool stopped = read_whole(ends_, status) && WIFSTOPPED(status);
      // The kernel hands the last bytes over in its own time.
      while (::poll(descriptors.data(), 1, 50) > 0) take_output(received_ + 1);
      uncounted_ = received_ - drawn_;
      return stopped;
    }
  }
  return false;
}

std::optional<std::size_t> PtyMonitor::go_on() {
  ::kill(job_, SIGCONT);
  return await_frame();
}

void PtyMonitor::close_window() {
  ::close(terminal_);
  terminal_ = -1;
  write_whole(asks_, Ask{0, true});
}

int PtyMonitor::wait_for_end() {
  int status = -1;
  std::array<pollfd, 2> descriptors{{{ends_, POLLIN, 0}, {terminal_, POLLIN, 0}}};
  while (::poll(descriptors.data(), terminal_ < 0 ? 1 : 2, kPatienceMs) > 0) {
    if (terminal_ >= 0 && (descriptors[1].revents & POLLIN) != 0) take_output(received_ + 1);
    if ((descriptors[0].revents & (POLLIN | POLLHUP)) != 0) {
      if (!read_whole(ends_, status)) return -1;
      if (!WIFSTOPPED(status)) break;
    }
  }
  job_ = -1;
  // The kernel hands the last bytes over in its own time.
  pollfd rest{terminal_, POLLIN, 0};
  while (terminal_ >= 0 && ::poll(&rest, 1, 50) > 0 && (rest.revents & POLLIN) != 0) {
    take_output(received_ + 1);
  }
  return status;
}

bool PtyMonitor::modes_restored() const {
  termios now{};
  if (::tcgetattr(terminal_, &now) != 0) return false;
  return now.c_iflag == before_.c_iflag && now.c_oflag == before_.c_oflag &&
         now.c_lflag == before_.c_lflag && now.c_cflag == before_.c_cflag &&
         std::memcmp(now.c_cc, before_.c_cc, sizeof now.c_cc) == 0;
}

std::optional<std::size_t> PtyMonitor::ask(const Ask& ask) {
  write_whole(asks_, ask);
  return await_frame();
}

std::optional<std::size_t> PtyMonitor::await_frame() {
  std::array<pollfd, 2> descriptors{{{tells_, POLLIN, 0}, {terminal_, POLLIN, 0}}};
  while (::poll(descriptors.data(), 2, kPatienceMs) > 0) {
    // A large frame does not fit into the pty: it is read while it is written.
    if ((descriptors[1].revents & POLLIN) != 0) take_output(received_ + 1);
    if ((descriptors[0].revents & (POLLIN | POLLHUP)) != 0) {
      Tell tell;
      if (!read_whole(tells_, tell)) return std::nullopt;
      const auto bytes = tell.bytes - drawn_;
      drawn_ = tell.bytes;
      take_output(drawn_ + uncounted_);
      return bytes;
    }
  }
  errno = ETIMEDOUT;
  fail("no frame");
}

void PtyMonitor::take_output(std::uint64_t until) {
  std::array<char, 65536> bytes;
  while (received_ < until) {
    pollfd readable{terminal_, POLLIN, 0};
    if (::poll(&readable, 1, kPatienceMs) <= 0) fail("the terminal is silent");
    const auto count = ::read(terminal_, bytes.data(), bytes.size());
    if (count <= 0) return;
    received_ += static_cast<std::uint64_t>(count);
    const std::string_view part(bytes.data(), static_cast<std::size_t>(count));
    sent_ += part;
    screen_.write(part);
  }
}

}  // namespace kws::tui::testing
