// SPDX-License-Identifier: MIT
#include "data/dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/atomic_file.h"
#include "base/error.h"
#include "data/speakers.h"
#include "data/synthetic_dataset.h"
#include "support/scratch_folder.h"

namespace kws::data {
namespace {

using kws::testing::add_recording;
using kws::testing::add_word;
using kws::testing::ScratchFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

DatasetOptions options_for(std::vector<std::string> labels) {
  DatasetOptions options;
  options.labels = std::move(labels);
  return options;
}

std::string failure_of(const std::filesystem::path& folder, const DatasetOptions& options) {
  try {
    const Dataset dataset(folder, options);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

const std::filesystem::path kClips = std::filesystem::path(KWS_TEST_DATA) / "clips";

TEST(Dataset, ReadsRealClips) {
  const Dataset dataset(kClips, options_for({"yes", "no", "_unknown_", "_silence_"}));
  EXPECT_THAT(dataset.folders(), ElementsAre("bed", "no", "yes"));
  ASSERT_EQ(dataset.clips().size(), 11u);
  EXPECT_EQ(dataset.clips()[0].label, 2u);  // "bed" is no label
  EXPECT_EQ(dataset.noise().size(), 1u);
  EXPECT_THAT(dataset.warnings(), IsEmpty());
  // By the official rule, as there are no lists: 66cff190 and 099d52ad say both words.
  const auto validation = dataset.clips_of(Split::kValidation);
  EXPECT_EQ(validation.size(), 5u);
  EXPECT_EQ(dataset.speakers_in(validation), 3u);
  for (const auto& clip : dataset.clips()) {
    EXPECT_LE(clip.samples.size(), dataset.clip_samples());
    EXPECT_LT(clip.active_begin, clip.active_end);
    EXPECT_LE(clip.active_end, clip.samples.size());
    EXPECT_GT(clip.level, 0.0F);
  }
}

TEST(Dataset, IsTheSameForAnyNumberOfThreads) {
  auto options = options_for({"yes", "no", "_unknown_"});
  const Dataset one(kClips, options);
  options.threads = 4;
  const Dataset four(kClips, options);
  ASSERT_EQ(one.clips().size(), four.clips().size());
  for (std::size_t i = 0; i < one.clips().size(); ++i) {
    EXPECT_EQ(one.clips()[i].stem, four.clips()[i].stem);
    EXPECT_EQ(one.clips()[i].samples, four.clips()[i].samples);
  }
}

TEST(Dataset, NeverHasASpeakerInTwoSplits) {
  const ScratchFolder folder;
  add_word(folder.path(), "yes", 400.0, 120);
  add_word(folder.path(), "no", 500.0, 120, 60);
  const Dataset dataset(folder.path(), options_for({"yes", "no"}));
  std::map<std::string, std::set<Split>> splits;
  for (const auto& clip : dataset.clips()) {
    splits[std::string(speaker_of(clip.stem))].insert(clip.split);
  }
  EXPECT_EQ(splits.size(), 180u);
  for (const auto& [speaker, where] : splits) EXPECT_EQ(where.size(), 1u) << speaker;
  for (const auto split : {Split::kTraining, Split::kValidation, Split::kTesting}) {
    EXPECT_FALSE(dataset.clips_of(split).empty()) << to_string(split);
  }
}

TEST(Dataset, SkipsForeignWordsWhenUnknownIsNoLabel) {
  const Dataset dataset(kClips, options_for({"yes", "no"}));
  EXPECT_THAT(dataset.folders(), ElementsAre("no", "yes"));
}

TEST(Dataset, FiltersFolders) {
  auto options = options_for({"yes", "no", "_unknown_"});
  options.only = {"yes", "bed"};
  EXPECT_THAT(Dataset(kClips, options).folders(), ElementsAre("bed", "yes"));
  options.only = {};
  options.exclude = {"bed"};
  EXPECT_THAT(Dataset(kClips, options).folders(), ElementsAre("no", "yes"));
  options.exclude = {"bad"};
  EXPECT_THAT(failure_of(kClips, options), HasSubstr("did you mean 'bed'"));
}

TEST(Dataset, CutsLongClipsToTheirLoudestPart) {
  const ScratchFolder folder;
  add_word(folder.path(), "yes", 400.0, 1);
  auto options = options_for({"yes"});
  options.clip_ms = 400.0;
  const Dataset dataset(folder.path(), options);
  EXPECT_EQ(dataset.clips()[0].samples.size(), 6400u);
  EXPECT_EQ(dataset.clips()[0].active_end - dataset.clips()[0].active_begin, 6400u);
}

TEST(Dataset, ReportsWhatIsNotThere) {
  const ScratchFolder folder;
  const auto options = options_for({"yes", "no"});
  EXPECT_THAT(failure_of(folder / "absent", options), HasSubstr("no such folder"));
  EXPECT_THAT(failure_of(folder.path(), options), HasSubstr(": no clips; wanted"));
  std::filesystem::create_directories(folder / "yes");
  EXPECT_THAT(failure_of(folder.path(), options), HasSubstr(": no clips; wanted"));
  add_word(folder.path(), "maybe", 300.0, 2);
  EXPECT_THAT(failure_of(folder.path(), options), HasSubstr("found the folders maybe and yes"));
}

TEST(Dataset, TrainingNeedsEveryKeyword) {
  const ScratchFolder folder;
  add_word(folder.path(), "yes", 400.0, 20);
  auto options = options_for({"yes", "no", "_unknown_", "_silence_"});
  EXPECT_EQ(failure_of(folder.path(), options), "");
  options.every_keyword = true;
  EXPECT_THAT(failure_of(folder.path(), options), HasSubstr("no clip of 'no' to train on"));
}

TEST(Dataset, WarnsOfAWordWithOneClip) {
  const ScratchFolder folder;
  add_word(folder.path(), "yes", 400.0, 40);
  add_word(folder.path(), "no", 500.0, 1, 0x0a7c2a8d);
  auto options = options_for({"yes", "no"});
  options.every_keyword = true;
  const Dataset dataset(folder.path(), options);
  EXPECT_THAT(dataset.warnings(), ElementsAre(HasSubstr("'no' has only 1 training clips")));
}

TEST(Dataset, NamesUnreadableClipsAndGoesOn) {
  const ScratchFolder folder;
  add_word(folder.path(), "yes", 400.0, 3);
  write_file_atomically(folder / "yes" / "broken.wav", "RIFF");
  write_file_atomically(folder / "yes" / "empty.flac", "");
  const Dataset dataset(folder.path(), options_for({"yes"}));
  EXPECT_EQ(dataset.clips().size(), 3u);
  EXPECT_THAT(dataset.warnings(), ElementsAre(HasSubstr("broken.wav"), HasSubstr("empty.flac")));
}

TEST(Dataset, RefusesALabelWhoseClipsAreAllUnreadable) {
  const ScratchFolder folder;
  add_word(folder.path(), "yes", 400.0, 3);
  std::filesystem::create_directories(folder / "no");
  write_file_atomically(folder / "no" / "a.wav", "RIFF");
  EXPECT_THAT(failure_of(folder.path(), options_for({"yes", "no"})),
              HasSubstr("no clip of 'no' can be read"));
}

TEST(Dataset, WarnsOfAListThatNamesAbsentFiles) {
  const ScratchFolder folder;
  const auto stems = add_word(folder.path(), "yes", 400.0, 3);
  write_file_atomically(folder / "validation_list.txt",
                        "yes/" + stems[1] + ".wav\nyes/absent_nohash_0.wav\n");
  const Dataset dataset(folder.path(), options_for({"yes"}));
  EXPECT_THAT(dataset.clips_of(Split::kValidation), ElementsAre(1));
  EXPECT_THAT(dataset.warnings(), ElementsAre(HasSubstr("absent_nohash_0")));
  write_file_atomically(folder / "validation_list.txt", "yes/absent_nohash_0.wav\n");
  EXPECT_THAT(failure_of(folder.path(), options_for({"yes"})), HasSubstr("validation_list.txt"));
}

TEST(Dataset, ReportsProgressUpToTheTotal) {
  auto options = options_for({"yes", "no", "_unknown_"});
  std::size_t last = 0;
  std::size_t total = 0;
  options.progress = [&](std::size_t done, std::size_t of) {
    EXPECT_GE(done, last);
    last = done;
    total = of;
  };
  const Dataset dataset(kClips, options);
  EXPECT_EQ(last, 12u);
  EXPECT_EQ(total, 12u);
}

class NegativeFolders : public ::testing::Test {
 protected:
  NegativeFolders() {
    add_word(folder_.path(), "up", 400.0, 2);
    for (const char* name : {"2-1-1", "2-1-2", "4-1-1", "5-1-1", "6-1-1"}) {
      add_recording(folder_ / "read" / (std::string(name) + ".wav"), 2.0, 0.1);
    }
    write_file_atomically(folder_ / "read" / "transcripts.txt",
                          "2-1-1 HE WENT UP THE HILL\n2-1-2 AND DOWN\n4-1-1 SUPPER\n5-1-1 UP\n");
    options_ = options_for({"up", "_unknown_"});
  }

  std::vector<std::string> stems(const NegativeFolder& negatives) {
    options_.negatives = {negatives};
    const Dataset dataset(folder_.path(), options_);
    std::vector<std::string> result;
    for (const auto& recording : dataset.negatives()[0]) result.push_back(recording.stem);
    return result;
  }

  ScratchFolder folder_;
  DatasetOptions options_;
};

TEST_F(NegativeFolders, LeaveOutUtterancesThatHoldALabel) {
  EXPECT_THAT(stems({.folder = "read", .transcripts = "transcripts.txt"}),
              ElementsAre("2-1-2", "4-1-1"));
}

TEST_F(NegativeFolders, MayKeepThemForRunningSpeech) {
  options_.negatives = {
      {.folder = "read", .transcripts = "transcripts.txt", .keywords_in_speech = true}};
  const Dataset dataset(folder_.path(), options_);
  std::vector<std::string> with;
  for (const auto& recording : dataset.negatives()[0]) {
    if (recording.says_keyword) with.push_back(recording.stem);
  }
  EXPECT_EQ(dataset.negatives()[0].size(), 4u);
  EXPECT_THAT(with, ElementsAre("2-1-1", "5-1-1"));
}

TEST_F(NegativeFolders, LeaveOutHeldOutSpeakers) {
  EXPECT_THAT(stems({.folder = "read", .speakers = Speakers::kEven}),
              ElementsAre("2-1-1", "2-1-2", "4-1-1", "6-1-1"));
  EXPECT_THAT(stems({.folder = "read", .speakers = Speakers::kEven, .hold_out_every = 2}),
              ElementsAre("2-1-1", "2-1-2", "6-1-1"));
}

TEST_F(NegativeFolders, AreFoundFromTheirRoot) {
  const ScratchFolder data;
  add_word(data.path(), "up", 400.0, 2);
  options_.negatives = {{.folder = "read"}};
  EXPECT_THAT(failure_of(data.path(), options_), HasSubstr("no such folder"));
  options_.negatives_root = folder_.path();
  EXPECT_EQ(Dataset(data.path(), options_).negatives()[0].size(), 5u);
}

TEST_F(NegativeFolders, WithoutUsableRecordingsAreAnError) {
  std::filesystem::create_directories(folder_ / "empty");
  options_.negatives = {{.folder = "empty"}};
  EXPECT_THAT(failure_of(folder_.path(), options_), HasSubstr("can serve as negatives"));
  write_file_atomically(folder_ / "empty" / "2.wav", "no sound");
  EXPECT_THAT(failure_of(folder_.path(), options_), HasSubstr("none of the negatives"));
}

class WordFolders : public ::testing::Test {
 protected:
  WordFolders() {
    add_word(folder_.path(), "up", 400.0, 3);
    add_word(folder_ / "spoken", "cup", 500.0, 2);
    add_word(folder_ / "spoken", "up", 600.0, 4);
    add_word(folder_ / "spoken", "us", 700.0, 1);
    options_ = options_for({"up", "_unknown_"});
  }

  ScratchFolder folder_;
  DatasetOptions options_;
};

TEST_F(WordFolders, AreKeptApartFromTheClips) {
  options_.words = {{"spoken", 10, 20}};
  const Dataset dataset(folder_.path(), options_);
  EXPECT_EQ(dataset.clips().size(), 3u);
  EXPECT_THAT(dataset.folders(), ElementsAre("up"));
  ASSERT_EQ(dataset.words().size(), 1u);
  const auto& words = dataset.words()[0];
  ASSERT_EQ(words.size(), 3u);  // cup, up, us
  EXPECT_EQ(words[0].label, 1u);
  EXPECT_EQ(words[1].label, 0u);
  EXPECT_EQ(words[2].label, 1u);
  EXPECT_THAT(words[1].clips, ElementsAre(2u, 3u, 4u, 5u));
  EXPECT_EQ(dataset.word_clips().size(), 7u);
}

TEST_F(WordFolders, AreReadAsFarAsTheyAreDrawnFrom) {
  options_.words = {{"spoken", 0, 20}};
  EXPECT_EQ(Dataset(folder_.path(), options_).word_clips().size(), 3u);
  options_.words = {{"spoken", 10, 0}};
  EXPECT_EQ(Dataset(folder_.path(), options_).word_clips().size(), 4u);
}

TEST_F(WordFolders, WithoutWhatIsDrawnAreAnError) {
  options_.words = {{"nowhere", 1, 1}};
  EXPECT_THAT(failure_of(folder_.path(), options_), HasSubstr("data.words"));
  std::filesystem::remove_all(folder_ / "spoken" / "up");
  options_.words = {{"spoken", 1, 1}};
  EXPECT_THAT(failure_of(folder_.path(), options_), HasSubstr("no clips of 'up'"));
  options_.words = {{"spoken", 0, 1}};
  EXPECT_EQ(failure_of(folder_.path(), options_), "");
  std::filesystem::remove_all(folder_ / "spoken" / "cup");
  std::filesystem::remove_all(folder_ / "spoken" / "us");
  EXPECT_THAT(failure_of(folder_.path(), options_), HasSubstr("no word that is no label"));
}

}  // namespace
}  // namespace kws::data
