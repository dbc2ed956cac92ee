// SPDX-License-Identifier: MIT
#include "data/speakers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kws::data {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(SpeakerOf, IsTheEightHexDigitsBeforeNohash) {
  EXPECT_EQ(speaker_of("0a7c2a8d_nohash_0"), "0a7c2a8d");
  EXPECT_EQ(speaker_of("0a7c2a8_nohash_0"), "");
  EXPECT_EQ(speaker_of("0a7c2a8g_nohash_0"), "");
  EXPECT_EQ(speaker_of("1041"), "");
}

TEST(LeadingNumber, ReadsTheDigitsInFront) {
  EXPECT_EQ(leading_number("1272-128104-0008"), 1272u);
  EXPECT_EQ(leading_number("speech"), std::nullopt);
}

const std::vector<std::string> kStems = {"84-1",  "84-2",  "251-1",  "422-1",
                                         "652-1", "777-1", "1272-1", "readme"};

TEST(SelectSpeakers, TakesEverybodyByDefault) {
  EXPECT_THAT(select_speakers(kStems, {}), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
}

TEST(SelectSpeakers, TellsEvenFromOdd) {
  EXPECT_THAT(select_speakers(kStems, {Speakers::kEven, 0, false}), ElementsAre(0, 1, 3, 4, 6));
  EXPECT_THAT(select_speakers(kStems, {Speakers::kOdd, 0, false}), ElementsAre(2, 5));
}

TEST(SelectSpeakers, HoldsOutEveryNthSpeakerNotFile) {
  // Even speakers by number: 84, 422, 652, 1272; every second is held out.
  EXPECT_THAT(select_speakers(kStems, {Speakers::kEven, 2, false}), ElementsAre(0, 1, 4));
  EXPECT_THAT(select_speakers(kStems, {Speakers::kEven, 2, true}), ElementsAre(3, 6));
  EXPECT_THAT(select_speakers(kStems, {Speakers::kEven, 5, true}), IsEmpty());
}

TEST(SelectSpeakers, OrdersByNumberNotByName) {
  const std::vector<std::string> stems = {"100-1", "20-1", "4-1"};
  EXPECT_THAT(select_speakers(stems, {Speakers::kAll, 3, true}), ElementsAre(0));
}

}  // namespace
}  // namespace kws::data
