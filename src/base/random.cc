// SPDX-License-Identifier: MIT
#include "base/random.h"

#include <cassert>
#include <cmath>
#include <numbers>

namespace kws {
namespace {

std::uint64_t mix(std::uint64_t x) noexcept {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

constexpr std::uint64_t kGoldenGamma = 0x9E3779B97F4A7C15ULL;

}  // namespace

Random::Random(std::uint64_t seed, std::initializer_list<std::uint64_t> coordinates)
    : state_(mix(seed + kGoldenGamma)) {
  for (const auto coordinate : coordinates) state_ = mix(state_ + kGoldenGamma * (coordinate + 1));
}

std::uint64_t Random::next() noexcept { return mix(state_ += kGoldenGamma); }

std::size_t Random::below(std::size_t count) noexcept {
  assert(count > 0);
  // Multiply-shift (Lemire 2019) without rejection: the bias is below count / 2^64.
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::size_t>((static_cast<Wide>(next()) * count) >> 64);
}

double Random::uniform(double low, double high) noexcept {
  return low + (high - low) * (static_cast<double>(next() >> 11) * 0x1.0p-53);
}

double Random::normal() noexcept {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
  return radius * std::cos(2.0 * std::numbers::pi * uniform());
}

}  // namespace kws
