// SPDX-License-Identifier: MIT
#include "data/speakers.h"

#include <algorithm>
#include <charconv>

namespace kws::data {
namespace {

constexpr std::size_t kSpeakerDigits = 8;

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool is_meant(std::uint64_t speaker, Speakers which) {
  switch (which) {
    case Speakers::kAll:
      return true;
    case Speakers::kEven:
      return speaker % 2 == 0;
    case Speakers::kOdd:
      return speaker % 2 == 1;
  }
  return false;
}

}  // namespace

std::string_view speaker_of(std::string_view stem) {
  const auto end = stem.find("_nohash_");
  if (end != kSpeakerDigits) return {};
  const auto digits = stem.substr(0, kSpeakerDigits);
  return std::all_of(digits.begin(), digits.end(), is_hex) ? digits : std::string_view();
}

std::optional<std::uint64_t> leading_number(std::string_view stem) {
  std::uint64_t number = 0;
  const auto result = std::from_chars(stem.data(), stem.data() + stem.size(), number);
  if (result.ec != std::errc()) return std::nullopt;
  return number;
}

std::vector<std::size_t> select_speakers(std::span<const std::string> stems,
                                         const SpeakerRule& rule) {
  const bool everybody =
      rule.speakers == Speakers::kAll && rule.hold_out_every == 0 && !rule.held_out;
  std::vector<std::uint64_t> speakers;  // those the first half of the rule means, ascending
  for (const auto& stem : stems) {
    const auto speaker = leading_number(stem);
    if (speaker && is_meant(*speaker, rule.speakers)) speakers.push_back(*speaker);
  }
  std::sort(speakers.begin(), speakers.end());
  speakers.erase(std::unique(speakers.begin(), speakers.end()), speakers.end());

  std::vector<std::size_t> taken;
  for (std::size_t i = 0; i < stems.size(); ++i) {
    const auto speaker = leading_number(stems[i]);
    if (!speaker) {
      if (everybody) taken.push_back(i);
      continue;
    }
    const auto found = std::lower_bound(speakers.begin(), speakers.end(), *speaker);
    if (found == speakers.end() || *found != *speaker) continue;
    const auto rank = static_cast<std::size_t>(found - speakers.begin()) + 1;
    const bool out =
        rule.hold_out_every > 0 && rank % static_cast<std::size_t>(rule.hold_out_every) == 0;
    if (out == rule.held_out) taken.push_back(i);
  }
  return taken;
}

}  // namespace kws::data
