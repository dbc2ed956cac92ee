// SPDX-License-Identifier: MIT
//
// Answers questions about a document and remembers which keys were asked for, so that what nobody
// asked for can be reported.
#include "config/document.h"

#include <charconv>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/text.h"
#include "config/value.h"

namespace kws::config {
namespace {

std::string joined(const std::string& path, std::string_view key) {
  return path.empty() ? quoted_key(key) : path + "." + quoted_key(key);
}

std::string shown(double number) { return to_inline_toml(Value{.data = number}); }

/// "is the text 'ten'", "is 12", "is a table": what was found, for a message.
std::string found(const Value& value) {
  struct Describe {
    std::string operator()(bool flag) const { return flag ? "is true" : "is false"; }
    std::string operator()(std::int64_t number) const { return "is " + std::to_string(number); }
    std::string operator()(double number) const { return "is " + shown(number); }
    std::string operator()(const std::string& text) const {
      return "is the text '" + printable(text, 60) + "'";
    }
    std::string operator()(const Array&) const { return "is a list"; }
    std::string operator()(const Map&) const { return "is a table"; }
  };
  return std::visit(Describe{}, value.data);
}

template <typename Number, typename Print>
std::string range(const char* kind, Number min, Number max, Print print) {
  using Limits = std::numeric_limits<Number>;
  const bool open_below = min == Limits::lowest();
  const bool open_above = max == Limits::max();
  if (open_below && open_above) return kind;
  if (open_above) return std::string(kind) + ", at least " + print(min);
  if (open_below) return std::string(kind) + ", at most " + print(max);
  return std::string(kind) + " from " + print(min) + " to " + print(max);
}

std::string integer_range(std::int64_t min, std::int64_t max) {
  return range("a whole number", min, max, [](std::int64_t n) { return std::to_string(n); });
}
std::string number_range(double min, double max) {
  return range("a number", min, max, [](double n) { return shown(n); });
}

std::optional<double> as_number(const Value& value) {
  if (const auto* number = std::get_if<double>(&value.data)) return *number;
  if (const auto* number = std::get_if<std::int64_t>(&value.data)) {
    return static_cast<double>(*number);
  }
  return std::nullopt;
}

const Value& empty_table() {
  static const Value kEmpty{.data = Map{}};
  return kEmpty;
}

/// Puts `from` over `into`: tables are merged, everything else is replaced.
void merge(Map& into, Map&& from, const std::string& path, std::string_view assignment) {
  for (auto& [key, value] : from) {
    const auto existing = into.find(key);
    auto* deeper = std::get_if<Map>(&value.data);
    if (existing == into.end() || deeper == nullptr) {
      into.insert_or_assign(key, std::move(value));
      continue;
    }
    auto* below = std::get_if<Map>(&existing->second.data);
    if (below == nullptr) {
      throw ConfigError("--set " + printable(assignment) + ": '" + printable(joined(path, key)) +
                        "' is no table");
    }
    merge(*below, std::move(*deeper), joined(path, key), assignment);
  }
}

/// Takes the lines away: what came by --set stands in no file.
void forget_lines(Value& value) {
  value.line = 0;
  if (auto* map = std::get_if<Map>(&value.data)) {
    for (auto& entry : *map) forget_lines(entry.second);
  } else if (auto* items = std::get_if<Array>(&value.data)) {
    for (auto& item : *items) forget_lines(item);
  }
}

}  // namespace

struct Table::State {
  std::string source;
  Value root;
  std::map<std::string, std::set<std::string, std::less<>>> known;  // table path → its keys
};

Table::Table(std::shared_ptr<State> state, const Value* value, std::string path)
    : state_(std::move(state)), value_(value), path_(std::move(path)) {}

Table Table::parse(std::string_view text, std::string source_name) {
  auto state = std::make_shared<State>();
  state->root = parse_toml(text, source_name);
  state->source = std::move(source_name);
  const Value* root = &state->root;
  return {std::move(state), root, ""};
}

Table Table::load(const std::filesystem::path& path) {
  return parse(read_text_file(path, kMaxDocumentBytes), path.string());
}

void Table::set(std::string_view assignment) {
  const auto equals = assignment.find('=');
  const std::string text(assignment);
  if (equals == std::string_view::npos || text.find('\n') != std::string::npos) {
    throw ConfigError("--set " + printable(assignment) + ": wants KEY=VALUE");
  }
  Value parsed;
  try {
    parsed = parse_toml(text, "--set " + printable(assignment));
  } catch (const ConfigError&) {
    // Perhaps a bare word: what no TOML value looks like is a text.
    parsed = parse_toml(text.substr(0, equals) + " = " + quoted_text(text.substr(equals + 1)),
                        "--set " + printable(assignment));
  }
  forget_lines(parsed);
  merge(std::get<Map>(state_->root.data), std::move(std::get<Map>(parsed.data)), "", assignment);
}

const Value* Table::find(std::string_view key) const {
  state_->known[path_].emplace(key);
  const auto& map = std::get<Map>(value_->data);
  const auto entry = map.find(key);
  return entry == map.end() ? nullptr : &entry->second;
}

const Value& Table::require(std::string_view key, const std::string& wanted) const {
  if (const auto* value = find(key)) return *value;
  throw error(key, "is missing, must be " + wanted);
}

std::string Table::where(std::string_view key) const {
  const auto& map = std::get<Map>(value_->data);
  const auto entry = map.find(key);
  const int line = entry == map.end() ? value_->line : entry->second.line;
  const std::string name = "'" + printable(joined(path_, key)) + "'";
  if (line > 0) return state_->source + ":" + std::to_string(line) + ": " + name;
  return entry == map.end() ? state_->source + ": " + name : "--set: " + name;
}

ConfigError Table::error(std::string_view key, const std::string& what) const {
  return ConfigError(where(key) + " " + what);
}

bool Table::has(std::string_view key) const { return find(key) != nullptr; }

std::int64_t Table::integer(std::string_view key, std::int64_t min, std::int64_t max) const {
  const auto& value = require(key, integer_range(min, max));
  const auto* number = std::get_if<std::int64_t>(&value.data);
  if (number == nullptr || *number < min || *number > max) {
    throw error(key, found(value) + ", must be " + integer_range(min, max));
  }
  return *number;
}

double Table::number(std::string_view key, double min, double max) const {
  const auto& value = require(key, number_range(min, max));
  const auto number = as_number(value);
  if (!number || !(*number >= min && *number <= max)) {
    throw error(key, found(value) + ", must be " + number_range(min, max));
  }
  return *number;
}

bool Table::boolean(std::string_view key) const {
  const auto& value = require(key, "true or false");
  if (const auto* flag = std::get_if<bool>(&value.data)) return *flag;
  throw error(key, found(value) + ", must be true or false");
}

std::string Table::string(std::string_view key) const {
  const auto& value = require(key, "a text");
  if (const auto* text = std::get_if<std::string>(&value.data)) return *text;
  throw error(key, found(value) + ", must be a text");
}

std::string Table::choice(std::string_view key, const std::vector<std::string>& choices) const {
  const auto& value = require(key, "one of " + join_words(choices));
  const auto* text = std::get_if<std::string>(&value.data);
  if (text == nullptr) throw error(key, found(value) + ", must be one of " + join_words(choices));
  for (const auto& choice : choices) {
    if (*text == choice) return *text;
  }
  const auto near = nearest_word(*text, choices);
  throw error(key, found(value) + ", must be one of " + join_words(choices) +
                       (near.empty() ? "" : "; did you mean '" + near + "'?"));
}

template <typename Item, typename Convert>
std::vector<Item> Table::list(std::string_view key, const std::string& wanted,
                              Convert convert) const {
  const auto& value = require(key, "a list of " + wanted);
  const auto* items = std::get_if<Array>(&value.data);
  if (items == nullptr) throw error(key, found(value) + ", must be a list of " + wanted);
  std::vector<Item> result;
  for (const auto& item : *items) {
    const std::optional<Item> converted = convert(item);
    if (!converted) {
      throw error(key, "has an item that " + found(item) + ", must be a list of " + wanted);
    }
    result.push_back(*converted);
  }
  return result;
}

std::vector<std::string> Table::strings(std::string_view key) const {
  return list<std::string>(key, "texts", [](const Value& item) {
    const auto* text = std::get_if<std::string>(&item.data);
    return text != nullptr ? std::optional(*text) : std::nullopt;
  });
}

std::vector<std::int64_t> Table::integers(std::string_view key, std::int64_t min,
                                          std::int64_t max) const {
  return list<std::int64_t>(key, "numbers, each " + integer_range(min, max),
                            [&](const Value& item) -> std::optional<std::int64_t> {
                              const auto* number = std::get_if<std::int64_t>(&item.data);
                              if (number == nullptr || *number < min || *number > max) return {};
                              return *number;
                            });
}

std::vector<double> Table::numbers(std::string_view key, double min, double max) const {
  return list<double>(key, "numbers, each " + number_range(min, max),
                      [&](const Value& item) -> std::optional<double> {
                        const auto number = as_number(item);
                        if (!number || !(*number >= min && *number <= max)) return {};
                        return number;
                      });
}

Table Table::table(std::string_view key) const {
  const auto& value = require(key, "a table");
  if (!std::holds_alternative<Map>(value.data))
    throw error(key, found(value) + ", must be a table");
  return {state_, &value, joined(path_, key)};
}

std::vector<Table> Table::tables(std::string_view key) const {
  std::vector<Table> result;
  const auto* value = find(key);
  if (value == nullptr) return result;
  const auto* items = std::get_if<Array>(&value->data);
  if (items == nullptr) throw error(key, found(*value) + ", must be a list of tables");
  for (const auto& item : *items) {
    if (!std::holds_alternative<Map>(item.data)) {
      throw error(key, "has an item that " + found(item) + ", must be a list of tables");
    }
    result.push_back(
        Table(state_, &item, joined(path_, key) + "[" + std::to_string(result.size()) + "]"));
  }
  return result;
}

std::int64_t Table::integer_or(std::string_view key, std::int64_t fallback, std::int64_t min,
                               std::int64_t max) const {
  return has(key) ? integer(key, min, max) : fallback;
}
double Table::number_or(std::string_view key, double fallback, double min, double max) const {
  return has(key) ? number(key, min, max) : fallback;
}
bool Table::boolean_or(std::string_view key, bool fallback) const {
  return has(key) ? boolean(key) : fallback;
}
std::string Table::string_or(std::string_view key, std::string fallback) const {
  return has(key) ? string(key) : std::move(fallback);
}
std::string Table::choice_or(std::string_view key, std::string fallback,
                             const std::vector<std::string>& choices) const {
  return has(key) ? choice(key, choices) : std::move(fallback);
}
std::vector<std::string> Table::strings_or(std::string_view key,
                                           std::vector<std::string> fallback) const {
  return has(key) ? strings(key) : std::move(fallback);
}
Table Table::table_or_empty(std::string_view key) const {
  return has(key) ? table(key) : Table(state_, &empty_table(), joined(path_, key));
}

std::vector<std::string> Table::keys() const {
  std::vector<std::string> names;
  auto& known = state_->known[path_];
  for (const auto& [key, value] : std::get<Map>(value_->data)) {
    names.push_back(key);
    known.insert(key);
  }
  return names;
}

void Table::reject_unknown() const {
  const auto& known = state_->known[path_];
  for (const auto& [key, value] : std::get<Map>(value_->data)) {
    if (!known.contains(key)) {
      const std::vector<std::string> siblings(known.begin(), known.end());
      const auto near = nearest_word(key, siblings);
      const auto line =
          value.line > 0 ? state_->source + ":" + std::to_string(value.line) : "--set";
      std::string advice;
      if (!near.empty()) {
        advice = "; did you mean '" + joined(path_, near) + "'?";
      } else if (!siblings.empty()) {
        advice = "; known here: " + join_words(siblings);
      }
      throw ConfigError(line + ": unknown key '" + printable(joined(path_, key)) + "'" + advice);
    }
    const std::string below = joined(path_, key);
    if (std::holds_alternative<Map>(value.data)) {
      Table(state_, &value, below).reject_unknown();
    } else if (const auto* items = std::get_if<Array>(&value.data)) {
      for (std::size_t i = 0; i < items->size(); ++i) {
        if (!std::holds_alternative<Map>((*items)[i].data)) continue;
        Table(state_, &(*items)[i], below + "[" + std::to_string(i) + "]").reject_unknown();
      }
    }
  }
}

std::string Table::to_toml() const { return to_toml_document(std::get<Map>(value_->data)); }

}  // namespace kws::config
