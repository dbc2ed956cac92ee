// SPDX-License-Identifier: MIT
//
// Moves weights against their gradient: SGD with momentum, Adam (Kingma & Ba 2015, algorithm 1) and
// AdamW (Loshchilov & Hutter 2019, algorithm 2), as PyTorch does. And the running average of the
// weights that validation and the finished model use.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "nn/weights.h"
#include "train/network.h"
#include "train/settings.h"

namespace kws::train {

class Optimiser {
 public:
  /// Moves `parameters`, whose values must outlive the optimiser.
  Optimiser(const OptimiserSettings& settings, std::vector<TrainedParameter> parameters);

  /// One step at this learning rate. gradient: as Network::gradient(); clipped in place.
  void update(std::span<float> gradient, double rate);

  /// What must be saved beside the weights to go on later: the steps taken and the moments, shape
  /// [as gradient] each (second: adam and adamw only, otherwise empty).
  struct State {
    std::int64_t steps = 0;
    std::vector<float> first;
    std::vector<float> second;
  };
  [[nodiscard]] const State& state() const { return state_; }
  /// Requires moments of the right sizes (checked by the reader of the checkpoint).
  void restore(State state) { state_ = std::move(state); }

 private:
  void clip(std::span<float> gradient) const;

  OptimiserSettings settings_;
  std::vector<TrainedParameter> parameters_;
  State state_;
};

/// average <- decay * average + (1 - decay) * weights, statistics of norms included: those of the
/// moment belong to the weights of the moment and would not fit their average.
void update_average(nn::Weights& average, const nn::Weights& weights, double decay);

}  // namespace kws::train
