// SPDX-License-Identifier: MIT
#include "train/optimiser.h"

#include <cmath>

namespace kws::train {

Optimiser::Optimiser(const OptimiserSettings& settings, std::vector<TrainedParameter> parameters)
    : settings_(settings), parameters_(std::move(parameters)) {
  std::size_t size = 0;
  for (const auto& parameter : parameters_) size += parameter.values.size();
  state_.first.resize(size);
  if (settings_.kind != OptimiserKind::kSgd) state_.second.resize(size);
}

void Optimiser::update(std::span<float> gradient, double rate) {
  clip(gradient);
  ++state_.steps;
  const auto steps = static_cast<double>(state_.steps);
  const bool decoupled = settings_.kind == OptimiserKind::kAdamW;
  const auto beta1 = static_cast<float>(settings_.beta1);
  const auto beta2 = static_cast<float>(settings_.beta2);
  const auto epsilon = static_cast<float>(settings_.epsilon);
  // m̂ = m / (1 − β1ᵗ) and v̂ = v / (1 − β2ᵗ), taken into the rate and the root.
  const auto step_size = static_cast<float>(rate / (1.0 - std::pow(settings_.beta1, steps)));
  const auto root_scale =
      static_cast<float>(1.0 / std::sqrt(1.0 - std::pow(settings_.beta2, steps)));
  for (const auto& parameter : parameters_) {
    const double decay = parameter.decays ? settings_.weight_decay : 0.0;
    const auto added_decay = static_cast<float>(decoupled ? 0.0 : decay);
    const auto shrink = static_cast<float>(decoupled ? 1.0 - rate * decay : 1.0);
    const float* g = gradient.data() + parameter.offset;
    float* w = parameter.values.data();
    float* first = state_.first.data() + parameter.offset;
    const std::size_t count = parameter.values.size();
    if (settings_.kind == OptimiserKind::kSgd) {
      const auto momentum = static_cast<float>(settings_.momentum);
      const auto plain_rate = static_cast<float>(rate);
      for (std::size_t i = 0; i < count; ++i) {
        first[i] = momentum * first[i] + (g[i] + added_decay * w[i]);
        w[i] -= plain_rate * first[i];
      }
      continue;
    }
    float* second = state_.second.data() + parameter.offset;
    for (std::size_t i = 0; i < count; ++i) {
      const float slope = g[i] + added_decay * w[i];
      first[i] = beta1 * first[i] + (1.0F - beta1) * slope;
      second[i] = beta2 * second[i] + (1.0F - beta2) * slope * slope;
      const float root = std::sqrt(second[i]) * root_scale + epsilon;
      w[i] = shrink * w[i] - step_size * first[i] / root;
    }
  }
}

void Optimiser::clip(std::span<float> gradient) const {
  if (settings_.clip_norm <= 0.0) return;
  double squares = 0.0;
  for (const float g : gradient) squares += static_cast<double>(g) * static_cast<double>(g);
  const double norm = std::sqrt(squares);
  if (norm <= settings_.clip_norm) return;
  const auto scale = static_cast<float>(settings_.clip_norm / norm);
  for (float& g : gradient) g *= scale;
}

void update_average(nn::Weights& average, const nn::Weights& weights, double decay) {
  const auto share = static_cast<float>(1.0 - decay);
  for (const auto& [name, values] : weights) {
    float* mean = average.at(name).data();
    for (std::size_t i = 0; i < values.size(); ++i) {
      mean[i] = decay > 0.0 ? mean[i] + share * (values[i] - mean[i]) : values[i];
    }
  }
}

}  // namespace kws::train
