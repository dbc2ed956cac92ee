// SPDX-License-Identifier: MIT
//
// The end of every network that is trained: softmax, and cross entropy against the labels and,
// where there is one, a teacher.
#pragma once

#include <cstdint>
#include <vector>

#include "train/layer.h"

namespace kws::train {

struct LossSettings {
  double label_smoothing = 0.0;  // s
  double teacher_weight = 0.0;   // w; counts only in a pass that has a teacher
  double temperature = 1.0;      // T
};

/// (1 − w)·H(q, p) + w·T²·H(t, p_T), where H(a, b) = −Σ a·log b;
///   q = (1 − s)·[label] + s/labels (Szegedy et al. 2016, section 7);
///   p = softmax(logits), p_T = softmax(logits / T);
///   t: the teacher's posteriors, softened by T likewise (Hinton, Vinyals and Dean 2015,
///   section 2). Where the teacher's guess is not the label, w counts as 0: its errors are not to
///   be learnt.
/// Gradient towards the logits: ((1 − w)·(p − q) + w·T·(p_T − t)) / samples, so that of a batch is
/// its mean.
class SoftmaxLoss final : public Layer {
 public:
  SoftmaxLoss(std::size_t labels, std::size_t batch, const LossSettings& settings);

  [[nodiscard]] bool rereads_input() const override { return settings_.teacher_weight > 0.0; }
  [[nodiscard]] bool rereads_output() const override { return true; }
  void forward(const Pass& pass, const Slot& slot) override;
  void backward(const Pass& pass, const Slot& slot) override;

  // Of one sample of the latest pass.
  [[nodiscard]] double loss(std::size_t sample) const { return losses_[sample]; }
  [[nodiscard]] std::uint32_t guess(std::size_t sample) const { return guesses_[sample]; }

 private:
  [[nodiscard]] double teacher_weight(const Pass& pass, const Slot& slot) const;

  std::size_t labels_;
  LossSettings settings_;
  std::vector<double> losses_;
  std::vector<std::uint32_t> guesses_;
};

}  // namespace kws::train
