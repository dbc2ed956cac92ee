// SPDX-License-Identifier: MIT
#include "train/trainer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/error.h"
#include "base/random.h"
#include "engine/plan.h"
#include "nn/networks.h"
#include "support/allocation_guard.h"
#include "train/balance.h"

namespace kws::train {
namespace {

constexpr std::size_t kLabels = 3;

nn::Model small_model() {
  nn::Model model{
      .graph = nn::build_network({.kind = "ds_cnn_s", .channels = 12, .blocks = 2, .dropout = 0.1},
                                 20, 10, kLabels)};
  model.weights = nn::initial_weights(model.graph, Random(1));
  return model;
}

/// Noise with a bump whose place tells the label, a function of (epoch, step) alone.
class BumpSource final : public BatchSource {
 public:
  explicit BumpSource(std::size_t batch, std::int64_t steps = 6) : batch_(batch), steps_(steps) {}

  [[nodiscard]] std::int64_t steps_per_epoch() const override { return steps_; }
  [[nodiscard]] BatchView load(std::int64_t epoch, std::int64_t step) override {
    Random random(11, {static_cast<std::uint64_t>(epoch), static_cast<std::uint64_t>(step)});
    features_.assign(batch_ * 200, 0.0F);
    labels_.resize(batch_);
    for (std::size_t clip = 0; clip < batch_; ++clip) {
      labels_[clip] = static_cast<std::uint32_t>(random.below(kLabels));
      for (std::size_t i = 0; i < 200; ++i) {
        const bool bump = i / 10 / 7 == labels_[clip];
        features_[clip * 200 + i] = static_cast<float>(random.normal() + (bump ? 1.0 : 0.0));
      }
    }
    return {features_, labels_};
  }

 private:
  std::size_t batch_;
  std::int64_t steps_;
  std::vector<float> features_;
  std::vector<std::uint32_t> labels_;
};

class Recorder final : public Observer {
 public:
  void on_step(const StepReport& report) override {
    losses[report.step] = report.batch_loss;
    if (report.step == stop_after) stop->store(true);
  }
  void on_epoch(const EpochReport& report) override { epochs.push_back(report); }

  std::map<std::int64_t, double> losses;
  std::vector<EpochReport> epochs;
  std::int64_t stop_after = -1;
  std::atomic<bool>* stop = nullptr;
};

TrainSettings settings() {
  return {.epochs = 3,
          .batch = 10,
          .optimiser = {.kind = OptimiserKind::kAdamW, .weight_decay = 0.01},
          .schedule = {.kind = ScheduleKind::kCosine, .learning_rate = 5e-3, .warmup_steps = 3},
          .label_smoothing = 0.05,
          .ema = 0.9,
          .checkpoint_every_steps = 4};
}

/// Trains from start to end and returns the last checkpoint, the whole state.
Checkpoint train_through(const TrainSettings& train, std::size_t threads) {
  BumpSource source(10);
  BumpSource held_out(30, 1);
  const auto validation = held_out.load(99, 0);
  Trainer trainer(train, 5, small_model(), source, validation, threads);
  Recorder recorder;
  const std::atomic<bool> stop{false};
  Checkpoint last;
  EXPECT_EQ(trainer.run(recorder, stop, [&](Checkpoint&& c) { last = std::move(c); }),
            Outcome::kFinished);
  return last;
}

void expect_equal(const Checkpoint& a, const Checkpoint& b) {
  EXPECT_EQ(a.step, b.step);
  EXPECT_EQ(a.weights, b.weights);
  EXPECT_EQ(a.average, b.average);
  EXPECT_EQ(a.best, b.best);
  EXPECT_EQ(a.best_accuracy, b.best_accuracy);
  EXPECT_EQ(a.last_accuracy, b.last_accuracy);
  EXPECT_EQ(a.optimiser.first, b.optimiser.first);
  EXPECT_EQ(a.optimiser.second, b.optimiser.second);
}

TEST(Trainer, LearnsASmallSetByHeart) {
  BumpSource once(24, 1);
  const auto batch = once.load(0, 0);
  const std::vector<float> features(batch.features.begin(), batch.features.end());
  const std::vector<std::uint32_t> labels(batch.labels.begin(), batch.labels.end());
  class Same final : public BatchSource {
   public:
    explicit Same(BatchView batch) : batch_(batch) {}
    [[nodiscard]] std::int64_t steps_per_epoch() const override { return 1; }
    [[nodiscard]] BatchView load(std::int64_t, std::int64_t) override { return batch_; }

   private:
    BatchView batch_;
  } source({features, labels});
  auto train = settings();
  train.epochs = 120;
  train.batch = 24;
  train.validate_every_epochs = 120;
  Trainer trainer(train, 5, small_model(), source, {features, labels}, 2);
  Recorder recorder;
  const std::atomic<bool> stop{false};
  (void)trainer.run(recorder, stop, [](Checkpoint&&) {});
  EXPECT_EQ(trainer.result_accuracy(), 1.0);
  EXPECT_LT(recorder.losses.rbegin()->second, 0.5 * recorder.losses.begin()->second);
}

class Validation : public ::testing::TestWithParam<std::vector<double>> {};

TEST_P(Validation, GuessesAsTheEngineDoes) {
  BumpSource source(10);
  BumpSource held_out(30, 1);
  const auto validation = held_out.load(99, 0);
  Trainer trainer(settings(), 5, small_model(), source, validation, 1, {}, GetParam());
  Recorder recorder;
  const std::atomic<bool> stop{false};
  (void)trainer.run(recorder, stop, [](Checkpoint&&) {});
  engine::Plan plan({small_model().graph, trainer.result()});
  std::int64_t correct = 0;
  std::vector<float> posteriors(kLabels);
  for (std::size_t clip = 0; clip < 30; ++clip) {
    plan.run_window(validation.features.subspan(clip * 200, 200), posteriors);
    const auto guess = std::max_element(posteriors.begin(), posteriors.end()) - posteriors.begin();
    correct += guess == validation.labels[clip] ? 1 : 0;
  }
  ASSERT_TRUE(recorder.epochs.back().validation);
  EXPECT_DOUBLE_EQ(recorder.epochs.back().validation->accuracy, static_cast<double>(correct) / 30);
  EXPECT_DOUBLE_EQ(trainer.result_accuracy(), static_cast<double>(correct) / 30);
}

INSTANTIATE_TEST_SUITE_P(Offsets, Validation,
                         ::testing::Values(std::vector<double>{}, std::vector<double>(kLabels, 1.0),
                                           [] {
                                             std::vector<double> offsets(kLabels, 0.0);
                                             offsets[1] = 1.5;
                                             return offsets;
                                           }()));

TEST(Trainer, OffsetsDoNotTouchWhatIsLearnt) {
  BumpSource source(10);
  const BatchView none;
  const std::atomic<bool> stop{false};
  std::vector<double> offsets(kLabels, 0.25);
  Recorder recorder;
  Trainer plain(settings(), 5, small_model(), source, none, 1);
  (void)plain.run(recorder, stop, [](Checkpoint&&) {});
  Trainer shifted(settings(), 5, small_model(), source, none, 1, {}, offsets);
  (void)shifted.run(recorder, stop, [](Checkpoint&&) {});
  auto weights = plain.result();
  shift_logits(small_model().graph, offsets, weights);
  EXPECT_EQ(shifted.result(), weights);
}

TEST(Trainer, TheNumberOfThreadsDoesNotChangeABit) {
  const auto one = train_through(settings(), 1);
  expect_equal(train_through(settings(), 2), one);
  expect_equal(train_through(settings(), 3), one);
}

TEST(Trainer, StoppedAfterAnyStepAndResumedItEndsInTheSameState) {
  auto train = settings();
  train.keep = Keep::kBest;
  const auto whole = train_through(train, 1);
  BumpSource held_out(30, 1);
  const auto validation = held_out.load(99, 0);
  for (std::int64_t stop_after = 1; stop_after < whole.step; ++stop_after) {
    BumpSource source(10);
    std::atomic<bool> stop{false};
    Recorder recorder;
    recorder.stop = &stop;
    recorder.stop_after = stop_after;
    Checkpoint saved;
    Trainer first(train, 5, small_model(), source, validation, 1);
    ASSERT_EQ(first.run(recorder, stop, [&](Checkpoint&& c) { saved = std::move(c); }),
              Outcome::kStopped);
    ASSERT_EQ(saved.step, stop_after);

    stop = false;
    recorder.stop_after = -1;
    Trainer second(train, 5, small_model(), source, validation, 1);
    second.restore(saved);
    ASSERT_EQ(second.run(recorder, stop, [&](Checkpoint&& c) { saved = std::move(c); }),
              Outcome::kFinished);
    expect_equal(saved, whole);
    EXPECT_EQ(recorder.epochs.size(), 3U);  // none twice, none left out
  }
}

TEST(Trainer, SavesAtTheStartEverySoManyStepsAndAfterEveryEpoch) {
  BumpSource source(10);
  Trainer trainer(settings(), 5, small_model(), source, {}, 1);
  Recorder recorder;
  const std::atomic<bool> stop{false};
  std::vector<std::int64_t> saved;
  (void)trainer.run(recorder, stop, [&](Checkpoint&& c) { saved.push_back(c.step); });
  EXPECT_THAT(saved, ::testing::ElementsAre(0, 4, 6, 8, 12, 16, 18));
  EXPECT_EQ(trainer.result_accuracy(), -1.0);  // nothing to validate on
}

TEST(Trainer, KeepsTheBestWhenAskedTo) {
  auto train = settings();
  train.epochs = 6;
  train.keep = Keep::kBest;
  BumpSource source(10);
  BumpSource held_out(30, 1);
  Trainer trainer(train, 5, small_model(), source, held_out.load(99, 0), 1);
  Recorder recorder;
  const std::atomic<bool> stop{false};
  (void)trainer.run(recorder, stop, [](Checkpoint&&) {});
  double best = 0.0;
  for (const auto& epoch : recorder.epochs) best = std::max(best, epoch.validation->accuracy);
  EXPECT_EQ(trainer.result_accuracy(), best);

  EXPECT_THROW(Trainer(train, 5, small_model(), source, {}, 1), ConfigError);
}

TEST(Trainer, SaysSoWhenTheLossIsNoNumber) {
  auto train = settings();
  train.optimiser.kind = OptimiserKind::kSgd;
  train.schedule = {.kind = ScheduleKind::kConstant, .learning_rate = 1e30};
  BumpSource source(10);
  Trainer trainer(train, 5, small_model(), source, {}, 1);
  Recorder recorder;
  const std::atomic<bool> stop{false};
  try {
    (void)trainer.run(recorder, stop, [](Checkpoint&&) {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("learning_rate"));
  }
}

TEST(Trainer, AStepTakesNothingFromTheHeap) {
  auto model = small_model();
  ThreadTeam team(1);
  Network network(model.graph, model.weights, 10, Purpose::kTraining, team,
                  {.label_smoothing = 0.1});
  Optimiser optimiser({}, network.parameters());
  BumpSource source(10);
  const auto batch = source.load(0, 0);
  testing::AllocationGuard guard;
  (void)network.run(batch.features, batch.labels, 1, 2);
  optimiser.update(network.gradient(), 1e-3);
  EXPECT_EQ(guard.allocations(), 0U);
}

}  // namespace
}  // namespace kws::train
