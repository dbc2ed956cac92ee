// SPDX-License-Identifier: MIT
#include "tui/monitor.h"

#include <langinfo.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "tui/dashboard.h"
#include "tui/plain_log.h"
#include "tui/signals.h"
#include "tui/terminal.h"

namespace kws::tui {
namespace {

constexpr std::chrono::seconds kPlainStatus{1};

bool utf8_locale() { return std::string_view(::nl_langinfo(CODESET)) == "UTF-8"; }

bool colour_wanted() {
  const char* no_colour = std::getenv("NO_COLOR");  // https://no-color.org
  return no_colour == nullptr || *no_colour == '\0';
}

/// False when nobody reads any more.
bool print(std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

void print_lines(Scene& scene, Signals& signals, Pacer& pacer, Pacer::Time::duration period) {
  PlainLog log(kPlainStatus);
  for (;;) {
    const auto now = pacer.now();
    scene.refresh(now);
    const auto text = log.lines(scene);
    if (!print(text)) return;
    pacer.drawn(text.size());
    if (signals.leave() || scene.phase() == Phase::kEnded || scene.phase() == Phase::kLost) {
      return;
    }
    if (signals.take_suspend()) signals.suspend_process();
    std::array<pollfd, 1> descriptors{{{signals.fd(), POLLIN, 0}}};
    pacer.wait(descriptors, now + period);
    signals.drain();
  }
}

/// False when the person wants to leave.
bool obey_keys(Terminal& terminal, KeyDecoder& decoder, Dashboard& dashboard) {
  std::array<std::uint8_t, 256> bytes;
  const auto count = terminal.read(bytes);
  const auto obey = [&](std::optional<Key> key) {
    if (key == Key::kRedraw) terminal.redraw();
    return !key || dashboard.press(*key);
  };
  for (std::size_t i = 0; i < count; ++i) {
    if (!obey(decoder.push(bytes[i]))) return false;
  }
  return obey(decoder.pause());
}

void draw_frames(Scene& scene, Signals& signals, Pacer& pacer, Pacer::Time::duration period,
                 Charset charset) {
  Terminal terminal(colour_wanted());
  Dashboard dashboard(scene);
  KeyDecoder decoder;
  // A terminal that is held up (a slow line, Ctrl-S in tmux) holds up the screen and nothing else.
  const auto wait_for_room = [&](int fd) {
    std::array<pollfd, 2> descriptors{{{fd, POLLOUT, 0}, {signals.fd(), POLLIN, 0}}};
    pacer.wait(descriptors, pacer.now() + period);
    signals.drain();
    return !signals.leave();
  };
  Canvas canvas(terminal.size(), charset);
  auto next_frame = pacer.now();
  while (!signals.leave() && !terminal.hung_up()) {
    if (signals.take_suspend()) {
      terminal.leave();
      signals.suspend_process();
      terminal.enter();
    }
    if (signals.take_resume()) terminal.enter();  // stopped by SIGSTOP: the shell was at the screen
    if (signals.take_resize()) terminal.resize();
    if (canvas.size() != terminal.size()) {
      terminal.resize();
      canvas = Canvas(terminal.size(), charset);
    }
    const auto now = pacer.now();
    scene.refresh(now);
    dashboard.draw(canvas, terminal.colours());
    pacer.drawn(terminal.show(canvas, wait_for_room));

    next_frame = std::max(next_frame + period, now);
    bool pressed = false;
    while (!pressed && !signals.leave() && pacer.now() < next_frame) {
      std::array<pollfd, 2> descriptors{{{terminal.fd(), POLLIN, 0}, {signals.fd(), POLLIN, 0}}};
      pacer.wait(descriptors, next_frame);
      signals.drain();
      if ((descriptors[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
        if (!obey_keys(terminal, decoder, dashboard)) return;
        pressed = true;  // the answer is shown at once
      }
      if (terminal.hung_up()) return;
    }
    if (pressed) next_frame = pacer.now();
  }
}

}  // namespace

void monitor(live::Commands& commands, live::Telemetry& telemetry, const Options& options,
             Pacer& pacer) {
  Scene scene(commands, telemetry, options.remark);
  Signals signals;
  const auto period = std::chrono::duration_cast<Pacer::Time::duration>(
      std::chrono::duration<double>(1.0 / std::clamp(options.frames_per_second, 1, 60)));
  if (!Terminal::usable()) {
    print_lines(scene, signals, pacer, period);
    return;
  }
  const auto charset = utf8_locale() && !options.ascii ? Charset::kUtf8 : Charset::kAscii;
  draw_frames(scene, signals, pacer, period, charset);
}

void monitor(live::Commands& commands, live::Telemetry& telemetry, const Options& options) {
  RealPacer pacer;
  monitor(commands, telemetry, options, pacer);
}

}  // namespace kws::tui
