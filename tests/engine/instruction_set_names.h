// SPDX-License-Identifier: MIT
//
// Names for tests that run once per instruction set.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "engine/instruction_set.h"

namespace kws::engine::testing {

/// "neon_dotprod": GoogleTest takes no hyphens.
inline std::string set_name(const ::testing::TestParamInfo<InstructionSet>& set) {
  std::string name(to_string(set.param));
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

}  // namespace kws::engine::testing
