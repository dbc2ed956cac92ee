// SPDX-License-Identifier: MIT
#include "base/error.h"
#include "cli/commands.h"

namespace kws::cli {

void add_devices(CLI::App& app) {
  app.add_subcommand("devices", "")->callback([] { throw Error("devices: not built yet"); });
}

}  // namespace kws::cli
