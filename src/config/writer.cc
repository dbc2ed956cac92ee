// SPDX-License-Identifier: MIT
//
// Values → TOML text, the same bytes for the same values: manifests, resolved recipes.
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "config/document.h"
#include "config/value.h"

namespace kws::config {
namespace {

template <typename Number>
std::string digits(Number number) {
  std::array<char, 64> buffer;
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number);
  return {buffer.data(), result.ptr};
}

/// TOML wants a point or an exponent to tell a float from an integer.
std::string as_float(std::string text) {
  return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
}

std::string float_text(double number) {
  if (std::isnan(number)) return "nan";
  return as_float(digits(number));
}

std::string float_text(float number) {
  if (std::isnan(number)) return "nan";
  const std::string text = as_float(digits(number));
  // A reader goes through double: where that rounds elsewhere, say it in full.
  const bool exact = static_cast<float>(std::strtod(text.c_str(), nullptr)) == number;
  return exact ? text : float_text(static_cast<double>(number));
}

/// `text` with what TOML forbids inside double quotes escaped. On several lines, line feeds and
/// tabs stay, and so does a quote that cannot be mistaken for the end.
std::string escaped(std::string_view text, bool several_lines) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto code = static_cast<unsigned char>(c);
    if (c == '\\') {
      result += "\\\\";
    } else if (c == '"') {
      const bool lone = several_lines && i > 0 && text[i - 1] != '"' && i + 1 < text.size();
      result += lone ? "\"" : "\\\"";
    } else if (c == '\n') {
      result += several_lines ? "\n" : "\\n";
    } else if (c == '\t') {
      result += several_lines ? "\t" : "\\t";
    } else if (code < 0x20 || code == 0x7F) {
      result += "\\u00";
      result += kHex[code >> 4];
      result += kHex[code & 15];
    } else {
      result += c;
    }
  }
  return result;
}

template <typename Items, typename Print>
std::string list_text(const Items& items, Print print) {
  std::string text = "[";
  for (const auto& item : items) {
    if (text.size() > 1) text += ", ";
    text += print(item);
  }
  return text + "]";
}

bool is_array_of_tables(const Value& value) {
  const auto* items = std::get_if<Array>(&value.data);
  if (items == nullptr || items->empty()) return false;
  for (const auto& item : *items) {
    if (!std::holds_alternative<Map>(item.data)) return false;
  }
  return true;
}

void write_table(const Map& map, const std::string& path, std::string& text) {
  for (const auto& [key, value] : map) {
    if (std::holds_alternative<Map>(value.data) || is_array_of_tables(value)) continue;
    text += quoted_key(key) + " = " + to_inline_toml(value) + "\n";
  }
  for (const auto& [key, value] : map) {
    const std::string below = path.empty() ? quoted_key(key) : path + "." + quoted_key(key);
    const auto write_one = [&](const Map& table, const char* open, const char* close) {
      if (!text.empty()) text += "\n";
      text += open + below + close + "\n";
      write_table(table, below, text);
    };
    if (const auto* table = std::get_if<Map>(&value.data)) {
      write_one(*table, "[", "]");
    } else if (is_array_of_tables(value)) {
      for (const auto& item : std::get<Array>(value.data)) {
        write_one(std::get<Map>(item.data), "[[", "]]");
      }
    }
  }
}

}  // namespace

std::string quoted_key(std::string_view key) {
  static constexpr std::string_view kBare =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  const bool bare = !key.empty() && key.find_first_not_of(kBare) == std::string_view::npos;
  return bare ? std::string(key) : quoted_text(key);
}

std::string quoted_text(std::string_view text) { return "\"" + escaped(text, false) + "\""; }

std::string to_inline_toml(const Value& value) {
  struct Printer {
    std::string operator()(bool flag) const { return flag ? "true" : "false"; }
    std::string operator()(std::int64_t number) const { return digits(number); }
    std::string operator()(double number) const { return float_text(number); }
    std::string operator()(const std::string& text) const { return quoted_text(text); }
    std::string operator()(const Array& items) const { return list_text(items, to_inline_toml); }
    std::string operator()(const Map& map) const {
      std::string text = "{";
      for (const auto& [key, child] : map) {
        if (text.size() > 1) text += ", ";
        text += quoted_key(key) + " = " + to_inline_toml(child);
      }
      return text + "}";
    }
  };
  return std::visit(Printer{}, value.data);
}

std::string to_toml_document(const Map& map) {
  std::string text;
  write_table(map, "", text);
  return text;
}

void Writer::line(std::string_view key, const std::string& value) {
  text_ += quoted_key(key) + " = " + value + "\n";
}

void Writer::comment(std::string_view text) { text_ += "# " + escaped(text, false) + "\n"; }
void Writer::table(std::string_view path) {
  text_ += (text_.empty() ? "[" : "\n[") + std::string(path) + "]\n";
}
void Writer::array_table(std::string_view path) {
  text_ += (text_.empty() ? "[[" : "\n[[") + std::string(path) + "]]\n";
}
void Writer::value(std::string_view key, std::string_view text) {
  const bool several_lines = text.find('\n') != std::string_view::npos;
  line(key, several_lines ? "\"\"\"\n" + escaped(text, true) + "\"\"\"" : quoted_text(text));
}
void Writer::value(std::string_view key, std::int64_t number) { line(key, digits(number)); }
void Writer::value(std::string_view key, double number) { line(key, float_text(number)); }
void Writer::value(std::string_view key, float number) { line(key, float_text(number)); }
void Writer::value(std::string_view key, bool flag) { line(key, flag ? "true" : "false"); }
void Writer::value(std::string_view key, const std::vector<std::string>& items) {
  line(key, list_text(items, quoted_text));
}
void Writer::value(std::string_view key, const std::vector<std::int64_t>& items) {
  line(key, list_text(items, [](std::int64_t item) { return digits(item); }));
}
void Writer::value(std::string_view key, const std::vector<double>& items) {
  line(key, list_text(items, [](double item) { return float_text(item); }));
}

}  // namespace kws::config
