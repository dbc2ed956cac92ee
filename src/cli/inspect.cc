// SPDX-License-Identifier: MIT
#include "base/error.h"
#include "cli/commands.h"

namespace kws::cli {

void add_inspect(CLI::App& app) {
  app.add_subcommand("inspect", "")->callback([] { throw Error("inspect: not built yet"); });
}

}  // namespace kws::cli
