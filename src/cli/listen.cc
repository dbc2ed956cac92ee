// SPDX-License-Identifier: MIT
#include "base/error.h"
#include "cli/commands.h"

namespace kws::cli {

void add_listen(CLI::App& app) {
  app.add_subcommand("listen", "")->callback([] { throw Error("listen: not built yet"); });
}

}  // namespace kws::cli
