// SPDX-License-Identifier: MIT
#include "train/balance.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "base/error.h"

namespace kws::train {

std::vector<double> logit_offsets(std::span<const std::size_t> counts, double share) {
  const auto all =
      static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::size_t{0}));
  std::vector<double> offsets;
  for (const auto count : counts) {
    if (count == 0) {
      throw ConfigError("train.balance needs clips of every label in an epoch, and label " +
                        std::to_string(offsets.size() + 1) +
                        " has none; is data.unknown_rate too small?");
    }
    offsets.push_back(-share * std::log(static_cast<double>(count) / all));
  }
  return offsets;
}

void shift_logits(const nn::Graph& graph, std::span<const double> offsets, nn::Weights& weights) {
  const auto& softmax = graph.nodes.back();
  const auto classifier =
      std::find_if(graph.nodes.begin(), graph.nodes.end(),
                   [&](const nn::Node& node) { return node.output == softmax.inputs.front(); });
  const auto bias = classifier == graph.nodes.end() || classifier->op != nn::Op::kDense
                        ? weights.end()
                        : weights.find(classifier->name + ".bias");
  if (softmax.op != nn::Op::kSoftmax || bias == weights.end()) {
    throw ConfigError("train.balance needs a network that ends in a dense layer with a bias");
  }
  for (std::size_t label = 0; label < offsets.size(); ++label) {
    bias->second[label] += static_cast<float>(offsets[label]);
  }
}

}  // namespace kws::train
