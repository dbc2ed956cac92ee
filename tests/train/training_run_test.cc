// SPDX-License-Identifier: MIT
//
// From real recordings (tests/data/clips) to a model file, the way `kws train` goes.
#include "train/training_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/atomic_file.h"
#include "base/error.h"
#include "pack/model_pack.h"
#include "support/scratch_folder.h"

namespace kws::train {
namespace {

using ::testing::HasSubstr;

constexpr auto kRecipe = R"(
name = "tiny"
labels = ["yes", "no", "_unknown_", "_silence_"]
[features]
kind = "logmel"
mels = 16
[network]
kind = "ds_cnn"
channels = 8
blocks = 1
dropout = 0.1
[data]
shift_ms = 100
noise_probability = 0.5
silence_clips = 4
[train]
epochs = 4
batch = 4
label_smoothing = 0.05
ema = 0.9
checkpoint_every_steps = 2
)";

class TrainingRun : public ::testing::Test {
 protected:
  [[nodiscard]] RunRequest request(const std::string& name, int threads = 1) const {
    return {.recipe = read_recipe(config::Table::parse(kRecipe, "tiny.toml")),
            .data = std::filesystem::path(KWS_TEST_DATA) / "clips",
            .out = folder_ / name,
            .threads = threads};
  }

  std::vector<std::byte> train(const RunRequest& request) {
    RunObserver observer;
    EXPECT_EQ(run_training(request, observer, never_), Outcome::kFinished);
    return read_file(request.out, 1 << 20);
  }

  testing::ScratchFolder folder_;
  const std::atomic<bool> never_{false};
};

class StopAfter final : public RunObserver {
 public:
  explicit StopAfter(std::int64_t step) : step_(step) {}
  void on_step(const StepReport& report) override { stop = stop || report.step == step_; }
  void on_start(const RunStart& start) override { resumed = start.resumed_step; }
  std::atomic<bool> stop{false};
  std::int64_t resumed = -1;

 private:
  std::int64_t step_;
};

template <typename Exception>
std::string refusal(const RunRequest& request) {
  try {
    check_request(request);
  } catch (const Exception& error) {
    return error.what();
  }
  return "nothing of the kind";
}

TEST_F(TrainingRun, WritesAPackThatKnowsWhereItCameFrom) {
  (void)train(request("m.kws"));
  const auto pack = pack::load(folder_ / "m.kws");
  EXPECT_EQ(pack.name, "tiny");
  EXPECT_THAT(pack.labels, ::testing::ElementsAre("yes", "no", "_unknown_", "_silence_"));
  EXPECT_EQ(pack.features.mels, 16);
  EXPECT_EQ(pack.provenance.seed, 1U);
  EXPECT_THAT(pack.provenance.recipe, HasSubstr("epochs = 4"));
  EXPECT_GT(pack.provenance.data_counts.at("training clips"), 0);
  EXPECT_FALSE(std::filesystem::exists(checkpoint_path(folder_ / "m.kws")));
  // The network normalises by what was measured on the training clips.
  EXPECT_NE(pack.model.weights.at("input_norm.mean"), std::vector<float>(16, 0.0F));
}

TEST_F(TrainingRun, TheSameSeedGivesTheSameBytesForAnyNumberOfThreads) {
  const auto one = train(request("one.kws", 1));
  EXPECT_EQ(train(request("again.kws", 1)), one);
  EXPECT_EQ(train(request("two.kws", 2)), one);
  auto other = request("other.kws");
  other.recipe.seed = 2;
  EXPECT_NE(train(other), one);
}

TEST_F(TrainingRun, StoppedAndResumedItGivesTheSameBytes) {
  const auto whole = train(request("whole.kws"));
  auto stopped = request("stopped.kws");
  StopAfter observer(3);
  EXPECT_EQ(run_training(stopped, observer, observer.stop), Outcome::kStopped);
  EXPECT_FALSE(std::filesystem::exists(stopped.out));
  stopped.resume = true;
  stopped.threads = 2;
  StopAfter second(-1);
  EXPECT_EQ(run_training(stopped, second, second.stop), Outcome::kFinished);
  EXPECT_EQ(second.resumed, 3);
  EXPECT_EQ(read_file(stopped.out, 1 << 20), whole);
}

TEST_F(TrainingRun, LearnsFromATeacherTheSameBytesStoppedOrNot) {
  const auto alone = train(request("teacher.kws"));
  const auto taught = [&](const std::string& name, int threads) {
    auto asked = request(name, threads);
    asked.recipe = read_recipe(config::Table::parse(
        std::string(kRecipe) + "[train.teacher]\nmodels = [\"no-such.kws\"]\n", "tiny.toml"));
    asked.teachers = {(folder_ / "teacher.kws").string()};
    return asked;
  };
  const auto whole = train(taught("whole.kws", 1));
  EXPECT_NE(whole, alone);
  EXPECT_EQ(train(taught("threads.kws", 2)), whole);

  auto stopped = taught("stopped.kws", 1);
  StopAfter observer(3);
  EXPECT_EQ(run_training(stopped, observer, observer.stop), Outcome::kStopped);
  stopped.resume = true;
  EXPECT_EQ(train(stopped), whole);
}

TEST_F(TrainingRun, RefusesATeacherThatCannotTeach) {
  (void)train(request("teacher.kws"));
  auto asked = request("m.kws");
  asked.teachers = {(folder_ / "teacher.kws").string()};
  EXPECT_THAT(refusal<UsageError>(asked), HasSubstr("no [train.teacher]"));

  asked.recipe.train.teacher = TeacherSettings{.models = asked.teachers};
  check_request(asked);
  asked.teachers.push_back((folder_ / "absent.kws").string());
  EXPECT_THAT(refusal<Error>(asked), HasSubstr("absent.kws"));

  asked.teachers.clear();
  asked.recipe.train.teacher = TeacherSettings{};
  EXPECT_THAT(refusal<UsageError>(asked), HasSubstr("without models"));
  asked.recipe.train.teacher = TeacherSettings{.models = {(folder_ / "teacher.kws").string()}};
  asked.recipe.labels = {"no", "yes", "_unknown_", "_silence_"};
  EXPECT_THAT(refusal<ModelError>(asked),
              ::testing::AllOf(HasSubstr("teacher.kws"), HasSubstr("other labels")));
  asked = request("m.kws");
  asked.recipe.train.teacher = TeacherSettings{.models = {(folder_ / "teacher.kws").string()}};
  asked.recipe.features.mels = 20;
  EXPECT_THAT(refusal<ModelError>(asked), HasSubstr("[features]"));
}

// What the file could not hold is said before the training, not after it.
TEST_F(TrainingRun, RefusesANameThatNoModelMayHave) {
  auto asked = request("m.kws");
  asked.recipe.name = std::string(65, 'x');
  EXPECT_THAT(refusal<ModelError>(asked), HasSubstr("name"));
}

TEST_F(TrainingRun, ResumingWithoutACheckpointStartsAtTheBeginning) {
  const auto whole = train(request("whole.kws"));
  auto killed_early = request("early.kws");
  killed_early.resume = true;
  EXPECT_EQ(train(killed_early), whole);
}

TEST_F(TrainingRun, AnInterruptedTrainingIsNotThrownAwayByMistake) {
  auto stopped = request("m.kws");
  StopAfter observer(3);
  EXPECT_EQ(run_training(stopped, observer, observer.stop), Outcome::kStopped);
  EXPECT_THAT(refusal<UsageError>(stopped), HasSubstr("--resume"));
  stopped.restart = true;
  (void)train(stopped);
  auto finished = request("m.kws");
  finished.resume = true;
  EXPECT_THAT(refusal<UsageError>(finished), HasSubstr("finished"));
}

TEST_F(TrainingRun, ACheckpointOfAnotherRecipeIsRefused) {
  auto stopped = request("m.kws");
  StopAfter observer(3);
  EXPECT_EQ(run_training(stopped, observer, observer.stop), Outcome::kStopped);
  auto other = stopped;
  auto document = config::Table::parse(kRecipe, "tiny.toml");
  document.set("train.ema=0.8");
  other.recipe = read_recipe(document);
  other.resume = true;
  RunObserver quiet;
  EXPECT_THROW((void)run_training(other, quiet, never_), ConfigError);
}

TEST_F(TrainingRun, WhatCannotWorkIsSaidBeforeTheRecordingsAreRead) {
  auto missing = request("m.kws");
  missing.data = folder_ / "nowhere";
  EXPECT_THAT(refusal<DataError>(missing), HasSubstr("nowhere"));

  auto unwritable = request("no/such/folder/m.kws");
  EXPECT_THAT(refusal<DataError>(unwritable), HasSubstr("no/such/folder"));

  auto onto_folder = request("");
  EXPECT_THAT(refusal<DataError>(onto_folder), HasSubstr("folder"));

  auto impossible = request("m.kws");
  impossible.recipe.features.mels = 2;
  EXPECT_THAT(refusal<ModelError>(impossible), HasSubstr("conv1"));
}

TEST_F(TrainingRun, ALabelWithoutClipsIsNamed) {
  auto wanting = request("m.kws");
  wanting.recipe.labels = {"yes", "no", "bird", "_silence_"};
  RunObserver quiet;
  try {
    (void)run_training(wanting, quiet, never_);
    FAIL();
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr("bird"));
  }
  wanting.recipe.labels = {"yes", "no", "_silence_"};
  wanting.recipe.data.silence_clips = 0;
  EXPECT_THROW((void)run_training(wanting, quiet, never_), DataError);
}

}  // namespace
}  // namespace kws::train
