// SPDX-License-Identifier: MIT
#include "train/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace kws::train {
namespace {

TrainSettings read(const std::string& text) {
  const auto table = config::Table::parse(text, "recipe.toml");
  auto settings = read_train_settings(table);
  table.reject_unknown();
  return settings;
}

TEST(TrainSettings, EveryKeyIsRead) {
  const auto settings = read(R"(
epochs = 7
batch = 20
optimiser = "sgd"
momentum = 0.5
beta1 = 0.8
beta2 = 0.99
epsilon = 1e-7
weight_decay = 1e-4
clip_norm = 2.5
learning_rate = 0.25
schedule = "linear"
warmup_steps = 11
final_rate = 1e-5
label_smoothing = 0.1
balance = 0.5
ema = 0.99
threads = 2
checkpoint_every_steps = 13
validate_every_epochs = 3
keep = "best"
[teacher]
models = ["wide.kws", "deep.kws"]
weight = 0.5
temperature = 4
)");
  EXPECT_EQ(settings.epochs, 7);
  EXPECT_EQ(settings.batch, 20);
  EXPECT_EQ(settings.optimiser.kind, OptimiserKind::kSgd);
  EXPECT_EQ(settings.optimiser.momentum, 0.5);
  EXPECT_EQ(settings.optimiser.beta1, 0.8);
  EXPECT_EQ(settings.optimiser.beta2, 0.99);
  EXPECT_EQ(settings.optimiser.epsilon, 1e-7);
  EXPECT_EQ(settings.optimiser.weight_decay, 1e-4);
  EXPECT_EQ(settings.optimiser.clip_norm, 2.5);
  EXPECT_EQ(settings.schedule.learning_rate, 0.25);
  EXPECT_EQ(settings.schedule.kind, ScheduleKind::kLinear);
  EXPECT_EQ(settings.schedule.warmup_steps, 11);
  EXPECT_EQ(settings.schedule.final_rate, 1e-5);
  EXPECT_EQ(settings.label_smoothing, 0.1);
  EXPECT_EQ(settings.balance, 0.5);
  EXPECT_EQ(settings.ema, 0.99);
  EXPECT_EQ(settings.threads, 2);
  EXPECT_EQ(settings.checkpoint_every_steps, 13);
  EXPECT_EQ(settings.validate_every_epochs, 3);
  EXPECT_EQ(settings.keep, Keep::kBest);
  EXPECT_EQ(
      settings.teacher,
      (TeacherSettings{.models = {"wide.kws", "deep.kws"}, .weight = 0.5, .temperature = 4.0}));
}

TEST(TrainSettings, ABadValueNamesKeyAndLine) {
  try {
    (void)read("epochs = 3\noptimiser = 'adams'\n");
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(),
                ::testing::AllOf(::testing::HasSubstr("recipe.toml:2"),
                                 ::testing::HasSubstr("optimiser"), ::testing::HasSubstr("adam")));
  }
  EXPECT_THROW((void)read("epochs = 0"), ConfigError);
  EXPECT_THROW((void)read("batch = 100000"), ConfigError);
  EXPECT_THROW((void)read("ema = 1.0"), ConfigError);
}

TEST(LearningRate, RisesInAStraightLineThroughTheWarmUp) {
  const ScheduleSettings schedule{
      .kind = ScheduleKind::kConstant, .learning_rate = 0.8, .warmup_steps = 4};
  EXPECT_DOUBLE_EQ(learning_rate(schedule, 0, 100), 0.2);
  EXPECT_DOUBLE_EQ(learning_rate(schedule, 1, 100), 0.4);
  EXPECT_DOUBLE_EQ(learning_rate(schedule, 3, 100), 0.8);
  EXPECT_DOUBLE_EQ(learning_rate(schedule, 99, 100), 0.8);
}

TEST(LearningRate, FallsFromTopToFinal) {
  for (const auto kind : {ScheduleKind::kLinear, ScheduleKind::kCosine}) {
    const ScheduleSettings schedule{
        .kind = kind, .learning_rate = 1.0, .final_rate = 0.1, .warmup_steps = 10};
    EXPECT_DOUBLE_EQ(learning_rate(schedule, 10, 111), 1.0);
    EXPECT_DOUBLE_EQ(learning_rate(schedule, 60, 111), 0.55);  // half way
    EXPECT_DOUBLE_EQ(learning_rate(schedule, 110, 111), 0.1);
  }
  const ScheduleSettings cosine{.kind = ScheduleKind::kCosine, .learning_rate = 1.0};
  EXPECT_NEAR(learning_rate(cosine, 25, 101), 0.5 + 0.25 * std::sqrt(2.0), 1e-12);  // cos 45°
}

TEST(LearningRate, AWarmUpLongerThanTheTrainingNeverDividesByZero) {
  const ScheduleSettings schedule{
      .kind = ScheduleKind::kCosine, .learning_rate = 1.0, .warmup_steps = 50};
  EXPECT_DOUBLE_EQ(learning_rate(schedule, 4, 5), 0.1);
  EXPECT_DOUBLE_EQ(learning_rate(schedule, 0, 1), 0.02);
}

}  // namespace
}  // namespace kws::train
