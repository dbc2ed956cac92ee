// SPDX-License-Identifier: MIT
//
// ncurses draws into a file in memory, not into the terminal: so a frame's bytes are known, it goes
// out in one write between marks of a synchronised update, and a frame without news goes not at
// all. ncurses then knows no terminal: modes and size are set here.
#define NCURSES_WIDECHAR 1
#define NCURSES_NOMACROS 1
#include "tui/terminal.h"

#include <curses.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "tui/theme.h"

namespace kws::tui {
namespace {

constexpr std::string_view kFrameBegins = "\033[?2026h";
constexpr std::string_view kFrameEnds = "\033[?2026l";

class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

/// A file description of our own, so that it can be non-blocking without making the shell's so.
int open_terminal() {
  std::array<char, 256> name{};
  int fd = -1;
  if (::ttyname_r(STDOUT_FILENO, name.data(), name.size()) == 0) {
    fd = ::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
  }
  if (fd < 0) fd = ::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) fd = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  return fd;
}

// What a crash does before the process dies: all of it is allowed in a signal handler.
constexpr std::array<int, 5> kFatal{SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE};
// A handler can reach globals only; there is one Terminal at a time.
struct Rescue {
  volatile std::sig_atomic_t armed = 0;
  int fd = -1;
  termios modes{};
  std::array<char, 256> bytes{};
  std::size_t count = 0;
} rescue;

extern "C" void kws_tui_on_crash(int number) {
  if (rescue.armed != 0) {
    rescue.armed = 0;
    [[maybe_unused]] const auto written = ::write(rescue.fd, rescue.bytes.data(), rescue.count);
    ::tcsetattr(rescue.fd, TCSANOW, &rescue.modes);
  }
  ::raise(number);  // the handler was for once: this ends the process as it would have
}

void catch_crashes() {
  for (const int number : kFatal) {
    struct sigaction former {};
    ::sigaction(number, nullptr, &former);
    if (former.sa_handler != SIG_DFL) continue;  // somebody (a sanitizer) watches already
    struct sigaction action {};
    action.sa_handler = kws_tui_on_crash;
    sigemptyset(&action.sa_mask);
    action.sa_flags = static_cast<int>(SA_RESETHAND | SA_NODEFER);
    ::sigaction(number, &action, nullptr);
  }
}

void stop_catching_crashes() {
  for (const int number : kFatal) {
    struct sigaction former {};
    ::sigaction(number, nullptr, &former);
    if (former.sa_handler == kws_tui_on_crash) ::signal(number, SIG_DFL);
  }
}

std::string capability(const char* name) {
  const char* value = ::tigetstr(name);
  return value == nullptr || value == reinterpret_cast<char*>(-1) ? std::string() : value;
}

}  // namespace

struct Terminal::Screen {
  Fd tty{open_terminal()};
  Fd memory{::memfd_create("kws-screen", MFD_CLOEXEC)};
  File out;
  File in;
  SCREEN* curses = nullptr;
  termios shell_modes{};
  termios our_modes{};
  bool have_modes = false;
  bool entered = false;
  bool hung_up = false;
  Colours colours = Colours::kNone;
  bool direct_colour = false;                // colours are red, green and blue instead of an index
  std::map<std::pair<int, int>, int> pairs;  // (ink, ground) → ncurses' number
  std::optional<Canvas> shown;
  std::string unsent;  // of a frame that was given up: must go before anything else

  ~Screen() {
    if (curses != nullptr) ::delscreen(curses);
  }

  [[nodiscard]] int pair_of(const Look& look) {
    const auto native = [&](int index) {
      return direct_colour && index >= 0 ? std::max(rgb_of(index), 8) : index;
    };
    if (look.ink < 0 && look.ground < 0) return 0;
    const auto [entry, is_new] = pairs.try_emplace({look.ink, look.ground}, 0);
    if (is_new) {
      const int number = static_cast<int>(pairs.size());
      const bool made = number < COLOR_PAIRS &&
                        ::init_extended_pair(number, native(look.ink), native(look.ground)) == OK;
      entry->second = made ? number : 0;
    }
    return entry->second;
  }

  void draw(int x, int y, const Cell& cell) {
    const Look look = look_of(cell.style, colours);
    attr_t attributes = A_NORMAL;
    if (look.bold) attributes |= A_BOLD;
    if (look.dim) attributes |= A_DIM;
    if (look.reverse) attributes |= A_REVERSE;
    auto glyph = static_cast<wchar_t>(cell.glyph);
    // What the C library takes for wider or narrower than we do would shift the row.
    if (cell.glyph >= 0x80 && ::wcwidth(glyph) != cells_of(cell.glyph)) glyph = L'?';
    const std::array<wchar_t, 2> text{glyph, L'\0'};
    cchar_t drawn{};
    int pair = pair_of(look);
    ::setcchar(&drawn, text.data(), attributes, static_cast<short>(pair), &pair);
    ::mvadd_wch(y, x, &drawn);
  }

  /// What ncurses has written since the last call.
  [[nodiscard]] std::string take_output() {
    std::fflush(out.get());
    const auto size = ::lseek(memory.get(), 0, SEEK_END);
    std::string bytes(static_cast<std::size_t>(std::max<off_t>(size, 0)), '\0');
    std::size_t done = 0;
    while (done < bytes.size()) {
      const auto got =
          ::pread(memory.get(), bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
      if (got <= 0) break;
      done += static_cast<std::size_t>(got);
    }
    bytes.resize(done);
    [[maybe_unused]] const int cut = ::ftruncate(memory.get(), 0);
    ::lseek(memory.get(), 0, SEEK_SET);
    return bytes;
  }

  /// Writes all of `bytes`; what is left when `wait` gives up.
  [[nodiscard]] std::string_view send(std::string_view bytes,
                                      const std::function<bool(int)>& wait) {
    while (!bytes.empty() && !hung_up) {
      const auto written = ::write(tty.get(), bytes.data(), bytes.size());
      if (written > 0) {
        bytes.remove_prefix(static_cast<std::size_t>(written));
      } else if (written < 0 && (errno == EAGAIN || errno == EINTR)) {
        if (!wait(tty.get())) return bytes;
      } else {
        hung_up = true;
      }
    }
    return {};
  }
};

bool Terminal::usable() {
  if (::isatty(STDOUT_FILENO) == 0) return false;
  const char* term = std::getenv("TERM");
  if (term == nullptr || *term == '\0' || std::string_view(term) == "dumb") return false;
  int problem = 0;
  if (::setupterm(term, STDOUT_FILENO, &problem) != OK) return false;
  const bool moves = !capability("cup").empty() && !capability("clear").empty();
  ::del_curterm(cur_term);
  return moves;
}

Terminal::Terminal(bool colour) : screen_(std::make_unique<Screen>()) {
  Screen& screen = *screen_;
  if (screen.tty.get() < 0 || screen.memory.get() < 0) {
    throw Error("the dashboard cannot open the terminal: " + std::string(std::strerror(errno)));
  }
  screen.out.reset(::fdopen(::fcntl(screen.memory.get(), F_DUPFD_CLOEXEC, 3), "w"));
  screen.in.reset(std::fopen("/dev/null", "re"));
  if (screen.out == nullptr || screen.in == nullptr) {
    throw Error("the dashboard cannot open its screen: " + std::string(std::strerror(errno)));
  }
  screen.have_modes = ::tcgetattr(screen.tty.get(), &screen.shell_modes) == 0;
  screen.our_modes = screen.shell_modes;
  // Keys come at once and unseen; Ctrl-C and Ctrl-Z are signals; nothing is added to what we send.
  screen.our_modes.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | IEXTEN);
  screen.our_modes.c_iflag &= ~static_cast<tcflag_t>(IXON | ICRNL);
  screen.our_modes.c_oflag &= ~static_cast<tcflag_t>(OPOST);
  screen.our_modes.c_cc[VMIN] = 1;
  screen.our_modes.c_cc[VTIME] = 0;

  screen.curses = ::newterm(nullptr, screen.out.get(), screen.in.get());
  if (screen.curses == nullptr) {
    throw Error("the terminal \"" + std::string(std::getenv("TERM")) + "\" cannot show a screen");
  }
  ::nonl();
  ::noecho();
  ::curs_set(0);
  ::leaveok(stdscr, TRUE);
  ::typeahead(-1);
  ::idcok(stdscr, FALSE);  // moving the strip's cursor is no insertion of blanks before it
  if (colour && ::has_colors() && ::start_color() == OK) {
    ::use_default_colors();
    screen.colours = COLORS >= 256 ? Colours::kMany : COLORS >= 8 ? Colours::kFew : Colours::kNone;
    screen.direct_colour = ::tigetflag("RGB") > 0;
  }

  std::string rescue_text{kFrameEnds};
  for (const char* name : {"sgr0", "op", "cnorm", "rmcup"}) rescue_text += capability(name);
  rescue.count = std::min(rescue_text.size(), rescue.bytes.size());
  std::copy_n(rescue_text.data(), rescue.count, rescue.bytes.data());
  rescue.fd = screen.tty.get();
  rescue.modes = screen.shell_modes;
  catch_crashes();
  enter();
}

Terminal::~Terminal() {
  leave();
  stop_catching_crashes();
}

Size Terminal::size() const {
  winsize window{};
  if (::ioctl(screen_->tty.get(), TIOCGWINSZ, &window) != 0 || window.ws_col == 0 ||
      window.ws_row == 0) {
    return {80, 24};  // a terminal that does not know
  }
  return {std::min<int>(window.ws_col, 1000), std::min<int>(window.ws_row, 1000)};
}

Colours Terminal::colours() const { return screen_->colours; }
int Terminal::fd() const { return screen_->tty.get(); }
bool Terminal::hung_up() const { return screen_->hung_up; }

std::size_t Terminal::read(std::span<std::uint8_t> into) {
  if (into.empty()) return 0;
  const auto count = ::read(screen_->tty.get(), into.data(), into.size());
  if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) screen_->hung_up = true;
  return count > 0 ? static_cast<std::size_t>(count) : 0;
}

std::size_t Terminal::show(const Canvas& canvas, const std::function<bool(int)>& wait) {
  Screen& screen = *screen_;
  const Size size = canvas.size();
  if (screen.shown && screen.shown->size() != size) screen.shown.reset();
  for (int y = 0; y < size.height; ++y) {
    for (int x = 0; x < size.width; ++x) {
      const Cell& cell = canvas.at(x, y);
      if (cell.glyph == 0) continue;  // drawn with the character on its left
      const bool wide = x + 1 < size.width && canvas.at(x + 1, y).glyph == 0;
      const bool same = screen.shown && screen.shown->at(x, y) == cell &&
                        (!wide || screen.shown->at(x + 1, y).glyph == 0);
      if (!same) screen.draw(x, y, cell);
    }
  }
  ::refresh();
  screen.shown = canvas;
  std::string frame = screen.take_output();
  if (!frame.empty()) frame = std::string(kFrameBegins) + frame + std::string(kFrameEnds);
  screen.unsent += frame;
  const auto total = screen.unsent.size();
  const auto left = screen.send(screen.unsent, wait).size();
  screen.unsent.erase(0, total - left);
  return total - left;
}

void Terminal::resize() {
  const Size now = size();
  ::resizeterm(now.height, now.width);
  redraw();
}

void Terminal::redraw() {
  ::clearok(curscr, TRUE);
  screen_->shown.reset();
  ::erase();
}

void Terminal::enter() {
  Screen& screen = *screen_;
  if (screen.have_modes) ::tcsetattr(screen.tty.get(), TCSADRAIN, &screen.our_modes);
  screen.entered = true;
  rescue.armed = screen.have_modes ? 1 : 0;
  resize();
}

void Terminal::leave() {
  Screen& screen = *screen_;
  if (!screen.entered) return;
  ::endwin();
  screen.entered = false;
  // Whatever is still to be sent is no longer worth it, but the way back is: wait for it a little.
  const std::string bytes = std::string(kFrameEnds) + screen.take_output();
  screen.unsent.clear();
  int patience = 20;
  [[maybe_unused]] const auto left = screen.send(bytes, [&](int) {
    ::usleep(10'000);
    return --patience > 0;
  });
  rescue.armed = 0;
  if (screen.have_modes) ::tcsetattr(screen.tty.get(), TCSANOW, &screen.shell_modes);
}

}  // namespace kws::tui
