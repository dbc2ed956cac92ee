// SPDX-License-Identifier: MIT
#include "measure/label_track.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace kws::measure {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(LabelTrack, ReadsWithAndWithoutAHeader) {
  const std::vector<SpokenWord> wanted = {{1.5, 2.0, "yes"}, {3.0, 3.25, "no"}};
  EXPECT_EQ(parse_labels("start_s,end_s,word\n1.5,2,yes\n3.0,3.25,no\n", "x"), wanted);
  EXPECT_EQ(parse_labels("3.0,3.25,no\r\n\r\n 1.5 , 2.0 , yes", "x"), wanted);  // sorted
  EXPECT_THAT(parse_labels("start_s,end_s,word\n", "x"), IsEmpty());
  EXPECT_THAT(parse_labels("", "x"), IsEmpty());
}

TEST(LabelTrack, WhatIsNoHeaderIsNotSkipped) {
  EXPECT_THROW((void)parse_labels("a,b,yes\n1,2,no\n", "x.csv"), DataError);
  EXPECT_THROW((void)parse_labels("-5,-4,yes\n", "x.csv"), DataError);
}

TEST(LabelTrack, SurvivesARoundTrip) {
  const std::vector<SpokenWord> words = {{0.1234, 0.5, "up"}, {7200.0, 7200.5, "down"}};
  EXPECT_EQ(parse_labels(format_labels(words), "x"), words);
}

TEST(LabelTrack, NamesFileAndLineOfWhatIsWrong) {
  const auto failure = [](const std::string& text) -> std::string {
    try {
      (void)parse_labels(text, "demo.csv");
    } catch (const DataError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(failure("1,2,yes\n1,2\n"), HasSubstr("demo.csv:2: found 2 fields"));
  EXPECT_THAT(failure("1,2,yes\nx,2,no\n"), HasSubstr("demo.csv:2: a time"));
  EXPECT_THAT(failure("start_s,2,yes\n"), HasSubstr("demo.csv:1: a time"));
  EXPECT_THAT(failure("2,1,yes\n"), HasSubstr("an end before the start"));
  EXPECT_THAT(failure("-1,1,yes\n"), HasSubstr("a time"));
  EXPECT_THAT(failure("start_s,end_s,word\n3,4,no\nnan,1,yes\n"), HasSubstr("demo.csv:3"));
  EXPECT_THAT(failure("1,2, \n"), HasSubstr("no word"));
}

}  // namespace
}  // namespace kws::measure
