// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace kws {

/// Bytes of this process that lie in memory, by /proc/self/statm; 0 where that does not exist.
[[nodiscard]] std::uint64_t resident_memory();

}  // namespace kws
