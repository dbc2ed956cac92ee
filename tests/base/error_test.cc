// SPDX-License-Identifier: MIT
#include "base/error.h"

#include <gtest/gtest.h>

namespace kws {
namespace {

template <typename Inner>
void nested(const char* outer, const char* inner) {
  try {
    throw Inner(inner);
  } catch (...) {
    std::throw_with_nested(DataError(outer));
  }
}

TEST(Describe, JoinsTheChainFromTheOutside) {
  try {
    nested<ModelError>("a.kws", "no manifest");
    FAIL();
  } catch (const std::exception& error) {
    EXPECT_EQ(describe(error), "a.kws: no manifest");
    EXPECT_EQ(exit_code(error), 1);
  }
}

TEST(ExitCode, IsTwoForWhatTheUserTypedAndOneForTheRest) {
  EXPECT_EQ(exit_code(UsageError("")), 2);
  EXPECT_EQ(exit_code(ConfigError("")), 2);
  EXPECT_EQ(exit_code(DeviceError("")), 1);
  EXPECT_EQ(exit_code(std::bad_alloc()), 1);
  try {
    nested<ConfigError>("train", "unknown key");
    FAIL();
  } catch (const std::exception& error) {
    EXPECT_EQ(exit_code(error), 2);
  }
}

}  // namespace
}  // namespace kws
