// SPDX-License-Identifier: MIT
//
// Numbers as people read them, in the room there is. What is no number is shown as "--".
#pragma once

#include <cstdint>
#include <string>

namespace kws::tui {

/// "0.021", "3.14", "41.2", "412", "12 s": milliseconds in at most 6 characters.
[[nodiscard]] std::string milliseconds_text(double milliseconds);

/// "0.5 ms", "12 ms", "1.2 s": how long one detection took, at most 7 characters.
[[nodiscard]] std::string delay_text(double milliseconds);

/// "0:07", "12:34", "3:00:01", "12d04:30": at most 9 characters.
[[nodiscard]] std::string clock_text(double seconds);

/// "0:07.4": with tenths for the first hour, for the log. At most 9 characters.
[[nodiscard]] std::string log_time_text(double seconds);

/// "0.93", always 4 characters.
[[nodiscard]] std::string score_text(float score);

/// "512 B", "96.0 kB", "18.2 MB": powers of 1000.
[[nodiscard]] std::string bytes_text(std::uint64_t bytes);

/// "37256" → "37.3 k", "16.5 M": at most 7 characters.
[[nodiscard]] std::string count_text(std::uint64_t count);

/// 0..1 as "37 %".
[[nodiscard]] std::string percent_text(double fraction);

/// "-23.4 dB", always 8 characters.
[[nodiscard]] std::string decibels_text(double decibels);

}  // namespace kws::tui
