// SPDX-License-Identifier: MIT
//
// Who speaks, by the file name. Splits and held-out sets are made by speaker, never by clip: a
// network that has heard a voice is no judge of how it treats new ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/settings.h"

namespace kws::data {

/// "0a7c2a8d" of "0a7c2a8d_nohash_0"; "" when the name does not have eight hex digits there.
[[nodiscard]] std::string_view speaker_of(std::string_view stem);

/// 1272 of "1272-128104-0008": the digits a LibriSpeech name starts with.
[[nodiscard]] std::optional<std::uint64_t> leading_number(std::string_view stem);

/// Which files of a folder of long recordings are meant.
struct SpeakerRule {
  Speakers speakers = Speakers::kAll;
  int hold_out_every = 0;  // n > 0: the n-th, 2n-th, … of these speakers, by number, is held out
  bool held_out = false;   // take those instead of the others
};

/// Indices of the stems whose speaker the rule takes, ascending. A stem without a number belongs to
/// no speaker: taken only by a rule that takes everybody.
[[nodiscard]] std::vector<std::size_t> select_speakers(std::span<const std::string> stems,
                                                       const SpeakerRule& rule);

}  // namespace kws::data
