// SPDX-License-Identifier: MIT
#include "tui/strip.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace kws::tui {
namespace {

// Logarithms of energy: the least that lies between quiet and loud, so that silence stays dark
// instead of being blown up to noise.
constexpr double kLeastRange = 4.0;
constexpr double kNoise = 0.5;        // above quiet: what background noise does by itself
constexpr double kFades = 0.5;        // how much of what is always there in a band is left out
constexpr double kGamma = 0.8;        // lifts the middle shades, where most of speech is
constexpr double kLoudFalls = 0.05;   // per column
constexpr double kLoudNears = 0.01;   // part of the way to the column's own, if that is more
constexpr double kQuietRises = 0.01;  // part of the way to the column's own quiet, per column

std::uint8_t to_byte(double fraction) {
  return static_cast<std::uint8_t>(std::lround(std::clamp(fraction, 0.0, 1.0) * 255.0));
}

}  // namespace

void Strip::set_sample_rate(double sample_rate_hz) {
  const bool sane = std::isfinite(sample_rate_hz) && sample_rate_hz >= 10.0 && sample_rate_hz < 1e9;
  if (!sane) return;
  const auto samples = static_cast<std::uint64_t>(std::llround(sample_rate_hz * kColumnSeconds));
  if (samples == samples_per_column_) return;
  samples_per_column_ = samples;
  forget();
}

void Strip::forget() {
  std::fill(columns_.begin(), columns_.end(), Column{});
  std::fill(posteriors_.begin(), posteriors_.end(), Posteriors{});
  marks_.clear();
  pending_ = Pending{};
}

void Strip::add(const live::RowEvent& row) {
  if (row.end == 0) return;
  const auto number = (row.end - 1) / samples_per_column_;
  if (number + 1 < pending_.number) forget();  // the stream began anew
  if (number != pending_.number) {
    finish_pending();
    pending_.number = number;
  }
  if (pending_.rows++ == 0) {
    pending_.bins = std::min<std::uint32_t>(row.bins, live::kMaxBins);
    pending_.loudest.fill(-HUGE_VALF);
  }
  for (std::size_t bin = 0; bin < std::min(pending_.bins, row.bins); ++bin) {
    if (std::isfinite(row.values[bin])) {
      pending_.loudest[bin] = std::max(pending_.loudest[bin], row.values[bin]);
    }
  }
}

void Strip::finish_pending() {
  if (pending_.rows > 0 && pending_.bins > 0) {
    std::array<float, live::kMaxBins> sorted{};
    const auto end =
        std::copy_if(pending_.loudest.begin(), pending_.loudest.begin() + pending_.bins,
                     sorted.begin(), [](float value) { return std::isfinite(value); });
    std::sort(sorted.begin(), end);
    const auto finite = static_cast<std::size_t>(end - sorted.begin());
    if (finite > 0) {
      const double median = static_cast<double>(sorted[finite / 2]);
      const double top = static_cast<double>(sorted[finite - 1]);
      const auto follow = [](double& quiet, double now) {
        quiet = now < quiet ? 0.5 * (quiet + now) : quiet + kQuietRises * (now - quiet);
      };
      if (!has_range_) {
        quiet_ = median;
        quiet_bands_.fill(median);
        loud_ = top;
        has_range_ = true;
      }
      follow(quiet_, median);
      for (std::size_t bin = 0; bin < pending_.bins; ++bin) {
        const double value = static_cast<double>(pending_.loudest[bin]);
        if (std::isfinite(value)) follow(quiet_bands_[bin], value);
      }
      loud_ = std::max(top, loud_ - std::max(kLoudFalls, kLoudNears * (loud_ - top)));
    }
    Column column;
    column.number = pending_.number;
    column.bins = pending_.bins;
    const double range = std::max(loud_ - quiet_, kLeastRange);
    for (std::size_t bin = 0; bin < column.bins; ++bin) {
      const double value = static_cast<double>(pending_.loudest[bin]);
      const double quiet = quiet_ + kFades * (quiet_bands_[bin] - quiet_);
      const double above = std::isfinite(value) ? (value - quiet - kNoise) / range : 0.0;
      column.energy[bin] = to_byte(std::pow(std::clamp(above, 0.0, 1.0), kGamma));
    }
    columns_[pending_.number % kColumns] = column;
  }
  pending_ = Pending{};
}

void Strip::add(const live::PosteriorEvent& event) {
  if (event.end == 0) return;
  const auto number = (event.end - 1) / samples_per_column_;
  Posteriors& column = posteriors_[number % kColumns];
  if (column.number != number || column.lane != event.lane) {
    column = Posteriors{};
    column.number = number;
    column.lane = event.lane;
  }
  column.labels = std::min<std::uint32_t>(event.labels, live::kMaxLabels);
  for (std::size_t label = 0; label < column.labels; ++label) {
    const auto value = static_cast<double>(event.posteriors[label]);
    if (std::isfinite(value))
      column.highest[label] = std::max(column.highest[label], to_byte(value));
  }
}

void Strip::add_mark(double time_s, std::string text) {
  if (!std::isfinite(time_s) || time_s < 0.0 || time_s > 1e12) return;
  marks_.push_back({static_cast<std::uint64_t>(time_s / kColumnSeconds), std::move(text)});
  if (marks_.size() > kColumns) marks_.pop_front();
}

const Strip::Posteriors* Strip::find_posteriors(std::uint64_t number) const {
  const Posteriors& column = posteriors_[number % kColumns];
  return column.number == number ? &column : nullptr;
}

const Strip::Column* Strip::find(std::uint64_t number) const {
  const Column& column = columns_[number % kColumns];
  return column.number == number && column.bins > 0 ? &column : nullptr;
}

}  // namespace kws::tui
