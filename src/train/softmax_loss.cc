// SPDX-License-Identifier: MIT
#include "train/softmax_loss.h"

#include <algorithm>
#include <cmath>

namespace kws::train {

SoftmaxLoss::SoftmaxLoss(std::size_t labels, std::size_t batch, double label_smoothing)
    : labels_(labels), smoothing_(label_smoothing), losses_(batch), guesses_(batch) {}

void SoftmaxLoss::forward(const Pass& pass, const Slot& slot) {
  const float* logits = ports_.inputs[0].at(slot);
  float* posteriors = ports_.output.at(slot);
  const float* largest = std::max_element(logits, logits + labels_);
  guesses_[slot.sample] = static_cast<std::uint32_t>(largest - logits);
  double sum = 0.0;
  for (std::size_t c = 0; c < labels_; ++c) {
    sum += std::exp(static_cast<double>(logits[c]) - static_cast<double>(*largest));
  }
  const double log_sum = std::log(sum) + static_cast<double>(*largest);
  double even = 0.0;  // Σ −log p
  for (std::size_t c = 0; c < labels_; ++c) {
    const double log_posterior = static_cast<double>(logits[c]) - log_sum;
    posteriors[c] = static_cast<float>(std::exp(log_posterior));
    even -= log_posterior;
  }
  if (pass.labels.empty()) return;
  const double own = log_sum - static_cast<double>(logits[pass.labels[slot.sample]]);
  losses_[slot.sample] =
      (1.0 - smoothing_) * own + smoothing_ * even / static_cast<double>(labels_);
}

void SoftmaxLoss::backward(const Pass& pass, const Slot& slot) {
  const float* posteriors = ports_.output.at(slot);
  float* gradient = ports_.input_gradients[0].at(slot);
  const auto share = static_cast<float>(smoothing_ / static_cast<double>(labels_));
  const auto own = static_cast<float>(1.0 - smoothing_);
  const float scale = 1.0F / static_cast<float>(pass.samples);
  for (std::size_t c = 0; c < labels_; ++c) {
    const float target = share + (c == pass.labels[slot.sample] ? own : 0.0F);
    gradient[c] = (posteriors[c] - target) * scale;
  }
}

}  // namespace kws::train
