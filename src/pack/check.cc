// SPDX-License-Identifier: MIT
//
// What must hold between the parts of a pack, whether it was just read or is about to be written.
#include <algorithm>
#include <limits>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "decide/detector.h"
#include "nn/costs.h"
#include "nn/rewrite.h"
#include "pack/contents.h"

namespace kws::pack {
namespace {

constexpr std::size_t kMaxFacts = 64;  // data counts, accuracies
constexpr double kMaxContextSeconds = 30.0;
constexpr std::int64_t kMaxActivationBytes = std::int64_t{64} << 20;
/// Of one window; some 100 times the largest keyword network there is.
constexpr std::int64_t kMaxOperations = std::int64_t{1} << 34;

/// A word that may be shown, logged and used as a key as it is.
void check_word(const std::string& what, const std::string& word) {
  if (word.empty() || word.size() > kMaxWordBytes || printable(word) != word) {
    throw ModelError(what + " '" + printable(word) + "': must be 1 to " +
                     std::to_string(kMaxWordBytes) + " bytes of printable text");
  }
}

void check_labels(const std::vector<std::string>& labels) {
  if (labels.size() < 2 || labels.size() > kMaxLabels) {
    throw ModelError("has " + std::to_string(labels.size()) + " labels, must have 2 to " +
                     std::to_string(kMaxLabels));
  }
  std::set<std::string> seen;
  for (const auto& label : labels) {
    check_word("label", label);
    if (!seen.insert(label).second) throw ModelError("has the label '" + label + "' twice");
  }
}

void check_ends(const ModelPack& pack) {
  const auto& graph = pack.model.graph;
  const auto input = graph.input_shape();
  if (input.channels != 1 || input.freq != pack.features.bins()) {
    throw ModelError("the network reads " + nn::to_string(input) + " where features have " +
                     std::to_string(pack.features.bins()) + " bins and one channel");
  }
  const auto samples = pack.features.samples_of(input.time);
  if (static_cast<double>(samples) > kMaxContextSeconds * pack.features.sample_rate_hz) {
    throw ModelError("the network looks at " + std::to_string(input.time) +
                     " frames, more than 30 s of sound");
  }
  const auto maker = std::find_if(graph.nodes.begin(), graph.nodes.end(),
                                  [&](const auto& node) { return node.output == graph.output; });
  if (maker == graph.nodes.end() || maker->op != nn::Op::kSoftmax) {
    throw ModelError("the network must end in a softmax: its outputs are read as probabilities");
  }
  const auto labels = static_cast<std::int64_t>(pack.labels.size());
  if (graph.output_shape() != nn::Shape{1, 1, labels}) {
    throw ModelError("the network gives " + nn::to_string(graph.output_shape()) + " for " +
                     std::to_string(labels) + " labels");
  }
}

/// Settings that hold by themselves may not fit the model's hop; the detector says so.
void check_decisions(const ModelPack& pack) {
  const auto& spec = pack.features;
  (void)decide::Detector(pack.decide, pack.labels, spec.sample_rate_hz, spec.hop_samples(),
                         spec.samples_of(pack.model.graph.input_shape().time));
}

/// Shapes that add_node() allows one by one may together ask for more than any machine has.
void check_costs(const nn::Graph& graph) {
  const auto costs = nn::cost(graph);
  if (costs.peak_activation_bytes > kMaxActivationBytes) {
    throw ModelError("the network needs " + std::to_string(costs.peak_activation_bytes) +
                     " bytes of activations, more than the " + std::to_string(kMaxActivationBytes) +
                     " allowed");
  }
  std::int64_t operations = 0;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const auto& node = graph.nodes[i];
    std::int64_t each = 1;
    if (const auto* pool = std::get_if<nn::Pool>(&node.attributes)) {
      each = std::int64_t{pool->window.kernel_time} * pool->window.kernel_freq;
    }
    operations += costs.nodes[i].macs +
                  each * static_cast<std::int64_t>(graph.tensor_of(node).shape.elements());
    for (const auto input : node.inputs) {
      operations += static_cast<std::int64_t>(graph.tensors[input].shape.elements());
    }
    if (operations > kMaxOperations) {
      throw ModelError("the network takes too many operations, from layer '" +
                       printable(node.name) + "' on");
    }
  }
}

void check_provenance(const Provenance& provenance) {
  if (provenance.seed > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    throw ModelError("the seed must fit 63 bits");
  }
  if (provenance.data_counts.size() > kMaxFacts || provenance.accuracy.size() > kMaxFacts) {
    throw ModelError("more than " + std::to_string(kMaxFacts) + " counts or accuracies");
  }
  for (const auto& [key, count] : provenance.data_counts) {
    check_word("data count", key);
    if (count < 0) throw ModelError("data count '" + key + "' is negative");
  }
  for (const auto& [key, share] : provenance.accuracy) {
    check_word("accuracy", key);
    if (!(share >= 0.0 && share <= 1.0)) throw ModelError("accuracy '" + key + "' is not in 0..1");
  }
  for (auto line : split(provenance.recipe, '\n')) {
    std::replace(line.begin(), line.end(), '\t', ' ');
    if (printable(line, line.size()) != line) {
      throw ModelError("the recipe holds what is not printable");
    }
  }
}

}  // namespace

void check_description(const ModelPack& pack) {
  check_word("name", pack.name);
  check_labels(pack.labels);
  features::validate(pack.features);
  decide::validate(pack.decide, pack.labels);
  for (const auto& node : pack.model.graph.nodes) check_word("layer", node.name);
  check_ends(pack);
  check_decisions(pack);
  check_costs(pack.model.graph);
  check_provenance(pack.provenance);
  const auto manifest_bytes =
      write_manifest(pack, {.storage = plain_storage(pack.model.graph)}).size();
  if (manifest_bytes > kMaxManifestBytes) {
    throw ModelError("its manifest would have " + std::to_string(manifest_bytes) +
                     " bytes, more than the " + std::to_string(kMaxManifestBytes) +
                     " allowed: shorten the recipe or the network");
  }
}

void check(const ModelPack& pack) {
  check_description(pack);
  nn::validate(pack.model);
  // Finite weights may still fold to infinite ones: a huge gamma over a tiny variance.
  nn::validate(nn::fold_for_inference(pack.model));
}

}  // namespace kws::pack
