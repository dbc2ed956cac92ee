// SPDX-License-Identifier: MIT
//
// What a TOML document says, free of toml++ types: the tree that parser.cc makes, document.cc
// answers from and writer.cc prints. Internal to src/config.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace kws::config {

struct Value;
using Array = std::vector<Value>;
using Map = std::map<std::string, Value, std::less<>>;

struct Value {
  std::variant<bool, std::int64_t, double, std::string, Array, Map> data;
  int line = 0;  // of the key, or of the element; 0 when it came by --set
};

/// Checks the caps of document.h, then parses. Throws ConfigError naming source, line and column.
[[nodiscard]] Value parse_toml(std::string_view text, const std::string& source_name);

/// The value as TOML on one line: "[1, 2]", "{a = 1}". Floats with the fewest digits that read
/// back.
[[nodiscard]] std::string to_inline_toml(const Value& value);

/// A key as TOML writes it: bare where it can be, quoted otherwise.
[[nodiscard]] std::string quoted_key(std::string_view key);

/// A string as TOML writes it, on one line.
[[nodiscard]] std::string quoted_text(std::string_view text);

/// The whole table: scalars first, then sub-tables under their headers, keys sorted.
[[nodiscard]] std::string to_toml_document(const Map& map);

}  // namespace kws::config
