// SPDX-License-Identifier: MIT
//
// The real screen: prints a canvas through ncurses, reads keys, and gives the terminal back as it
// was, whatever ends the program. The only file that knows ncurses. One at a time in a process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "tui/canvas.h"
#include "tui/panels.h"

namespace kws::tui {

class Terminal {
 public:
  /// Whether stdout is a terminal on which a screen can be drawn (TERM is known and not "dumb").
  [[nodiscard]] static bool usable();

  /// Takes the terminal of stdout over. Keys are read from it too, so stdin may be a pipe of sound.
  /// `colour`: whether colours may be used, if there are any. Throws kws::Error.
  explicit Terminal(bool colour);
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  /// In cells, at least 1×1.
  [[nodiscard]] Size size() const;
  [[nodiscard]] Colours colours() const;

  /// Readable when keys were pressed.
  [[nodiscard]] int fd() const;

  /// Bytes that were typed, as many as there are; never waits. `hung_up` afterwards: nobody will
  /// type any more.
  [[nodiscard]] std::size_t read(std::span<std::uint8_t> into);
  [[nodiscard]] bool hung_up() const;

  /// Makes the screen look like `canvas`: only what changed is sent, in one piece, and nothing at
  /// all when nothing did. When the terminal takes no more, `wait(fd)` must return once it does, or
  /// false to give the frame up. Returns the bytes sent.
  std::size_t show(const Canvas& canvas, const std::function<bool(int)>& wait);

  /// Takes the new size of the window over; the next show() sends everything.
  void resize();

  /// The next show() sends everything.
  void redraw();

  /// Gives the terminal back to the shell; takes it (again), also when somebody else changed it.
  void leave();
  void enter();

 private:
  struct Screen;
  std::unique_ptr<Screen> screen_;
};

}  // namespace kws::tui
