// SPDX-License-Identifier: MIT
#include "cli/kernel_inspection.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace kws::cli {
namespace {

bool contains(const std::vector<engine::InstructionSet>& sets, engine::InstructionSet set) {
  return std::find(sets.begin(), sets.end(), set) != sets.end();
}

}  // namespace

KernelInspection inspect_kernels(const Inspection& inspection) {
  nn::Model model = inspection.model.model;
  if (inspection.is_recipe) model.weights = nn::initial_weights(model.graph, Random(1));
  const engine::Plan plan(model);
  return {.built = engine::built_instruction_sets(),
          .available = engine::available_instruction_sets(),
          .chosen = plan.instruction_set(),
          .layers = plan.kernels()};
}

std::string to_text(const KernelInspection& inspection) {
  std::string text = "instruction set\n";
  for (const auto set : inspection.built) {
    const char* what = set == inspection.chosen              ? "chosen"
                       : contains(inspection.available, set) ? "available"
                                                             : "this processor does not have it";
    std::string name(engine::to_string(set));
    name.resize(std::max<std::size_t>(name.size(), 12), ' ');
    text += "  " + name + "  " + what + "\n";
  }
  std::size_t width = 0;
  std::vector<std::string> names;
  for (const auto& layer : inspection.layers) {
    names.push_back(printable(layer.layer));
    width = std::max(width, names.back().size());
  }
  text += "\nlayer and its kernel\n";
  for (std::size_t i = 0; i < names.size(); ++i) {
    names[i].resize(width, ' ');
    text += "  " + names[i] + "  " + std::string(inspection.layers[i].kernel) + "\n";
  }
  return text;
}

nlohmann::ordered_json to_json(const KernelInspection& inspection) {
  using Json = nlohmann::ordered_json;
  Json sets = Json::array();
  for (const auto set : inspection.built) {
    sets.push_back(
        {{"name", engine::to_string(set)}, {"available", contains(inspection.available, set)}});
  }
  Json layers = Json::array();
  for (const auto& layer : inspection.layers) {
    layers.push_back({{"layer", layer.layer}, {"kernel", layer.kernel}});
  }
  return {{"instruction_sets", std::move(sets)},
          {"chosen", engine::to_string(inspection.chosen)},
          {"layers", std::move(layers)}};
}

}  // namespace kws::cli
