// SPDX-License-Identifier: MIT
#include "measure/accuracy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/error.h"
#include "data/synthetic_dataset.h"
#include "measure/tone_spotter.h"
#include "support/scratch_folder.h"

namespace kws::measure {
namespace {

using kws::testing::add_word;
using ::testing::ElementsAre;

/// "low" twice and a clip that lies: it sounds high. A word it does not know, and one that sounds
/// like a word it knows.
class AccuracyTest : public ::testing::Test {
 protected:
  AccuracyTest() : pack_(kws::testing::tone_spotter()) {
    add_word(folder_.path(), "low", kws::testing::kLowHz, 2);
    add_word(folder_.path(), "low", kws::testing::kHighHz, 1, 2);
    add_word(folder_.path(), "high", kws::testing::kHighHz, 4);
    add_word(folder_.path(), "middle", kws::testing::kMiddleHz, 3);
    add_word(folder_.path(), "howl", kws::testing::kHighHz, 1, 7);
  }

  AccuracyReport report(const data::DatasetOptions& options, std::size_t threads = 1) {
    const data::Dataset dataset(folder_.path(), options);
    return accuracy_report(dataset, classify(pack_, dataset, threads));
  }

  kws::testing::ScratchFolder folder_;
  pack::ModelPack pack_;
};

TEST_F(AccuracyTest, CountsClipsClassesAndFolders) {
  const auto result = report(eval_options(pack_));
  EXPECT_EQ(result.clips, 11u);
  EXPECT_EQ(result.correct, 9u);
  EXPECT_DOUBLE_EQ(result.accuracy, 9.0 / 11.0);
  EXPECT_EQ(result.ci95.low, wilson_interval(9, 11).low);
  EXPECT_EQ(result.speakers, 5u);  // 0 … 3 and 7
  EXPECT_THAT(result.confusion, ElementsAre(ElementsAre(2, 1, 0, 0), ElementsAre(0, 4, 0, 0),
                                            ElementsAre(0, 1, 3, 0), ElementsAre(0, 0, 0, 0)));
  const auto& low = result.per_class[0];
  EXPECT_EQ(low.clips, 3u);
  EXPECT_DOUBLE_EQ(*low.recall, 2.0 / 3.0);
  EXPECT_DOUBLE_EQ(*low.precision, 1.0);
  EXPECT_DOUBLE_EQ(*result.per_class[1].precision, 4.0 / 6.0);
  EXPECT_EQ(result.per_class[3].recall, std::nullopt);
  EXPECT_EQ(result.per_class[3].precision, std::nullopt);

  ASSERT_EQ(result.folders.size(), 4u);
  EXPECT_EQ(result.folders[0].folder, "high");
  EXPECT_EQ(result.folders[0].not_a_command, std::nullopt);
  EXPECT_EQ(result.folders[1].folder, "howl");
  EXPECT_EQ(result.folders[1].recall, 0.0);
  EXPECT_EQ(result.folders[1].not_a_command, 0.0);
  EXPECT_EQ(result.folders[3].folder, "middle");
  EXPECT_EQ(result.folders[3].recall, 1.0);
  EXPECT_EQ(result.folders[3].not_a_command, 1.0);
}

TEST_F(AccuracyTest, DoesNotDependOnThreads) {
  const data::Dataset dataset(folder_.path(), eval_options(pack_));
  EXPECT_EQ(classify(pack_, dataset, 1), classify(pack_, dataset, 3));
}

TEST_F(AccuracyTest, ASelectionOfClipsHearsTheSameBeginnings) {
  add_word(folder_.path(), "low", kws::testing::kLowHz, 20, 100);
  const data::Dataset all(folder_.path(), eval_options(pack_));
  auto options = eval_options(pack_);
  options.only = {"low"};
  const data::Dataset lows(folder_.path(), options);
  std::set<std::uint32_t> answers;
  // Where silence is as likely as the tone, the answer hangs on how much of it was drawn.
  for (float silence = 0.0F; silence > -20.0F && answers.size() < 2; silence -= 0.25F) {
    pack_.model.weights.at("dense.bias")[3] = silence;
    const auto alone = classify(pack_, lows, 2, {}, data::Ending::kNone);
    const auto among = classify(pack_, all, 2, {}, data::Ending::kNone);
    answers.clear();
    std::size_t next = 0;
    for (std::size_t i = 0; i < among.size(); ++i) {
      const auto& clip = all.clips()[i];
      if (all.folders()[clip.folder] != "low") continue;
      EXPECT_EQ(among[i], alone.at(next++)) << clip.stem;
      if (clip.stem >= "00000064") answers.insert(among[i]);
    }
    EXPECT_EQ(next, alone.size());
  }
  EXPECT_EQ(answers.size(), 2u);
}

TEST_F(AccuracyTest, HearsTheBeginningsOfKeywordsAlone) {
  const data::Dataset dataset(folder_.path(), eval_options(pack_));
  const auto heard = classify(pack_, dataset, 2, {}, data::Ending::kNone);
  EXPECT_EQ(heard, classify(pack_, dataset, 1, {}, data::Ending::kNone));
  const auto report = ending_report(dataset, heard);
  EXPECT_EQ(report.clips, 7u);  // "low" and "high"
  // A tone of half the length is none of the spotter's words; a whole one is.
  ASSERT_EQ(report.words.size(), 2u);  // "middle" and "howl" are no labels
  EXPECT_EQ(report.words[0].word, "high");
  EXPECT_EQ(report.words[0].kept_out, 4u);
  EXPECT_EQ(ending_report(dataset, classify(pack_, dataset, 1)).kept_out, 0u);

  // Said to be no keyword, all are kept out.
  const auto unknown = *dataset.unknown_label();
  const auto none = ending_report(dataset, std::vector<std::uint32_t>(heard.size(), unknown));
  EXPECT_EQ(none.kept_out, none.clips);
  EXPECT_NEAR(none.ci95.high, 1.0, 1e-9);

  auto options = eval_options(pack_);
  options.only = {"middle"};
  const data::Dataset others(folder_.path(), options);
  EXPECT_THROW((void)ending_report(others, classify(pack_, others, 1, {}, data::Ending::kNone)),
               DataError);
}

TEST_F(AccuracyTest, FiltersFolders) {
  auto options = eval_options(pack_);
  options.only = {"low", "high"};
  EXPECT_EQ(report(options).clips, 7u);
  options.only.clear();
  options.exclude = {"howl"};
  EXPECT_EQ(report(options).correct, 9u);
  EXPECT_EQ(report(options).clips, 10u);
}

TEST_F(AccuracyTest, ReportsProgress) {
  const data::Dataset dataset(folder_.path(), eval_options(pack_));
  std::size_t last = 0;
  (void)classify(pack_, dataset, 2, [&](std::size_t done, std::size_t total) {
    last = done;
    EXPECT_EQ(total, 11u);
  });
  EXPECT_EQ(last, 11u);
}

TEST(EvalOptions, ReadOneSecondWhereTheContextIsOne) {
  auto pack = kws::testing::tone_spotter();
  EXPECT_DOUBLE_EQ(eval_options(pack).clip_ms, 500.0);
  pack.features.frame_ms = 30.0;  // 48 frames of a second leave 10 ms
  pack.model.graph = {};
  pack.model.graph.add_input({49, 20, 1});
  EXPECT_DOUBLE_EQ(eval_options(pack).clip_ms, 1000.0);
}

}  // namespace
}  // namespace kws::measure
