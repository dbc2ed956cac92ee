// SPDX-License-Identifier: MIT
#include "train/settings.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <string>
#include <vector>

#include "base/error.h"

namespace kws::train {
namespace {

constexpr std::array<std::string_view, 3> kOptimisers{"sgd", "adam", "adamw"};
constexpr std::array<std::string_view, 3> kSchedules{"constant", "linear", "cosine"};
constexpr std::array<std::string_view, 2> kKeeps{"last", "best"};

/// The choice of `key` as the enumerator of the same place in `words`.
template <typename Enum, std::size_t N>
Enum read_choice(const config::Table& table, std::string_view key, Enum fallback,
                 const std::array<std::string_view, N>& words) {
  const std::vector<std::string> choices(words.begin(), words.end());
  const auto word = table.choice_or(key, choices[static_cast<std::size_t>(fallback)], choices);
  const auto place = std::find(choices.begin(), choices.end(), word) - choices.begin();
  return static_cast<Enum>(place);
}

}  // namespace

std::string_view to_string(OptimiserKind kind) {
  return kOptimisers[static_cast<std::size_t>(kind)];
}

std::string_view to_string(ScheduleKind kind) { return kSchedules[static_cast<std::size_t>(kind)]; }

TrainSettings read_train_settings(const config::Table& table) {
  TrainSettings read;
  read.epochs = table.integer_or("epochs", read.epochs, 1, 100'000);
  read.batch = table.integer_or("batch", read.batch, 1, 4096);

  auto& optimiser = read.optimiser;
  optimiser.kind = read_choice(table, "optimiser", optimiser.kind, kOptimisers);
  optimiser.momentum = table.number_or("momentum", optimiser.momentum, 0.0, 0.9999);
  optimiser.beta1 = table.number_or("beta1", optimiser.beta1, 0.0, 0.9999);
  optimiser.beta2 = table.number_or("beta2", optimiser.beta2, 0.0, 0.999999);
  optimiser.epsilon = table.number_or("epsilon", optimiser.epsilon, 1e-12, 1.0);
  optimiser.weight_decay = table.number_or("weight_decay", optimiser.weight_decay, 0.0, 1.0);
  optimiser.clip_norm = table.number_or("clip_norm", optimiser.clip_norm, 0.0, 1e6);

  auto& schedule = read.schedule;
  schedule.kind = read_choice(table, "schedule", schedule.kind, kSchedules);
  schedule.learning_rate = table.number_or("learning_rate", schedule.learning_rate, 0.0, 10.0);
  schedule.final_rate = table.number_or("final_rate", schedule.final_rate, 0.0, 10.0);
  schedule.warmup_steps = table.integer_or("warmup_steps", schedule.warmup_steps, 0, 1'000'000'000);

  read.label_smoothing = table.number_or("label_smoothing", read.label_smoothing, 0.0, 0.9);
  read.balance = table.number_or("balance", read.balance, 0.0, 1.0);
  if (table.has("teacher")) {
    const auto table_of = table.table("teacher");
    auto& teacher = read.teacher.emplace();
    teacher.models = table_of.strings_or("models", {});
    teacher.weight = table_of.number_or("weight", teacher.weight, 0.0, 1.0);
    teacher.temperature = table_of.number_or("temperature", teacher.temperature, 0.1, 100.0);
  }
  read.ema = table.number_or("ema", read.ema, 0.0, 0.999999);
  read.threads = static_cast<int>(table.integer_or("threads", read.threads, 0, 8));
  read.checkpoint_every_steps =
      table.integer_or("checkpoint_every_steps", read.checkpoint_every_steps, 1, 1'000'000'000);
  read.validate_every_epochs =
      table.integer_or("validate_every_epochs", read.validate_every_epochs, 1, 100'000);
  read.keep = read_choice(table, "keep", read.keep, kKeeps);
  return read;
}

double learning_rate(const ScheduleSettings& schedule, std::int64_t step, std::int64_t steps) {
  const double top = schedule.learning_rate;
  if (step < schedule.warmup_steps) {
    return top * static_cast<double>(step + 1) / static_cast<double>(schedule.warmup_steps);
  }
  const auto last = std::max<std::int64_t>(steps - 1 - schedule.warmup_steps, 1);
  const double way =
      std::min(1.0, static_cast<double>(step - schedule.warmup_steps) / static_cast<double>(last));
  switch (schedule.kind) {
    case ScheduleKind::kConstant:
      return top;
    case ScheduleKind::kLinear:
      return top + (schedule.final_rate - top) * way;
    case ScheduleKind::kCosine:
      return schedule.final_rate +
             (top - schedule.final_rate) * 0.5 * (1.0 + std::cos(std::numbers::pi * way));
  }
  return top;
}

}  // namespace kws::train
