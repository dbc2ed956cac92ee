// SPDX-License-Identifier: MIT
//
// A model made by hand that knows two "words": the tones of 400 Hz and 1600 Hz. What it must say is
// plain from the sound, so measures can be checked to the last detection.
#pragma once

#include "pack/model_pack.h"

namespace kws::testing {

inline constexpr double kLowHz = 400.0;
inline constexpr double kHighHz = 1600.0;
inline constexpr double kMiddleHz = 800.0;  // `_unknown_`

/// Labels low, high, _unknown_, _silence_; a context of `frames` every 20 ms, 0.5 s if not given.
[[nodiscard]] pack::ModelPack tone_spotter(std::int64_t frames = 24);

}  // namespace kws::testing
