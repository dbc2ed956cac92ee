// SPDX-License-Identifier: MIT
//
// Text → Value by toml++, after what it could not bear has been refused (text_check.h).
#include <utility>

// toml++ asserts some things that a hostile text can break ("[+a]" in 3.3), and without assertions
// tells the compiler to rely on them. Here they are checked in every build, and thrown.
namespace kws::config {
struct BrokenAssumption {};
[[noreturn]] static void give_up() { throw BrokenAssumption{}; }
}  // namespace kws::config
#pragma push_macro("NDEBUG")
#undef NDEBUG
#define TOML_ASSERT(condition)                  \
  do {                                          \
    if (!(condition)) ::kws::config::give_up(); \
  } while (false)
#define TOML_EXCEPTIONS 1
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>
#pragma pop_macro("NDEBUG")

#include "base/error.h"
#include "base/text.h"
#include "config/document.h"
#include "config/text_check.h"
#include "config/value.h"

namespace kws::config {
namespace {

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
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  check_text(text, source_name);
  try {
    const toml::table root = toml::parse(text);
    return Conversion(source_name).run(root, 1, 0);
  } catch (const toml::parse_error& error) {
    const auto& at = error.source().begin;
    throw ConfigError(source_name + ":" + std::to_string(at.line) + ":" +
                      std::to_string(at.column) +
                      ": not valid TOML: " + printable(error.description()));
  } catch (const BrokenAssumption&) {
    throw ConfigError(source_name + ": not valid TOML");
  }
}

}  // namespace kws::config
