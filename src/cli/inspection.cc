// SPDX-License-Identifier: MIT
#include "cli/inspection.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "train/recipe.h"

namespace kws::cli {

using Json = nlohmann::ordered_json;

Inspection inspect(const std::filesystem::path& path, std::span<const std::string> overrides) {
  Inspection inspection;
  inspection.source = path.string();
  inspection.is_recipe = path.extension() == ".toml";
  if (inspection.is_recipe) {
    const auto recipe = train::load_recipe(path, overrides);
    inspection.model.name = recipe.name;
    inspection.model.labels = recipe.labels;
    inspection.model.features = recipe.features;
    inspection.model.decide = recipe.decide;
    inspection.model.model.graph = train::build_graph(recipe);
    inspection.model.provenance.seed = recipe.seed;
    inspection.model.provenance.recipe = recipe.text;
  } else {
    if (!overrides.empty()) throw UsageError("--set changes a recipe; a model is what it is");
    inspection.model = pack::load(path);
    inspection.file_bytes = std::filesystem::file_size(path);
  }
  inspection.cost = nn::cost(inspection.model.model.graph);
  return inspection;
}

namespace {

Json cost_json(const nn::NodeCost& cost) {
  return {{"parameters", cost.parameters},
          {"norm_parameters", cost.norm_parameters},
          {"macs", cost.macs},
          {"flops", cost.flops},
          {"weight_bytes", cost.weight_bytes},
          {"activation_bytes", cost.activation_bytes}};
}

Json shape_json(const nn::Shape& shape) { return {shape.time, shape.freq, shape.channels}; }

Json features_json(const features::FeatureSpec& spec) {
  Json json{{"kind", to_string(spec.kind)},
            {"sample_rate_hz", spec.sample_rate_hz},
            {"frame_ms", spec.frame_ms},
            {"hop_ms", spec.hop_ms},
            {"mels", spec.mels},
            {"f_lo_hz", spec.f_lo_hz},
            {"f_hi_hz", spec.f_hi_hz},
            {"spectrum", to_string(spec.spectrum)}};
  if (spec.kind == features::Kind::kMfcc) {
    json["coeffs"] = spec.coeffs;
    json["dct"] = to_string(spec.dct);
  }
  return json;
}

Json decide_json(const decide::Settings& settings) {
  return {{"smoothing_ms", settings.smoothing_ms},
          {"threshold", settings.threshold},
          {"thresholds", settings.thresholds},
          {"min_scores", settings.min_scores},
          {"refractory_ms", settings.refractory_ms},
          {"rearm_ratio", settings.rearm_ratio},
          {"patience", settings.patience}};
}

}  // namespace

Json to_json(const Inspection& inspection) {
  const auto& model = inspection.model;
  const auto& graph = model.model.graph;
  Json layers = Json::array();
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const auto& node = graph.nodes[i];
    Json inputs = Json::array();
    for (const auto input : node.inputs) inputs.push_back(graph.tensors[input].name);
    Json layer{{"name", node.name},
               {"op", nn::to_string(node.op)},
               {"inputs", inputs},
               {"output_shape", shape_json(graph.tensor_of(node).shape)}};
    const auto quantisation = graph.quantisation_of(node);
    layer["output_type"] = quantisation ? "s8" : "f32";
    if (quantisation) {
      layer["scale"] = quantisation->scale;
      layer["zero_point"] = quantisation->zero_point;
    }
    layer.update(cost_json(inspection.cost.nodes[i]));
    layers.push_back(std::move(layer));
  }
  Json total = cost_json(inspection.cost.total);
  total["peak_activation_bytes"] = inspection.cost.peak_activation_bytes;

  Json json{{"name", model.name},
            {"kind", inspection.is_recipe ? "recipe" : "model"},
            {"source", inspection.source},
            {"labels", model.labels},
            {"features", features_json(model.features)},
            {"input_shape", shape_json(graph.input_shape())},
            {"decide", decide_json(model.decide)},
            {"seed", model.provenance.seed},
            {"recipe", model.provenance.recipe},
            {"layers", std::move(layers)},
            {"total", std::move(total)}};
  if (!inspection.is_recipe) {
    json["file_bytes"] = inspection.file_bytes;
    json["data_counts"] = model.provenance.data_counts;
    json["accuracy"] = model.provenance.accuracy;
  }
  return json;
}

}  // namespace kws::cli
