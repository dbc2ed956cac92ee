// SPDX-License-Identifier: MIT
//
// TOML read strictly (through toml++, the only folder that includes it): every key must be asked
// for, every value has a range, and errors name file, line, key, what was found, what is wanted and
// the nearest known key. Used for recipes, manifests and configuration.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace kws::config {

inline constexpr std::size_t kMaxDocumentBytes = std::size_t{64} << 10;
inline constexpr int kMaxDepth = 32;

struct Value;  // value.h, internal

/// A table inside a document, or the document itself. Cheap to copy; keeps the document alive.
/// Every getter marks its key as known. All throw ConfigError; load() throws DataError where the
/// file cannot be read or is too large.
class Table {
 public:
  /// Checks size and nesting depth (of brackets and dotted keys) before the parser sees the text.
  [[nodiscard]] static Table parse(std::string_view text, std::string source_name);
  [[nodiscard]] static Table load(const std::filesystem::path& path);

  /// `--set a.b=value`: replaces or adds a key. `assignment` is TOML ("train.epochs=3",
  /// "features.kind='mfcc'"); a bare word is taken as a string. Call before reading.
  void set(std::string_view assignment);

  [[nodiscard]] bool has(std::string_view key) const;

  /// Required forms: throw when the key is missing. Integer and number check min <= value <= max.
  [[nodiscard]] std::int64_t integer(std::string_view key, std::int64_t min,
                                     std::int64_t max) const;
  [[nodiscard]] double number(std::string_view key, double min, double max) const;
  [[nodiscard]] bool boolean(std::string_view key) const;
  [[nodiscard]] std::string string(std::string_view key) const;
  /// One of `choices`; the error names the nearest.
  [[nodiscard]] std::string choice(std::string_view key,
                                   const std::vector<std::string>& choices) const;
  [[nodiscard]] std::vector<std::string> strings(std::string_view key) const;
  [[nodiscard]] std::vector<std::int64_t> integers(std::string_view key, std::int64_t min,
                                                   std::int64_t max) const;
  [[nodiscard]] std::vector<double> numbers(std::string_view key, double min, double max) const;
  [[nodiscard]] Table table(std::string_view key) const;
  [[nodiscard]] std::vector<Table> tables(std::string_view key) const;  // [[key]]; absent: empty

  /// Forms with a default for an absent key.
  [[nodiscard]] std::int64_t integer_or(std::string_view key, std::int64_t fallback,
                                        std::int64_t min, std::int64_t max) const;
  [[nodiscard]] double number_or(std::string_view key, double fallback, double min,
                                 double max) const;
  [[nodiscard]] bool boolean_or(std::string_view key, bool fallback) const;
  [[nodiscard]] std::string string_or(std::string_view key, std::string fallback) const;
  [[nodiscard]] std::string choice_or(std::string_view key, std::string fallback,
                                      const std::vector<std::string>& choices) const;
  [[nodiscard]] std::vector<std::string> strings_or(std::string_view key,
                                                    std::vector<std::string> fallback) const;
  /// An absent table reads as an empty one.
  [[nodiscard]] Table table_or_empty(std::string_view key) const;

  /// Names of the keys present, sorted; marks them as known.
  [[nodiscard]] std::vector<std::string> keys() const;

  /// Throws for the first key, here or in any table below, that nobody asked for:
  /// "recipes/x.toml:12: unknown key 'train.epoch'; did you mean 'train.epochs'?". Call after
  /// reading everything.
  void reject_unknown() const;

  /// "recipes/x.toml:12: 'features.mels'", for messages of the caller's own.
  [[nodiscard]] std::string where(std::string_view key) const;
  /// where() and what is wrong with it, for checks of the caller's own:
  /// throw table.error("mels", "must not be above the number of FFT bins, 321").
  [[nodiscard]] ConfigError error(std::string_view key, const std::string& what) const;

  /// This table (the whole document, for the one that parse() gave) again as TOML, keys sorted,
  /// overrides applied, comments gone. Deterministic.
  [[nodiscard]] std::string to_toml() const;

 private:
  struct State;
  Table(std::shared_ptr<State> state, const Value* value, std::string path);
  /// Marks `key` as known; null when it is absent.
  [[nodiscard]] const Value* find(std::string_view key) const;
  [[nodiscard]] const Value& require(std::string_view key, const std::string& wanted) const;
  template <typename Item, typename Convert>
  [[nodiscard]] std::vector<Item> list(std::string_view key, const std::string& wanted,
                                       Convert convert) const;

  std::shared_ptr<State> state_;
  const Value* value_;  // always a table, inside *state_ (or the empty one)
  std::string path_;    // dotted, "" for the document
};

/// Writes TOML line by line in the order of the calls: same calls, same bytes. Floats are written
/// with the fewest digits that read back to the same value, texts with line feeds on several
/// lines. Texts must be valid UTF-8. `path` is TOML: dotted, quoted where it must be.
class Writer {
 public:
  void comment(std::string_view text);
  void table(std::string_view path);        // [path]
  void array_table(std::string_view path);  // [[path]]
  void value(std::string_view key, std::string_view text);
  void value(std::string_view key, const char* text) { value(key, std::string_view(text)); }
  void value(std::string_view key, std::int64_t number);
  void value(std::string_view key, int number) { value(key, static_cast<std::int64_t>(number)); }
  void value(std::string_view key, double number);
  void value(std::string_view key, float number);
  void value(std::string_view key, bool flag);
  void value(std::string_view key, const std::vector<std::string>& items);
  void value(std::string_view key, const std::vector<std::int64_t>& items);
  void value(std::string_view key, const std::vector<double>& items);

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  void line(std::string_view key, const std::string& value);

  std::string text_;
};

}  // namespace kws::config
