// SPDX-License-Identifier: MIT
#pragma once

#include "engine/aligned.h"

namespace kws::engine {

using AlignedFloats = Aligned<float>;

}  // namespace kws::engine
