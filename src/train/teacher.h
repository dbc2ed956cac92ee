// SPDX-License-Identifier: MIT
//
// One or several trained networks that another one learns from: they say what they hear in the
// clips of each batch. They run on the engine, so one may be several times as large and still cost
// less than the student's own step.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "engine/plan.h"
#include "pack/model_pack.h"
#include "train/thread_team.h"

namespace kws::train {

class Teacher {
 public:
  /// models: at least one, all of the same input shape and labels. One plan of each for each of
  /// `threads`.
  Teacher(std::span<const nn::Model> models, double temperature, std::size_t threads);

  /// features: shape [samples, frames, bins], not normalised.
  /// Returns posteriors softened by the temperature T, the mean of softmax(logits / T) over the
  /// models (Hinton, Vinyals and Dean 2015, section 1): shape [samples, labels], valid until the
  /// next call. The same bits for any number of threads.
  [[nodiscard]] std::span<const float> listen(std::span<const float> features, ThreadTeam& team);

  [[nodiscard]] std::size_t labels() const { return plans_.front().front().labels(); }

 private:
  double temperature_;
  std::vector<std::vector<engine::Plan>> plans_;  // one of each model per thread
  std::vector<float> targets_;
};

/// Reads a teacher's file. Throws ModelError when it is none, or when its labels or features
/// differ from the student's, naming the first that does.
[[nodiscard]] nn::Model load_teacher(const std::filesystem::path& file,
                                     std::span<const std::string> labels,
                                     const features::FeatureSpec& features,
                                     const nn::Graph& student);

}  // namespace kws::train
