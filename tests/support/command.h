// SPDX-License-Identifier: MIT
//
// Runs a program to its end and keeps what it said:
//   const auto result = run_command({KWS_PROGRAM, "features", file});
//   EXPECT_EQ(result.exit_code, 0) << result.err;
#pragma once

#include <string>
#include <vector>

namespace kws::testing {

struct CommandResult {
  int exit_code = -1;  // 128 + the signal's number when one ended it, as a shell counts
  std::string out;
  std::string err;
};

/// Arguments are passed as they are; standard input is empty. Throws std::runtime_error when the
/// program cannot be started at all.
[[nodiscard]] CommandResult run_command(const std::vector<std::string>& arguments);

}  // namespace kws::testing
