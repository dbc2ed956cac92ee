// SPDX-License-Identifier: MIT
//
// White noise, for sound that only has to be there.
#pragma once

#include <cstddef>
#include <vector>

#include "base/random.h"

namespace kws::measure {

/// At -20 dB: a normal distribution of deviation 0.1.
[[nodiscard]] inline std::vector<float> noise(std::size_t samples, Random random) {
  std::vector<float> result(samples);
  for (auto& sample : result) sample = static_cast<float>(0.1 * random.normal());
  return result;
}

}  // namespace kws::measure
