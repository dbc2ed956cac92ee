// SPDX-License-Identifier: MIT
#include "base/error.h"
#include "cli/commands.h"

namespace kws::cli {

void add_features(CLI::App& app) {
  app.add_subcommand("features", "")->callback([] { throw Error("features: not built yet"); });
}

}  // namespace kws::cli
