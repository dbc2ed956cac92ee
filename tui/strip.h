// SPDX-License-Identifier: MIT
//
// The last minutes of sound as columns of a tenth of a second: what the spectrogram and the
// history of posteriors are drawn from. Columns are numbered from the start of the stream, so a
// column's place on the screen (its number modulo the width) never moves: only the column under
// the cursor is redrawn, and a frame costs a few hundred bytes instead of a screenful.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "live/telemetry.h"

namespace kws::tui {

class Strip {
 public:
  static constexpr double kColumnSeconds = 0.1;
  static constexpr std::size_t kColumns = 1024;

  struct Column {
    std::uint64_t number = ~std::uint64_t{0};  // of no column
    std::uint32_t bins = 0;
    std::array<std::uint8_t, live::kMaxBins> energy{};  // 0 quiet … 255 loud, lowest band first
  };

  struct Posteriors {
    std::uint64_t number = ~std::uint64_t{0};
    std::uint32_t labels = 0;
    std::uint32_t lane = 0;
    std::array<std::uint8_t, live::kMaxLabels> highest{};  // 0 … 255 for 0 … 1
  };

  /// A word found, at the column in which its sound ended.
  struct Mark {
    std::uint64_t column = 0;
    std::string text;
  };

  /// Everything known so far is forgotten when the rate changes.
  void set_sample_rate(double sample_rate_hz);

  void add(const live::RowEvent& row);
  void add(const live::PosteriorEvent& event);
  void add_mark(double time_s, std::string text);

  /// The column under construction: where the cursor stands.
  [[nodiscard]] std::uint64_t next() const { return pending_.number; }

  /// nullptr for a column that is not there: unfinished, lost, or too long ago.
  [[nodiscard]] const Column* find(std::uint64_t number) const;
  [[nodiscard]] const Posteriors* find_posteriors(std::uint64_t number) const;

  [[nodiscard]] const std::deque<Mark>& marks() const { return marks_; }

 private:
  void finish_pending();
  void forget();

  std::uint64_t samples_per_column_ = 1600;
  std::vector<Column> columns_ = std::vector<Column>(kColumns);  // by number modulo kColumns
  std::vector<Posteriors> posteriors_ = std::vector<Posteriors>(kColumns);
  std::deque<Mark> marks_;

  // The column under construction: per band the loudest of its rows.
  struct Pending {
    std::uint64_t number = 0;
    std::uint32_t bins = 0;
    std::uint32_t rows = 0;
    std::array<float, live::kMaxBins> loudest{};
  } pending_;

  // What counts as quiet and loud follows the sound, slowly; columns keep the shade they got.
  double quiet_ = 0.0;
  std::array<double, live::kMaxBins> quiet_bands_{};  // the same of each band alone
  double loud_ = 0.0;
  bool has_range_ = false;
};

}  // namespace kws::tui
