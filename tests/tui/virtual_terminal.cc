// SPDX-License-Identifier: MIT
#include "tui/virtual_terminal.h"

#include <vterm.h>

namespace kws::tui::testing {
namespace {

void append_utf8(std::string& text, std::uint32_t character) {
  if (character < 0x80) {
    text += static_cast<char>(character);
    return;
  }
  const int tails = character < 0x800 ? 1 : character < 0x10000 ? 2 : 3;
  constexpr unsigned kHeads[] = {0, 0xC0, 0xE0, 0xF0};
  text += static_cast<char>(kHeads[tails] | (character >> (6 * tails)));
  for (int i = tails - 1; i >= 0; --i) {
    text += static_cast<char>(0x80U | ((character >> (6 * i)) & 0x3FU));
  }
}

int index_of(const VTermColor& colour, bool is_default) {
  return is_default || !VTERM_COLOR_IS_INDEXED(&colour) ? -1 : colour.indexed.idx;
}

}  // namespace

struct VirtualTerminal::Callbacks {
  static int set(VTermProp property, VTermValue* value, void* user) {
    auto* self = static_cast<VirtualTerminal*>(user);
    if (property == VTERM_PROP_ALTSCREEN) self->alternate_ = value->boolean != 0;
    if (property == VTERM_PROP_CURSORVISIBLE) self->cursor_visible_ = value->boolean != 0;
    return 1;
  }
  static constexpr VTermScreenCallbacks kTable{nullptr, nullptr, nullptr, set,
                                               nullptr, nullptr, nullptr, nullptr};
};

VirtualTerminal::VirtualTerminal(Size size)
    : size_(size),
      terminal_(vterm_new(size.height, size.width)),
      screen_(vterm_obtain_screen(terminal_)) {
  vterm_set_utf8(terminal_, 1);
  vterm_screen_enable_altscreen(screen_, 1);
  vterm_screen_set_callbacks(screen_, &Callbacks::kTable, this);
  vterm_screen_reset(screen_, 1);
}

VirtualTerminal::~VirtualTerminal() { vterm_free(terminal_); }

void VirtualTerminal::write(std::string_view bytes) {
  vterm_input_write(terminal_, bytes.data(), bytes.size());
}

void VirtualTerminal::resize(Size size) {
  size_ = size;
  vterm_set_size(terminal_, size.height, size.width);
}

std::string VirtualTerminal::text() const {
  std::string text;
  for (int y = 0; y < size_.height; ++y) {
    std::string line;
    for (int x = 0; x < size_.width; ++x) {
      VTermScreenCell cell;
      vterm_screen_get_cell(screen_, {y, x}, &cell);
      const auto character = cell.chars[0];
      if (character == static_cast<std::uint32_t>(-1)) continue;  // right half of a wide one
      append_utf8(line, character == 0 ? ' ' : character);
    }
    const auto end = line.find_last_not_of(' ');
    text += line.substr(0, end == std::string::npos ? 0 : end + 1) + '\n';
  }
  return text;
}

VirtualTerminal::Seen VirtualTerminal::at(int x, int y) const {
  VTermScreenCell cell;
  vterm_screen_get_cell(screen_, {y, x}, &cell);
  return {index_of(cell.fg, VTERM_COLOR_IS_DEFAULT_FG(&cell.fg)),
          index_of(cell.bg, VTERM_COLOR_IS_DEFAULT_BG(&cell.bg)), cell.attrs.bold != 0,
          cell.attrs.reverse != 0};
}

}  // namespace kws::tui::testing
