// SPDX-License-Identifier: MIT
//
// `kws train RECIPE --data DIR --out M.kws`: trains a network and says how it goes.
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/training_display.h"
#include "cli/training_log.h"
#include "train/training_run.h"

namespace kws::cli {
namespace {

struct Options {
  std::string recipe;
  std::string data;
  std::string out;
  std::string negatives;
  std::vector<std::string> teachers;
  std::vector<std::string> overrides;
  int threads = 0;
  bool resume = false;
  bool restart = false;
};

std::atomic<bool> stop_asked{false};
static_assert(std::atomic<bool>::is_always_lock_free);

/// From now on the first Ctrl-C (or SIGTERM) asks the training to save and end; a second one ends
/// the program at once.
void catch_stop_signals() {
  struct sigaction action {};
  action.sa_handler = [](int) { stop_asked.store(true, std::memory_order_relaxed); };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool stderr_is_terminal() {
  const char* kind = std::getenv("TERM");
  return isatty(STDERR_FILENO) != 0 && kind != nullptr && std::string_view(kind) != "dumb";
}

class Reporter final : public train::RunObserver {
 public:
  explicit Reporter(const train::RunRequest& request)
      : recipe_(request.recipe),
        display_(stderr_is_terminal(), recipe_.labels),
        log_(std::filesystem::path(request.out).replace_extension(".jsonl"), recipe_.labels) {}

  void on_reading(std::size_t done, std::size_t all) override { display_.reading(done, all); }
  void on_phase(const std::string& what) override { display_.phase(what); }
  void on_start(const train::RunStart& start) override {
    catch_stop_signals();
    log_.start(start, recipe_);
    display_.start(start);
  }
  void on_step(const train::StepReport& report) override {
    log_.step(report);
    display_.step(report);
  }
  void on_epoch(const train::EpochReport& report) override {
    log_.epoch(report);
    display_.epoch(report);
  }
  void on_checkpoint(std::int64_t step) override { saved_step_ = step; }

  void end_line() { display_.end_line(); }
  [[nodiscard]] std::int64_t saved_step() const { return saved_step_; }

 private:
  const train::Recipe& recipe_;
  TrainingDisplay display_;
  TrainingLog log_;
  std::int64_t saved_step_ = 0;
};

void run(const Options& options) {
  train::RunRequest request;
  request.recipe = train::load_recipe(options.recipe, options.overrides);
  request.data = options.data;
  request.out = options.out;
  if (!options.negatives.empty()) request.negatives_root = options.negatives;
  request.teachers = options.teachers;
  request.threads = options.threads;
  request.resume = options.resume;
  request.restart = options.restart;

  Reporter reporter(request);
  train::Outcome outcome{};
  try {
    outcome = train::run_training(request, reporter, stop_asked);
  } catch (...) {
    reporter.end_line();
    throw;
  }
  reporter.end_line();
  if (outcome == train::Outcome::kStopped) {
    throw Error("stopped and saved after step " + std::to_string(reporter.saved_step()) +
                "; go on with the same command and --resume");
  }
  std::fprintf(stderr, "wrote %s\n", printable(options.out).c_str());
}

}  // namespace

void add_train(CLI::App& app) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("train", "Train a network as a recipe says");
  command->add_option("recipe", options->recipe, "Recipe, a .toml file")
      ->required()
      ->option_text("RECIPE.toml");
  command
      ->add_option("--data", options->data,
                   "Folder with a folder of clips per word, as Google Speech Commands has it")
      ->required()
      ->option_text("DIR");
  command->add_option("--out", options->out, "Model file to write; the log goes beside it, .jsonl")
      ->required()
      ->option_text("M.kws");
  command
      ->add_option("--set", options->overrides,
                   "Change a key of the recipe, e.g. train.epochs=5; may be repeated")
      ->option_text("KEY=VALUE")
      ->allow_extra_args(false);
  command
      ->add_option(
          "--negatives", options->negatives,
          "Where the recipe's folders of negatives and words are (default: data.negatives_root "
          "of the recipe, or the data folder)")
      ->option_text("DIR");
  command
      ->add_option("--teacher", options->teachers,
                   "Network to learn from (default: train.teacher.models of the recipe, if any); "
                   "repeated, the mean of what they say")
      ->option_text("M.kws")
      ->allow_extra_args(false);
  command->add_option("--threads", options->threads, "1 to 8; changes the time, never the result")
      ->check(CLI::Range(1, 8))
      ->option_text("N");
  auto* resume = command->add_flag("--resume", options->resume,
                                   "Go on with a training to this file that was interrupted");
  command->add_flag("--restart", options->restart, "Begin again although one was interrupted")
      ->excludes(resume);
  command->footer(
      "Examples:\n"
      "  kws train config/recipes/tiny-conv.toml --data speech_commands --out mine.kws\n"
      "  kws train config/recipes/ds-cnn-s.toml --data DATA/speech_commands --negatives DATA \\\n"
      "      --out mine.kws            (what DATA holds: models/README.md)\n"
      "  kws train config/recipes/tiny-conv.toml --data speech_commands --out try.kws \\\n"
      "      --set train.epochs=2 --set network.channels=32\n"
      "  kws train config/recipes/tiny-conv.toml --data speech_commands --out mine.kws --resume\n"
      "Ctrl-C saves a checkpoint (mine.kws.checkpoint); --resume ends in the same bytes as a\n"
      "training that was never interrupted. The same recipe, data and seed give the same model.");
  command->callback([options] { run(*options); });
}

}  // namespace kws::cli
