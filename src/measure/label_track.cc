// SPDX-License-Identifier: MIT
#include "measure/label_track.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <optional>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/text.h"

namespace kws::measure {
namespace {

constexpr std::size_t kMaxLabelBytes = std::size_t{64} << 20;

std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r";
  const auto begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

std::optional<double> parse_time(std::string_view text) {
  double value = 0.0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size()) return std::nullopt;
  if (!std::isfinite(value) || value < 0.0) return std::nullopt;
  return value;
}

}  // namespace

std::vector<SpokenWord> parse_labels(std::string_view text, const std::string& source) {
  std::vector<SpokenWord> words;
  const auto lines = split(text, '\n');
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto line = trim(lines[i]);
    if (line.empty()) continue;
    const auto fields = split(line, ',');
    const auto fail = [&](const std::string& what) {
      throw DataError(printable(source) + ":" + std::to_string(i + 1) + ": " + what + " in '" +
                      printable(line) + "'; wanted start_s,end_s,word");
    };
    if (fields.size() != 3) fail("found " + std::to_string(fields.size()) + " fields");
    const auto start = parse_time(trim(fields[0]));
    const auto end = parse_time(trim(fields[1]));
    const auto word = trim(fields[2]);
    if (i == 0 && trim(fields[0]) == "start_s" && trim(fields[1]) == "end_s") continue;
    if (!start || !end) fail("a time that is no number of seconds");
    if (*end < *start) fail("an end before the start");
    if (word.empty()) fail("no word");
    words.push_back({*start, *end, std::string(word)});
  }
  std::stable_sort(words.begin(), words.end(),
                   [](const SpokenWord& a, const SpokenWord& b) { return a.start_s < b.start_s; });
  return words;
}

std::vector<SpokenWord> read_labels(const std::filesystem::path& path) {
  auto words = parse_labels(read_text_file(path, kMaxLabelBytes), path.string());
  if (words.empty()) {
    throw DataError(printable(path.string()) + ": no words; wanted lines of start_s,end_s,word");
  }
  return words;
}

std::string format_labels(std::span<const SpokenWord> words) {
  std::string text = "start_s,end_s,word\n";
  for (const auto& spoken : words) {
    char times[64];
    std::snprintf(times, sizeof times, "%.4f,%.4f,", spoken.start_s, spoken.end_s);
    text += times + spoken.word + "\n";
  }
  return text;
}

}  // namespace kws::measure
