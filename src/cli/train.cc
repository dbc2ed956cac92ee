// SPDX-License-Identifier: MIT
#include "base/error.h"
#include "cli/commands.h"

namespace kws::cli {

void add_train(CLI::App& app) {
  app.add_subcommand("train", "")->callback([] { throw Error("train: not built yet"); });
}

}  // namespace kws::cli
