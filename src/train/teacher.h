// SPDX-License-Identifier: MIT
//
// A trained network that a smaller one learns from: it says what it hears in the clips of each
// batch. It runs on the engine, so it may be several times as large and still cost less than the
// student's own step.
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
  /// One plan for each of `threads`.
  Teacher(const nn::Model& model, double temperature, std::size_t threads);

  /// features: shape [samples, frames, bins], not normalised.
  /// Returns posteriors softened by the temperature T, softmax(logits / T): shape [samples,
  /// labels], valid until the next call. The same bits for any number of threads.
  [[nodiscard]] std::span<const float> listen(std::span<const float> features, ThreadTeam& team);

  [[nodiscard]] std::size_t labels() const { return plans_.front().labels(); }

 private:
  double temperature_;
  std::vector<engine::Plan> plans_;  // one per thread
  std::vector<float> targets_;
};

/// Reads the teacher's file. Throws ModelError when it is none, or when its labels or features
/// differ from the student's, naming the first that does.
[[nodiscard]] nn::Model load_teacher(const std::filesystem::path& file,
                                     std::span<const std::string> labels,
                                     const features::FeatureSpec& features,
                                     const nn::Graph& student);

}  // namespace kws::train
