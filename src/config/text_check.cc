// SPDX-License-Identifier: MIT
#include "config/text_check.h"

#include <algorithm>
#include <cstddef>

#include "base/error.h"
#include "base/text.h"
#include "config/document.h"

namespace kws::config {
namespace {

constexpr std::string_view kBlank = " \t";

bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }

/// Walks over the text as a TOML lexer would: strings, comments, and what stands between them.
/// Where the text is not TOML the two may disagree about what follows, but then toml++ stops there.
class Walk {
 public:
  Walk(std::string_view text, const std::string& source) : text_(text), source_(source) {}

  void run() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"' || c == '\'') {
        string(c);
      } else if (c == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else {
        between(c);
      }
    }
  }

 private:
  /// A character outside of strings and comments.
  void between(char c) {
    if (!is_ascii(c)) fail("only texts and comments may hold more than ASCII");
    const bool begins_header = c == '[' && starts_line();
    if (begins_header) header();
    // Whether it belongs to a number, a date or "true"; toml++ reads on to what may follow these.
    bare_ = in_value() && std::string_view(" \t\r\n,]}#").find(c) == std::string_view::npos &&
            (bare_ || (c != '[' && c != '{'));
    ++at_;
    if (c == '\n') ++line_;
    if (c == '[' || c == '{') open(begins_header || innermost() == kHeader ? kHeader : c);
    if (c == ']' || c == '}') close();
    if (c == '=') value_ = true;
    if (c == ',' && innermost() == '{') value_ = false;
    if (c == '\n' && (innermost() == kNone || innermost() == kHeader)) {
      open_.clear();
      value_ = false;
    }
    if (c == '.') check_depth(++dots_);
    if (c == '\n' || c == '=' || c == ',' || c == '[' || c == '{' || c == ']' || c == '}') {
      dots_ = 0;
    }
  }

  static constexpr char kNone = '\0';
  static constexpr char kHeader = 'h';
  [[nodiscard]] char innermost() const { return open_.empty() ? kNone : open_.back(); }
  /// Whether what comes is (a part of) a value and not of a key.
  [[nodiscard]] bool in_value() const {
    return innermost() == '[' || (innermost() != kHeader && value_);
  }
  void open(char bracket) {
    open_.push_back(bracket);
    check_depth(static_cast<int>(open_.size()));
    value_ = bracket == '[';
  }
  void close() {
    if (open_.empty()) return;
    value_ = open_.back() != kHeader;  // behind a list or an inline table, which are values
    open_.pop_back();
  }

  /// Whether at_ is the first character of a line that continues no list.
  [[nodiscard]] bool starts_line() const {
    const auto before = text_.substr(0, at_).find_last_not_of(kBlank);
    return open_.empty() && (before == std::string_view::npos || text_[before] == '\n');
  }

  void header() const {
    const std::size_t brackets = text_.substr(at_, 2) == "[[" ? 2 : 1;
    const auto name = text_.find_first_not_of(kBlank, at_ + brackets);
    if (name == std::string_view::npos) return;  // toml++ reports the end
    const char c = text_[name];
    const bool key = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     std::string_view("_-\"']").find(c) != std::string_view::npos;
    if (!key) fail("no name of a table begins with '" + printable(text_.substr(name, 1)) + "'");
  }

  /// A text may only begin where a key or a value may. Behind a bare word or another text toml++
  /// would not take the quote for a beginning, and the two would disagree about what follows.
  void check_may_begin_string() const {
    if (at_ == 0) return;
    if (bare_ || std::string_view(" \t\r\n=,.[{").find(text_[at_ - 1]) == std::string_view::npos) {
      fail("a quote right behind '" + printable(text_.substr(at_ - 1, 1)) + "'");
    }
  }

  void string(char quote) {
    check_may_begin_string();
    const std::string triple(3, quote);
    if (text_.substr(at_, 3) == triple) {
      at_ += 3;
      while (at_ < text_.size() && text_.substr(at_, 3) != triple) inside(quote);
      at_ = std::min(at_ + 3, text_.size());
      // Up to two quotes more belong to the string: """a quoted "word""""
      for (int more = 0; more < 2 && at_ < text_.size() && text_[at_] == quote; ++more) ++at_;
      return;
    }
    ++at_;
    while (at_ < text_.size() && text_[at_] != quote && text_[at_] != '\n') inside(quote);
    if (at_ < text_.size() && text_[at_] == quote) ++at_;
  }

  /// One character inside a string, an escaped one with its backslash.
  void inside(char quote) {
    if (text_[at_] == '\\' && quote == '"') {
      const auto next = text_.find_first_not_of(" \t\r\n", at_ + 1);
      if (next != std::string_view::npos && !is_ascii(text_[next])) {
        fail("after a backslash, a text must go on in ASCII");
      }
      if (at_ + 1 < text_.size()) ++at_;
    }
    if (text_[at_] == '\n') ++line_;
    ++at_;
  }

  void check_depth(int depth) const {
    if (depth > kMaxDepth) {
      fail("nested deeper than the " + std::to_string(kMaxDepth) + " levels allowed");
    }
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw ConfigError(source_ + ":" + std::to_string(line_) + ": not valid TOML: " + what);
  }

  std::string_view text_;
  const std::string& source_;
  std::size_t at_ = 0;
  int line_ = 1;
  std::string open_;    // brackets, the innermost last; a header's are kHeader
  bool value_ = false;  // behind a "=" outside of lists
  bool bare_ = false;   // inside a value that is no string
  int dots_ = 0;
};

}  // namespace

void check_text(std::string_view text, const std::string& source_name) {
  Walk(text, source_name).run();
}

}  // namespace kws::config
