// SPDX-License-Identifier: MIT
//
// `kws`: hears keywords, shows how, trains and measures the networks that do it.
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/version.h"

namespace {

/// A misspelt command deserves more than "a subcommand is required".
void reject_unknown_command(const CLI::App& app, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return;
  const std::string word = argv[1];
  std::vector<std::string> names;
  for (const auto* command : app.get_subcommands({})) names.push_back(command->get_name());
  if (std::find(names.begin(), names.end(), word) != names.end()) return;
  const auto near = kws::nearest_word(word, names);
  throw kws::UsageError(
      "there is no command '" + kws::printable(word) + "'; " +
      (near.empty() ? "there are " + kws::join_words(names) : "did you mean '" + near + "'?"));
}

/// What `"$VARIABLE"` becomes where it is not set: no command has a use for it, and taking it for
/// "not given" would do something else than was asked.
void reject_empty(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    const bool assigned = argument.starts_with("--") && argument.ends_with('=');
    if (!argument.empty() && !assigned) continue;
    const std::string before = kws::printable(assigned ? argv[i] : argv[i - 1]);
    throw kws::UsageError(before.starts_with('-') ? before + " is empty"
                                                  : "the argument after '" + before + "' is empty");
  }
}

/// A wrong argument is an error like every other; asked for help or the version, CLI11 prints it.
void parse(CLI::App& app, int argc, char** argv) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) {
      throw kws::UsageError(kws::printable(error.what()) + "; --help says more");
    }
    app.exit(error);
  }
}

/// A full disk shows when the last bytes are written. That the reader has left is no error.
void flush_output() {
  const bool before = std::ferror(stdout) != 0;
  const bool now = std::fflush(stdout) != 0 && errno != EPIPE;
  if (!before && !now) return;
  throw kws::Error("cannot write to standard output" +
                   (now ? std::string(": ") + std::strerror(errno) : ""));
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"kws: keyword spotting that can be seen, trained and measured", "kws"};
  app.set_version_flag("--version", std::string("kws ") + kws::cli::kVersion);
  app.require_subcommand(1);
  app.footer(
      "Examples:\n"
      "  kws monitor                          the dashboard, on the default microphone\n"
      "  kws listen --input sound.wav         a line for every word found\n"
      "  kws train config/recipes/tiny-conv.toml --data DIR --out mine.kws\n"
      "  kws eval --model mine.kws --data DIR\n"
      "`kws COMMAND --help` says more.");
  kws::cli::add_monitor(app);
  kws::cli::add_listen(app);
  kws::cli::add_devices(app);
  kws::cli::add_train(app);
  kws::cli::add_compress(app);
  kws::cli::add_eval(app);
  kws::cli::add_bench(app);
  kws::cli::add_tune(app);
  kws::cli::add_mix(app);
  kws::cli::add_inspect(app);
  kws::cli::add_features(app);
  try {
    if (argc == 1) {
      std::fputs(app.help().c_str(), stderr);
      return 2;
    }
    reject_unknown_command(app, argc, argv);
    reject_empty(argc, argv);
    parse(app, argc, argv);
    flush_output();
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "kws: %s\n", kws::describe(error).c_str());
    return kws::exit_code(error);
  }
}
