// SPDX-License-Identifier: MIT
//
// Complex spectrum → how much of each frequency there is.
#pragma once

#include <span>

#include "base/realtime.h"

namespace kws::features {

/// complex: shape [bins, 2], real and imaginary part in turn.   result: shape [bins], |X|.
void magnitudes(std::span<const float> complex, std::span<float> result) noexcept KWS_REALTIME;

/// The same, |X|^2.
void powers(std::span<const float> complex, std::span<float> result) noexcept KWS_REALTIME;

}  // namespace kws::features
