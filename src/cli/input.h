// SPDX-License-Identifier: MIT
//
// `--input`, what belongs to it and what else is the same for every command that listens.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "live/input.h"

namespace kws::cli {

struct InputOptions {
  std::string input = "mic";
  double rate_hz = 0.0;  // 0: not given
  bool realtime = false;
};

/// Adds --input and --rate to `command`.
void add_input_options(CLI::App& command, InputOptions& options);

/// Adds --window, which computes every window whole.
void add_window_flag(CLI::App& command, bool& window);

/// "mic", "mic:NAME" or "mic:INDEX", "-" (s16le mono on standard input), or the path of a
/// recording. Throws UsageError when it is empty, or a rate is given for a recording, which has its
/// own.
[[nodiscard]] live::Input parse_input(const InputOptions& options);

}  // namespace kws::cli
