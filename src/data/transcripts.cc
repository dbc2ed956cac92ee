// SPDX-License-Identifier: MIT
#include "data/transcripts.h"

#include <algorithm>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/text.h"

namespace kws::data {
namespace {

constexpr std::size_t kMaxTranscriptBytes = std::size_t{256} << 20;

/// Letters and apostrophes make words; bytes beyond ASCII count as letters.
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '\'' || (c & '\x80') != 0;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  for (char c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (is_letter(c)) {
      word += c;
    } else if (!word.empty()) {
      words.push_back(std::move(word));
      word.clear();
    }
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

}  // namespace

Transcripts read_transcripts(const std::filesystem::path& path) {
  Transcripts transcripts;
  const auto text = read_text_file(path, kMaxTranscriptBytes);
  for (const auto& line : split(text, '\n')) {
    const auto gap = line.find(' ');
    if (gap == std::string::npos || gap == 0) continue;
    transcripts[line.substr(0, gap)] = words_of(std::string_view(line).substr(gap + 1));
  }
  if (transcripts.empty()) {
    throw DataError(printable(path.string()) +
                    ": no transcripts; wanted lines of '<file name without ending> TEXT'");
  }
  return transcripts;
}

std::size_t count_word(const std::vector<std::string>& words, std::string_view word) {
  return static_cast<std::size_t>(std::count(words.begin(), words.end(), word));
}

}  // namespace kws::data
