// SPDX-License-Identifier: MIT
#include "base/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kws {
namespace {

TEST(NearestWord, FindsATypingErrorAndNothingFarOff) {
  const std::vector<std::string> keys{"epochs", "batch", "learning_rate"};
  EXPECT_EQ(nearest_word("epoch", keys), "epochs");
  EXPECT_EQ(nearest_word("leraning_rate", keys), "learning_rate");
  EXPECT_EQ(nearest_word("colour", keys), "");
  EXPECT_EQ(nearest_word("", keys), "");
}

TEST(JoinWords, ReadsLikeASentence) {
  EXPECT_EQ(join_words(std::vector<std::string>{}), "");
  EXPECT_EQ(join_words(std::vector<std::string>{"a", "b", "c"}), "a, b and c");
}

TEST(Split, KeepsEmptyPartsInside) {
  EXPECT_THAT(split("a,,b", ','), ::testing::ElementsAre("a", "", "b"));
  EXPECT_THAT(split("", ','), ::testing::IsEmpty());
}

TEST(Printable, LetsNothingThroughThatATerminalObeys) {
  EXPECT_EQ(printable("naïve ✓"), "naïve ✓");
  EXPECT_EQ(printable("a\x1b[31mb\nc\x7f"), "a?[31mb?c?");
  EXPECT_EQ(printable("\xff\xc0\xaf\xed\xa0\x80"), "??????");  // never valid, overlong, surrogate
  EXPECT_EQ(printable("\xc2\x9b"
                      "2J"),
            "??2J");                       // CSI as a C1 control
  EXPECT_EQ(printable("\xe2\x82"), "??");  // cut off
  EXPECT_LE(printable(std::string(1000, 'x'), 10).size(), 10U);
  EXPECT_EQ(printable("abc✓", 5), "abc");  // no half of a character, and no byte more
}

}  // namespace
}  // namespace kws
