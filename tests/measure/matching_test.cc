// SPDX-License-Identifier: MIT
#include "measure/matching.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"

namespace kws::measure {
namespace {

using ::testing::ElementsAre;
using enum MatchKind;

SpokenWord at(double middle, std::string word) {
  return {middle - 0.2, middle + 0.2, std::move(word)};
}

TEST(MatchWords, CountsAsTheExampleOfTensorFlowDoes) {
  const std::vector<SpokenWord> said = {at(1.0, "a"), at(9.0, "b")};
  const std::vector<DetectedWord> detected = {{1.2, "a"}, {5.0, "b"}, {8.7, "a"}};
  const auto result = match_words(said, detected, 0.5);
  EXPECT_EQ(result.labels, 2u);
  EXPECT_EQ(result.matched(), 2u);
  EXPECT_EQ(result.correct, 1u);
  EXPECT_EQ(result.wrong, 1u);
  EXPECT_EQ(result.false_positives, 1u);
  EXPECT_THAT(result.kinds, ElementsAre(kCorrect, kFalsePositive, kWrong));
  EXPECT_THAT(result.found, ElementsAre(true, false));
  EXPECT_EQ(result.missed(), 1u);
}

TEST(MatchWords, TakesTheToleranceBothWaysAndIncludesItsEdge) {
  const std::vector<SpokenWord> said = {{10.0, 10.0, "a"}};
  for (const double time : {8.5, 11.5}) {
    EXPECT_EQ(match_words(said, std::vector<DetectedWord>{{time, "a"}}).correct, 1u) << time;
  }
  for (const double time : {8.49, 11.51}) {
    EXPECT_EQ(match_words(said, std::vector<DetectedWord>{{time, "a"}}).false_positives, 1u)
        << time;
  }
}

TEST(MatchWords, UsesALabelOnce) {
  const std::vector<SpokenWord> said = {at(1.0, "a")};
  const std::vector<DetectedWord> detected = {{1.1, "a"}, {1.3, "a"}, {1.4, "b"}};
  EXPECT_THAT(match_words(said, detected).kinds,
              ElementsAre(kCorrect, kFalsePositive, kFalsePositive));
}

TEST(MatchWords, PrefersTheRightWordToTheNearest) {
  // Within reach of both; the "a" must not be held against the "b" before it.
  const std::vector<SpokenWord> said = {at(1.0, "b"), at(2.0, "a")};
  EXPECT_THAT(match_words(said, std::vector<DetectedWord>{{1.2, "a"}}).kinds,
              ElementsAre(kCorrect));
  // Not even when a wrong detection comes first.
  const std::vector<DetectedWord> detected = {{1.9, "c"}, {2.3, "a"}};
  const auto result = match_words(said, detected);
  EXPECT_THAT(result.kinds, ElementsAre(kWrong, kCorrect));
  EXPECT_THAT(result.found, ElementsAre(false, true));
}

TEST(MatchWords, TellsRepeatedWordsApart) {
  const std::vector<SpokenWord> said = {at(1.0, "a"), at(2.5, "a"), at(4.0, "a")};
  const std::vector<DetectedWord> detected = {{1.4, "a"}, {2.9, "a"}, {4.4, "a"}};
  EXPECT_EQ(match_words(said, detected).correct, 3u);
}

TEST(MatchWords, OfNothingIsNothing) {
  EXPECT_EQ(match_words({}, {}).matched(), 0u);
  EXPECT_EQ(match_words(std::vector<SpokenWord>{at(1.0, "a")}, {}).missed(), 1u);
}

TEST(MatchWords, AccountsForEverythingOnRandomStreams) {
  Random random(5);
  for (int round = 0; round < 200; ++round) {
    std::vector<SpokenWord> said;
    std::vector<DetectedWord> detected;
    for (std::size_t i = random.below(20); i > 0; --i) {
      said.push_back(at(random.uniform(0.0, 20.0), std::string(1, "abc"[random.below(3)])));
    }
    for (std::size_t i = random.below(20); i > 0; --i) {
      detected.push_back({random.uniform(0.0, 20.0), std::string(1, "abc"[random.below(3)])});
    }
    const auto result = match_words(said, detected);
    EXPECT_EQ(result.correct + result.wrong + result.false_positives, detected.size());
    EXPECT_LE(result.matched(), said.size());
    EXPECT_EQ(static_cast<std::size_t>(std::count(result.found.begin(), result.found.end(), true)),
              result.correct);
  }
}

}  // namespace
}  // namespace kws::measure
