// SPDX-License-Identifier: MIT
//
// The mathematics of the trainer once more, plain and in double precision: what its passes are
// compared with.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "nn/weights.h"

namespace kws::testing {

using DoubleWeights = std::map<std::string, std::vector<double>, std::less<>>;

[[nodiscard]] DoubleWeights to_double(const nn::Weights& weights);

struct ReferencePass {
  bool training = true;  // batch statistics, dropout
  double label_smoothing = 0.0;
  std::span<const float> teacher;  // [samples, labels], softened; empty: none
  double teacher_weight = 0.0;
  double temperature = 1.0;
  std::uint64_t seed = 0;
  std::uint64_t step = 0;
};

struct ReferenceResult {
  double loss = 0.0;                            // mean over the batch
  std::vector<std::vector<double>> posteriors;  // [samples][labels]
};

/// features: shape [labels.size(), input elements].
[[nodiscard]] ReferenceResult run_reference(const nn::Graph& graph, const DoubleWeights& weights,
                                            std::span<const float> features,
                                            std::span<const std::uint32_t> labels,
                                            const ReferencePass& pass);

}  // namespace kws::testing
