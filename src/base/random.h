// SPDX-License-Identifier: MIT
//
// Random numbers that are the same on every machine and need no state to be saved: a generator is
// made from a seed and the coordinates of what it is for (epoch, clip), so work may be cut, moved
// between threads or resumed without changing a draw. SplitMix64 (Steele, Lea, Flood 2014).
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <utility>

namespace kws {

class Random {
 public:
  /// Different coordinates give independent sequences.
  explicit Random(std::uint64_t seed, std::initializer_list<std::uint64_t> coordinates = {});

  [[nodiscard]] std::uint64_t next() noexcept;

  /// 0 <= x < count. Requires count > 0.
  [[nodiscard]] std::size_t below(std::size_t count) noexcept;

  /// low <= x < high.
  [[nodiscard]] double uniform(double low = 0.0, double high = 1.0) noexcept;

  /// Mean 0, deviation 1 (Box-Muller).
  [[nodiscard]] double normal() noexcept;

  /// True with this probability.
  [[nodiscard]] bool chance(double probability) noexcept { return uniform() < probability; }

  /// Fisher-Yates.
  template <typename T>
  void shuffle(std::span<T> items) noexcept {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }

 private:
  std::uint64_t state_;
};

}  // namespace kws
