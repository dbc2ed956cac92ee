// SPDX-License-Identifier: MIT
//
// A terminal emulator (libvterm) that is fed bytes and asked what a person would see.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "tui/geometry.h"

struct VTerm;
struct VTermScreen;

namespace kws::tui::testing {

class VirtualTerminal {
 public:
  explicit VirtualTerminal(Size size);
  ~VirtualTerminal();
  VirtualTerminal(const VirtualTerminal&) = delete;
  VirtualTerminal& operator=(const VirtualTerminal&) = delete;

  void write(std::string_view bytes);
  void resize(Size size);

  [[nodiscard]] Size size() const { return size_; }
  /// As Canvas::text().
  [[nodiscard]] std::string text() const;

  struct Seen {
    int ink = -1;     // palette index, -1 the default
    int ground = -1;  // likewise
    bool bold = false;
    bool reverse = false;
  };
  [[nodiscard]] Seen at(int x, int y) const;

  [[nodiscard]] bool on_alternate_screen() const { return alternate_; }
  [[nodiscard]] bool cursor_visible() const { return cursor_visible_; }

 private:
  struct Callbacks;
  Size size_;
  VTerm* terminal_;
  VTermScreen* screen_;
  bool alternate_ = false;
  bool cursor_visible_ = true;
};

}  // namespace kws::tui::testing
