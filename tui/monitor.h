// SPDX-License-Identifier: MIT
//
// The dashboard at work: shows a running recogniser on the terminal of stdout until the person
// leaves. `kws monitor` calls it.
#pragma once

#include <string>

#include "live/commands.h"
#include "live/telemetry.h"
#include "tui/pacer.h"

namespace kws::tui {

struct Options {
  int frames_per_second = 10;  // 1..60
  bool ascii = false;          // even where the locale has more
  std::string remark;          // on the input, for the header
};

/// Returns when the person leaves, the terminal hangs up, or SIGINT, SIGTERM or SIGHUP comes; the
/// terminal is then as it was. Without a terminal that can show a screen it prints lines instead,
/// and returns also when the sound ends. Honours NO_COLOR. Throws kws::Error.
void monitor(live::Commands& commands, live::Telemetry& telemetry, const Options& options);
void monitor(live::Commands& commands, live::Telemetry& telemetry, const Options& options,
             Pacer& pacer);

}  // namespace kws::tui
