// SPDX-License-Identifier: MIT
//
// The end of every network that is trained: softmax, and cross entropy against the labels.
#pragma once

#include <cstdint>
#include <vector>

#include "train/layer.h"

namespace kws::train {

/// loss = −Σ q·log p with q = (1 − s)·[label] + s/labels for a label smoothing of s (Szegedy et al.
/// 2016, section 7). Gradient towards the logits: (p − q) / samples, so that of a batch is its
/// mean.
class SoftmaxLoss final : public Layer {
 public:
  SoftmaxLoss(std::size_t labels, std::size_t batch, double label_smoothing);

  [[nodiscard]] bool rereads_output() const override { return true; }
  void forward(const Pass& pass, const Slot& slot) override;
  void backward(const Pass& pass, const Slot& slot) override;

  // Of one sample of the latest pass.
  [[nodiscard]] double loss(std::size_t sample) const { return losses_[sample]; }
  [[nodiscard]] std::uint32_t guess(std::size_t sample) const { return guesses_[sample]; }

 private:
  std::size_t labels_;
  double smoothing_;
  std::vector<double> losses_;
  std::vector<std::uint32_t> guesses_;
};

}  // namespace kws::train
