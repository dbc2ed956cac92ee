// SPDX-License-Identifier: MIT
//
// Text → Value by toml++. That parser recurses once per bracket and per dot of a key, so a hostile
// text could overflow the stack: size and depth are checked here before it sees the text.
#include <algorithm>
#include <cstddef>
#include <utility>

#define TOML_EXCEPTIONS 1
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include "base/error.h"
#include "base/text.h"
#include "config/document.h"
#include "config/value.h"

namespace kws::config {
namespace {

/// Walks over the text as a TOML lexer would, strings and comments skipped, counting open brackets
/// and the dots of each key. Where the text is not TOML the two may disagree about what follows,
/// but then toml++ stops there too.
class DepthCheck {
 public:
  DepthCheck(std::string_view text, const std::string& source) : text_(text), source_(source) {}

  void run() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"' || c == '\'') {
        skip_string(c);
        continue;
      }
      if (c == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
        continue;
      }
      ++at_;
      if (c == '\n') ++line_;
      if (c == '[' || c == '{') check(++brackets_);
      if (c == ']' || c == '}') brackets_ = std::max(0, brackets_ - 1);
      if (c == '.') check(++dots_);
      if (c == '\n' || c == '=' || c == ',' || c == '[' || c == '{' || c == ']' || c == '}') {
        dots_ = 0;
      }
    }
  }

 private:
  void check(int depth) const {
    if (depth > kMaxDepth) {
      throw ConfigError(source_ + ":" + std::to_string(line_) + ": nested deeper than the " +
                        std::to_string(kMaxDepth) + " levels allowed");
    }
  }

  void skip_string(char quote) {
    const std::string triple(3, quote);
    if (text_.substr(at_, 3) == triple) {
      at_ += 3;
      while (at_ < text_.size() && text_.substr(at_, 3) != triple) step(quote);
      at_ = std::min(at_ + 3, text_.size());
      // Up to two quotes more belong to the string: """a quoted "word""""
      for (int more = 0; more < 2 && at_ < text_.size() && text_[at_] == quote; ++more) ++at_;
      return;
    }
    ++at_;
    while (at_ < text_.size() && text_[at_] != quote && text_[at_] != '\n') step(quote);
    if (at_ < text_.size() && text_[at_] == quote) ++at_;
  }

  /// One character inside a string, an escaped one with its backslash.
  void step(char quote) {
    if (text_[at_] == '\\' && quote == '"' && at_ + 1 < text_.size()) ++at_;
    if (text_[at_] == '\n') ++line_;
    ++at_;
  }

  std::string_view text_;
  const std::string& source_;
  std::size_t at_ = 0;
  int line_ = 1;
  int brackets_ = 0;
  int dots_ = 0;
};

class Conversion {
 public:
  explicit Conversion(const std::string& source) : source_(source) {}

  [[nodiscard]] Value run(const toml::node& node, int line, int depth) const {
    // Dotted keys inside brackets add up, which only the tree shows.
    if (depth > kMaxDepth)
      fail(line, "nested deeper than " + std::to_string(kMaxDepth) + " levels");
    Value value;
    value.line = line;
    if (const auto* table = node.as_table()) {
      Map map;
      for (const auto& [key, child] : *table) {
        const int key_line = static_cast<int>(key.source().begin.line);
        map.emplace(std::string(key.str()), run(child, key_line > 0 ? key_line : line, depth + 1));
      }
      value.data = std::move(map);
    } else if (const auto* array = node.as_array()) {
      Array items;
      for (const auto& item : *array) {
        const int own = static_cast<int>(item.source().begin.line);
        items.push_back(run(item, own > 0 ? own : line, depth + 1));
      }
      value.data = std::move(items);
    } else if (const auto* text = node.as_string()) {
      value.data = text->get();
    } else if (const auto* integer = node.as_integer()) {
      value.data = integer->get();
    } else if (const auto* number = node.as_floating_point()) {
      value.data = number->get();
    } else if (const auto* flag = node.as_boolean()) {
      value.data = flag->get();
    } else {
      fail(line, "dates and times mean nothing here; quote it to make it a text");
    }
    return value;
  }

 private:
  [[noreturn]] void fail(int line, const std::string& what) const {
    throw ConfigError(source_ + ":" + std::to_string(line) + ": " + what);
  }

  const std::string& source_;
};

}  // namespace

Value parse_toml(std::string_view text, const std::string& source_name) {
  if (text.size() > kMaxDocumentBytes) {
    throw ConfigError(source_name + ": " + std::to_string(text.size()) +
                      " bytes of TOML, more than the " + std::to_string(kMaxDocumentBytes) +
                      " allowed");
  }
  DepthCheck(text, source_name).run();
  try {
    const toml::table root = toml::parse(text);
    return Conversion(source_name).run(root, 1, 0);
  } catch (const toml::parse_error& error) {
    const auto& at = error.source().begin;
    throw ConfigError(source_name + ":" + std::to_string(at.line) + ":" +
                      std::to_string(at.column) +
                      ": not valid TOML: " + printable(error.description()));
  }
}

}  // namespace kws::config
