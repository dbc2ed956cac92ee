// SPDX-License-Identifier: MIT
//
// One file per subcommand; each adds itself, its options and what it does to the app. A subcommand
// throws on failure, main() prints the chain and chooses the exit code.
#pragma once

#include <CLI/CLI.hpp>

namespace kws::cli {

void add_bench(CLI::App& app);
void add_compress(CLI::App& app);
void add_devices(CLI::App& app);
void add_eval(CLI::App& app);
void add_features(CLI::App& app);
void add_inspect(CLI::App& app);
void add_listen(CLI::App& app);
void add_mix(CLI::App& app);
void add_monitor(CLI::App& app);
void add_train(CLI::App& app);
void add_tune(CLI::App& app);

}  // namespace kws::cli
