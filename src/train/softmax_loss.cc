// SPDX-License-Identifier: MIT
#include "train/softmax_loss.h"

#include <algorithm>
#include <cmath>
#include <span>

namespace kws::train {
namespace {

/// log Σ exp(logits / temperature)
double log_sum(std::span<const float> logits, double temperature) {
  const double largest = static_cast<double>(*std::max_element(logits.begin(), logits.end()));
  double sum = 0.0;
  for (const float logit : logits) {
    sum += std::exp((static_cast<double>(logit) - largest) / temperature);
  }
  return std::log(sum) + largest / temperature;
}

}  // namespace

SoftmaxLoss::SoftmaxLoss(std::size_t labels, std::size_t batch, const LossSettings& settings)
    : labels_(labels), settings_(settings), losses_(batch), guesses_(batch) {}

double SoftmaxLoss::teacher_weight(const Pass& pass, const Slot& slot) const {
  if (pass.teacher.empty()) return 0.0;
  const auto taught = pass.teacher.subspan(slot.sample * labels_, labels_);
  const auto guess = std::max_element(taught.begin(), taught.end()) - taught.begin();
  return static_cast<std::uint32_t>(guess) == pass.labels[slot.sample] ? settings_.teacher_weight
                                                                       : 0.0;
}

void SoftmaxLoss::forward(const Pass& pass, const Slot& slot) {
  const std::span<const float> logits(ports_.inputs[0].at(slot), labels_);
  float* posteriors = ports_.output.at(slot);
  guesses_[slot.sample] =
      static_cast<std::uint32_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
  const double whole = log_sum(logits, 1.0);
  double even = 0.0;  // Σ −log p
  for (std::size_t c = 0; c < labels_; ++c) {
    const double log_posterior = static_cast<double>(logits[c]) - whole;
    posteriors[c] = static_cast<float>(std::exp(log_posterior));
    even -= log_posterior;
  }
  if (pass.labels.empty()) return;
  const double own = whole - static_cast<double>(logits[pass.labels[slot.sample]]);
  const double smoothing = settings_.label_smoothing;
  double& loss = losses_[slot.sample];
  loss = (1.0 - smoothing) * own + smoothing * even / static_cast<double>(labels_);

  const double weight = teacher_weight(pass, slot);
  if (weight == 0.0) return;
  const double temperature = settings_.temperature;
  const auto taught = pass.teacher.subspan(slot.sample * labels_, labels_);
  const double softened = log_sum(logits, temperature);
  double apart = 0.0;  // H(t, p_T)
  for (std::size_t c = 0; c < labels_; ++c) {
    apart -=
        static_cast<double>(taught[c]) * (static_cast<double>(logits[c]) / temperature - softened);
  }
  loss = (1.0 - weight) * loss + weight * temperature * temperature * apart;
}

void SoftmaxLoss::backward(const Pass& pass, const Slot& slot) {
  const float* posteriors = ports_.output.at(slot);
  float* gradient = ports_.input_gradients[0].at(slot);
  const double weight = teacher_weight(pass, slot);
  const double smoothing = settings_.label_smoothing;
  const auto share = static_cast<float>(smoothing / static_cast<double>(labels_));
  const auto own = static_cast<float>(1.0 - smoothing);
  const float scale = static_cast<float>(1.0 - weight) / static_cast<float>(pass.samples);
  for (std::size_t c = 0; c < labels_; ++c) {
    const float target = share + (c == pass.labels[slot.sample] ? own : 0.0F);
    gradient[c] = (posteriors[c] - target) * scale;
  }
  if (weight == 0.0) return;
  const double temperature = settings_.temperature;
  const std::span<const float> logits(ports_.inputs[0].at(slot), labels_);
  const auto taught = pass.teacher.subspan(slot.sample * labels_, labels_);
  const double softened = log_sum(logits, temperature);
  const double slope = weight * temperature / static_cast<double>(pass.samples);
  for (std::size_t c = 0; c < labels_; ++c) {
    const double posterior = std::exp(static_cast<double>(logits[c]) / temperature - softened);
    gradient[c] += static_cast<float>(slope * (posterior - static_cast<double>(taught[c])));
  }
}

}  // namespace kws::train
