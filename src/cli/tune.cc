// SPDX-License-Identifier: MIT
//
// `kws tune`: other thresholds, smoothing and the like for a trained model. The weights stay; the
// [decide] table of the recipe inside goes along, so that training it gives the same file.
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "cli/commands.h"
#include "config/document.h"
#include "decide/settings_toml.h"
#include "pack/model_pack.h"

namespace kws::cli {
namespace {

struct Options {
  std::string model;
  std::vector<std::string> assignments;
  std::string out;
};

/// "threshold=0.9" and "decide.threshold=0.9" alike.
std::vector<std::string> of_decide(const std::vector<std::string>& assignments) {
  constexpr std::string_view kTable = "decide.";
  std::vector<std::string> keys;
  for (const auto& assignment : assignments) {
    keys.push_back(assignment.starts_with(kTable) ? assignment : std::string(kTable) + assignment);
    if (keys.back().starts_with("decide.preset")) {
      throw UsageError(
          "--set preset: a model says each of its settings itself, which would go before the "
          "preset's; set them one by one, or use `kws listen --preset`");
    }
  }
  return keys;
}

void run(const Options& options) {
  auto pack = pack::load(options.model);
  const auto assignments = of_decide(options.assignments);

  config::Writer writer;
  writer.table("decide");
  decide::write_settings(writer, pack.decide, "decide");
  auto settings = config::Table::parse(writer.text(), options.model);
  for (const auto& assignment : assignments) settings.set(assignment);
  pack.decide = decide::read_settings(settings.table("decide"));
  settings.reject_unknown();
  decide::validate(pack.decide, pack.labels);

  if (!pack.provenance.recipe.empty()) {
    auto recipe = config::Table::parse(pack.provenance.recipe, options.model + ", its recipe");
    for (const auto& assignment : assignments) recipe.set(assignment);
    pack.provenance.recipe = recipe.to_toml();
  }
  pack::save(pack, options.out);
  std::printf("wrote %s\n", printable(options.out).c_str());
}

}  // namespace

void add_tune(CLI::App& app) {
  auto* command = app.add_subcommand("tune", "Change how a model decides, without training it");
  const auto options = std::make_shared<Options>();
  command->add_option("model", options->model, "model file")->required()->type_name("MODEL.kws");
  command
      ->add_option("--set", options->assignments,
                   "a key of [decide]: threshold, thresholds.WORD, smoothing_ms, min_scores, "
                   "refractory_ms, rearm_ratio, patience; may be repeated")
      ->required()
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  command->add_option("--out", options->out, "where the changed model goes (may be the same file)")
      ->required()
      ->type_name("FILE");
  command->footer(
      "Examples:\n"
      "  kws tune mine.kws --set threshold=0.9 --set thresholds.right=0.95 --out mine.kws\n"
      "  kws eval --model mine.kws --continuous DIR    shows what a threshold costs and buys");
  command->callback([options] { run(*options); });
}

}  // namespace kws::cli
