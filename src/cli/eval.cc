// SPDX-License-Identifier: MIT
#include "base/error.h"
#include "cli/commands.h"

namespace kws::cli {

void add_eval(CLI::App& app) {
  app.add_subcommand("eval", "")->callback([] { throw Error("eval: not built yet"); });
}

}  // namespace kws::cli
