// SPDX-License-Identifier: MIT
//
// A small folder in the Speech Commands layout, made of tones: every word has a pitch of its own,
// so a test can tell from the sound where it came from.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace kws::testing {

/// 16 kHz: 0.2 s of silence, 0.4 s of tone at half of full scale, 0.3 s of silence.
[[nodiscard]] std::vector<float> tone_clip(double frequency_hz);

/// `count` clips of one word by as many speakers ("0000000a_nohash_0.wav", …), numbered from
/// `first_speaker`. Returns their stems.
std::vector<std::string> add_word(const std::filesystem::path& folder, const std::string& word,
                                  double frequency_hz, std::size_t count,
                                  std::size_t first_speaker = 0);

/// Seconds of white noise at this RMS level.
void add_recording(const std::filesystem::path& file, double seconds, double level);

/// The eight hex digits of a speaker's number.
[[nodiscard]] std::string speaker_name(std::size_t number);

}  // namespace kws::testing
