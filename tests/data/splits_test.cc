// SPDX-License-Identifier: MIT
#include "data/splits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "support/scratch_folder.h"

namespace kws::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(SplitByHash, AgreesWithTheOfficialLists) {
  // From validation_list.txt of Speech Commands v0.02 …
  for (const char* stem : {"7a49163e_nohash_0", "026290a7_nohash_0", "060cd039_nohash_1",
                           "66cff190_nohash_0", "099d52ad_nohash_4", "52bfbce8_nohash_1"}) {
    EXPECT_EQ(split_by_hash(stem), Split::kValidation) << stem;
  }
  // … and names that are in neither list.
  for (const char* stem : {"0a7c2a8d_nohash_0", "0132a06d_nohash_2", "a5d485dc_nohash_0"}) {
    EXPECT_EQ(split_by_hash(stem), Split::kTraining) << stem;
  }
}

TEST(SplitByHash, KeepsASpeakerTogether) {
  EXPECT_EQ(split_by_hash("66cff190_nohash_0"), split_by_hash("66cff190_nohash_17"));
}

TEST(SplitByHash, GivesATenthToValidationAndATenthToTesting) {
  int validation = 0;
  int testing = 0;
  for (int i = 0; i < 4000; ++i) {
    const auto split = split_by_hash(std::to_string(10'000'000 + i) + "_nohash_0");
    validation += split == Split::kValidation ? 1 : 0;
    testing += split == Split::kTesting ? 1 : 0;
  }
  EXPECT_NEAR(validation, 400, 80);  // four deviations of a binomial draw
  EXPECT_NEAR(testing, 400, 80);
}

TEST(SplitRule, MatchesListsByStemWhateverTheEnding) {
  const kws::testing::ScratchFolder folder;
  write_file_atomically(folder / "validation_list.txt",
                        "yes/a_nohash_0.wav\r\nno/b_nohash_1.wav\n");
  write_file_atomically(folder / "testing_list.txt", "yes/c_nohash_0.wav");
  const SplitRule rule(folder.path());
  EXPECT_EQ(rule.split_of("yes", "a_nohash_0"), Split::kValidation);
  EXPECT_EQ(rule.split_of("no", "a_nohash_0"), Split::kTraining);
  EXPECT_EQ(rule.split_of("no", "b_nohash_1"), Split::kValidation);
  EXPECT_EQ(rule.split_of("yes", "c_nohash_0"), Split::kTesting);
}

TEST(SplitRule, LeavesTestingEmptyWhenOnlyTheValidationListIsThere) {
  const kws::testing::ScratchFolder folder;
  write_file_atomically(folder / "validation_list.txt", "yes/a_nohash_0.wav\n");
  const SplitRule rule(folder.path());
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(rule.split_of("no", std::to_string(10'000'000 + i) + "_nohash_0"), Split::kTraining);
  }
}

TEST(SplitRule, CountsAbsentClips) {
  const kws::testing::ScratchFolder folder;
  write_file_atomically(folder / "validation_list.txt", "yes/a.wav\nyes/b.wav\nyes/c.wav\n");
  const SplitRule rule(folder.path());
  EXPECT_THAT(rule.check({"yes/a", "yes/b", "yes/c", "yes/d"}), IsEmpty());
  EXPECT_THAT(rule.check({"yes/a", "yes/d"}),
              ElementsAre(HasSubstr("names 2 of 3 clips that are not there, the first is yes/b")));
  EXPECT_THROW((void)rule.check({"yes/d"}), DataError);
}

}  // namespace
}  // namespace kws::data
