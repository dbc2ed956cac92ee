// SPDX-License-Identifier: MIT
//
// `kws inspect MODEL|RECIPE`: what a network is made of and what it costs.
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/default_model.h"
#include "cli/inspection.h"
#include "cli/kernel_inspection.h"
#include "cli/line_output.h"

namespace kws::cli {
namespace {

struct Options {
  std::string path;
  std::vector<std::string> overrides;
  bool every_node = false;
  bool recipe = false;
  bool kernels = false;
  bool json = false;
};

void run(const Options& options) {
  const auto inspection = inspect(find_model(options.path), options.overrides);
  const auto kernels = options.kernels ? std::optional(inspect_kernels(inspection)) : std::nullopt;
  LineOutput out;
  if (options.json) {
    using Json = nlohmann::ordered_json;  // a path need not be UTF-8
    auto json = to_json(inspection);
    if (kernels) json["kernels"] = to_json(*kernels);
    out.write(json.dump(2, ' ', false, Json::error_handler_t::replace));
    return;
  }
  auto text = options.recipe ? inspection.model.provenance.recipe
              : kernels      ? to_text(*kernels)
                             : to_text(inspection, options.every_node);
  if (text.ends_with('\n')) text.pop_back();
  out.write(text);
}

}  // namespace

void add_inspect(CLI::App& app) {
  auto* command = app.add_subcommand("inspect", "what a model or a recipe is made of and costs");
  const auto options = std::make_shared<Options>();
  command->add_option(
      "MODEL|RECIPE", options->path,
      "a .kws model or a .toml recipe ($KWS_MODEL if not given, else the model that comes "
      "with kws)");
  command
      ->add_option("--set", options->overrides,
                   "key=value over the recipe's, as in network.channels=32; may be repeated")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  command->add_flag("--nodes", options->every_node,
                    "a row for every node, also those that a layer takes in");
  auto* recipe = command->add_flag("--recipe", options->recipe,
                                   "print the recipe that the model was trained by");
  command
      ->add_flag("--kernels", options->kernels,
                 "which instruction sets there are kernels for, and which kernel runs each layer "
                 "here")
      ->excludes(recipe);
  command->add_flag("--json", options->json, "everything, for a program to read")->excludes(recipe);
  command->footer(
      "Examples:\n"
      "  kws inspect models/ds-cnn-s.kws\n"
      "  kws inspect config/recipes/ds-cnn-s.toml --set network.width=0.5\n"
      "  kws inspect models/ds-cnn-s.kws --recipe > mine.toml\n"
      "  KWS_KERNELS=avx2 kws inspect --kernels");
  command->callback([options] { run(*options); });
}

}  // namespace kws::cli
