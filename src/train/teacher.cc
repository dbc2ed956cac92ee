// SPDX-License-Identifier: MIT
#include "train/teacher.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "base/error.h"
#include "base/text.h"

namespace kws::train {
namespace {

/// Adds share · softmax(logits / temperature).
void add_softened(std::span<const float> logits, double temperature, double share,
                  std::span<float> posteriors) {
  const double largest = static_cast<double>(*std::max_element(logits.begin(), logits.end()));
  double sum = 0.0;
  for (const float logit : logits) {
    sum += std::exp((static_cast<double>(logit) - largest) / temperature);
  }
  for (std::size_t c = 0; c < logits.size(); ++c) {
    const double power = std::exp((static_cast<double>(logits[c]) - largest) / temperature);
    posteriors[c] += static_cast<float>(share * power / sum);
  }
}

}  // namespace

Teacher::Teacher(std::span<const nn::Model> models, double temperature, std::size_t threads)
    : temperature_(temperature), plans_(threads) {
  assert(!models.empty());
  const engine::PlanOptions whole{.execution = engine::Execution::kWholeWindow};
  for (auto& of_thread : plans_) {
    of_thread.reserve(models.size());
    for (const auto& model : models) of_thread.emplace_back(model, whole);
  }
}

std::span<const float> Teacher::listen(std::span<const float> features, ThreadTeam& team) {
  const auto& first = plans_.front().front();
  const auto window = first.frames() * first.bins();
  const auto samples = features.size() / window;
  targets_.assign(samples * labels(), 0.0F);
  team.run([&](std::size_t thread) {
    auto& plans = plans_[thread];
    const double share = 1.0 / static_cast<double>(plans.size());
    std::vector<float> posteriors(labels());
    const std::span targets(targets_);
    for (auto sample = thread; sample < samples; sample += plans_.size()) {
      const auto target = targets.subspan(sample * labels(), labels());
      for (auto& plan : plans) {
        plan.run_window(features.subspan(sample * window, window), posteriors);
        add_softened(plan.logits(), temperature_, share, target);
      }
    }
  });
  return targets_;
}

nn::Model load_teacher(const std::filesystem::path& file, std::span<const std::string> labels,
                       const features::FeatureSpec& features, const nn::Graph& student) {
  auto pack = pack::load(file);
  const auto name = "the teacher " + printable(file.string());
  if (!std::equal(labels.begin(), labels.end(), pack.labels.begin(), pack.labels.end())) {
    throw ModelError(name + " knows other labels (" + join_words(pack.labels) +
                     ") than the recipe; a teacher needs the same ones in the same order");
  }
  if (pack.features != features) {
    throw ModelError(name + " hears other features than the recipe's; a teacher needs the same " +
                     "[features] (kws inspect shows them)");
  }
  if (pack.model.graph.input_shape() != student.input_shape()) {
    throw ModelError(name + " hears " + nn::to_string(pack.model.graph.input_shape()) +
                     ", the recipe's network " + nn::to_string(student.input_shape()));
  }
  return std::move(pack.model);
}

}  // namespace kws::train
