// SPDX-License-Identifier: MIT
//
// An epoch holds many more `_unknown_` clips than clips of any one word, so a network learns to
// answer `_unknown_` when in doubt. How often a label came can be taken out of its answers
// afterwards (post-hoc logit adjustment, Menon et al. 2021).
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "nn/weights.h"

namespace kws::train {

/// What is to be added to the logit of each label: -share * ln(its part of all clips).
/// Throws ConfigError for a label without clips: nothing is known of it.
/// counts: clips of each label in an epoch; share: 0 nothing … 1 as if all labels had
/// been equally frequent.
[[nodiscard]] std::vector<double> logit_offsets(std::span<const std::size_t> counts, double share);

/// Adds to the biases of the classifier. Throws ConfigError when the layer in front of the softmax
/// is no dense layer with a bias.
void shift_logits(const nn::Graph& graph, std::span<const double> offsets, nn::Weights& weights);

}  // namespace kws::train
