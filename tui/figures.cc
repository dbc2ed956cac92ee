// SPDX-License-Identifier: MIT
#include "tui/figures.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace kws::tui {
namespace {

// snprintf cuts what does not fit: no number, however large, is longer than this.
template <typename... Numbers>
std::string formatted(const char* format, Numbers... numbers) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), format, numbers...);
  return text.data();
}

constexpr long kHour = 3600;
constexpr long kDay = 24 * kHour;
constexpr double kLongestSeconds = 999.0 * kDay;

}  // namespace

std::string milliseconds_text(double milliseconds) {
  if (!std::isfinite(milliseconds) || milliseconds < 0.0) return "--";
  if (milliseconds < 0.9995) return formatted("%.3f", milliseconds);
  if (milliseconds < 9.995) return formatted("%.2f", milliseconds);
  if (milliseconds < 99.95) return formatted("%.1f", milliseconds);
  if (milliseconds < 9999.5) return formatted("%.0f", milliseconds);
  if (milliseconds < 999.5e3) return formatted("%.0f s", milliseconds / 1e3);
  return ">999 s";
}

std::string delay_text(double milliseconds) {
  if (!std::isfinite(milliseconds) || milliseconds < 0.0) return "-- ms";
  if (milliseconds < 9.95) return formatted("%.1f ms", milliseconds);
  if (milliseconds < 999.5) return formatted("%.0f ms", milliseconds);
  if (milliseconds < 999.5e3) return formatted("%.1f s", milliseconds / 1e3);
  return ">999 s";
}

std::string clock_text(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0.0) return "--:--";
  const auto whole = static_cast<long>(std::min(seconds, kLongestSeconds));
  const long minute = whole / 60 % 60;
  if (whole < kHour) return formatted("%ld:%02ld", whole / 60, whole % 60);
  if (whole < 4 * kDay) return formatted("%ld:%02ld:%02ld", whole / kHour, minute, whole % 60);
  return formatted("%ldd%02ld:%02ld", whole / kDay, whole % kDay / kHour, minute);
}

std::string log_time_text(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0.0) return "--:--";
  if (seconds >= kHour) return clock_text(seconds);
  const auto tenths = static_cast<long>(std::min(seconds, kLongestSeconds) * 10.0 + 1e-6);
  return clock_text(static_cast<double>(tenths / 10)) + formatted(".%ld", tenths % 10);
}

std::string score_text(float score) {
  if (!std::isfinite(score)) return " -- ";
  return formatted("%.2f", std::clamp(static_cast<double>(score), 0.0, 9.99));
}

std::string bytes_text(std::uint64_t bytes) {
  if (bytes < 1000) return formatted("%u B", static_cast<unsigned>(bytes));
  double value = static_cast<double>(bytes) / 1e3;
  const char* unit = "kB";
  for (const char* larger : {"MB", "GB", "TB"}) {
    if (value < 999.95) break;
    value /= 1e3;
    unit = larger;
  }
  return value > 9999.0 ? ">9999 TB" : formatted("%.1f %s", value, unit);
}

std::string count_text(std::uint64_t count) {
  if (count < 10000) return formatted("%u", static_cast<unsigned>(count));
  double value = static_cast<double>(count) / 1e3;
  const char* unit = "k";
  for (const char* larger : {"M", "G", "T"}) {
    if (value < 999.95) break;
    value /= 1e3;
    unit = larger;
  }
  return value > 999.95 ? ">999 T" : formatted("%.1f %s", value, unit);
}

std::string percent_text(double fraction) {
  if (!std::isfinite(fraction)) return "-- %";
  return formatted("%.0f %%", std::clamp(fraction, 0.0, 9.99) * 100.0);
}

std::string decibels_text(double decibels) {
  if (!std::isfinite(decibels)) return "   -- dB";
  return formatted("%5.1f dB", std::clamp(decibels, -99.9, 99.9));
}

}  // namespace kws::tui
