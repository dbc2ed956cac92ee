// SPDX-License-Identifier: MIT
//
// The `[train]` table of a recipe: how weights are moved, for how long, and what is kept.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/document.h"

namespace kws::train {

enum class OptimiserKind : std::uint8_t { kSgd, kAdam, kAdamW };
enum class ScheduleKind : std::uint8_t { kConstant, kLinear, kCosine };
/// Which averaged weights become the model.
enum class Keep : std::uint8_t {
  kLast,  // those after the last step
  kBest,  // those of the epoch with the best validation accuracy
};

[[nodiscard]] std::string_view to_string(OptimiserKind kind);  // "sgd", "adam", "adamw"
[[nodiscard]] std::string_view to_string(ScheduleKind kind);   // "constant", "linear", "cosine"

struct OptimiserSettings {
  OptimiserKind kind = OptimiserKind::kAdamW;
  double momentum = 0.9;  // sgd
  double beta1 = 0.9;     // adam, adamw
  double beta2 = 0.999;
  double epsilon = 1e-8;
  /// Of weights only, never of biases, gamma or beta. sgd and adam add weight_decay * w to the
  /// gradient, adamw takes learning_rate * weight_decay * w off the weight itself.
  double weight_decay = 0.0;
  /// The gradient is scaled down to this length (of all parameters together); 0: never.
  double clip_norm = 0.0;
};

struct ScheduleSettings {
  ScheduleKind kind = ScheduleKind::kConstant;
  double learning_rate = 1e-3;    // after the warm-up
  double final_rate = 0.0;        // at the last step of linear and cosine
  std::int64_t warmup_steps = 0;  // from 0 up in a straight line
};

/// `[train.teacher]`: a larger network or several, trained before, whose posteriors are learnt from
/// beside the labels (Hinton, Vinyals and Dean 2015). They hear the same varied clips.
struct TeacherSettings {
  /// .kws files with the same labels and features, from the working folder; of several the
  /// posteriors are averaged.
  std::vector<std::string> models;
  double weight = 0.7;       // 0..1: share of the loss that is towards the teacher
  double temperature = 2.0;  // that both distributions are softened by
  bool operator==(const TeacherSettings&) const = default;
};

struct TrainSettings {
  std::int64_t epochs = 30;
  std::int64_t batch = 32;
  OptimiserSettings optimiser;
  ScheduleSettings schedule;
  double label_smoothing = 0.0;  // 0..0.9: share of the target spread evenly over all labels
  double balance = 0.0;  // 0..1: how much of the labels' frequencies is taken out (balance.h)
  std::optional<TeacherSettings> teacher;
  /// Weights that are validated and kept: average <- decay * average + (1 - decay) * weights after
  /// every step, decay = min(ema, (1 + steps) / (10 + steps)). 0: the weights themselves.
  double ema = 0.0;
  int threads = 0;  // 0: one per core, at most 8. Changes the time, never the result
  std::int64_t checkpoint_every_steps = 500;  // beside one after every epoch
  std::int64_t validate_every_epochs = 1;
  Keep keep = Keep::kLast;
};

/// Throws ConfigError for a value out of range.
[[nodiscard]] TrainSettings read_train_settings(const config::Table& table);

/// The learning rate of `step` (from 0) of `steps`.
[[nodiscard]] double learning_rate(const ScheduleSettings& schedule, std::int64_t step,
                                   std::int64_t steps);

}  // namespace kws::train
