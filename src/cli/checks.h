// SPDX-License-Identifier: MIT
//
// What several commands check of what they are given.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "sound/sound_file.h"

namespace kws::cli {

/// For check(): a number of low..high. CLI::Range lets "nan" through.
[[nodiscard]] CLI::Validator number_within(double low, double high);

/// Says on standard error that a recording is cut short or holds samples that are no numbers.
void warn_of_flaws(const sound::Recording& recording, const std::string& name);

}  // namespace kws::cli
