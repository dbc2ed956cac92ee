// SPDX-License-Identifier: MIT
#include "base/error.h"
#include "cli/commands.h"

namespace kws::cli {

void add_monitor(CLI::App& app) {
  app.add_subcommand("monitor", "")->callback([] { throw Error("monitor: not built yet"); });
}

}  // namespace kws::cli
