// SPDX-License-Identifier: MIT
#include "measure/stream_crowd.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "measure/tone_spotter.h"

namespace kws::measure {
namespace {

using ::testing::Each;
using ::testing::ElementsAreArray;
using ::testing::Gt;
using ::testing::Not;

TEST(StreamCrowd, HasHeardAContextFromTheStart) {
  const StreamCrowd crowd(kws::testing::tone_spotter(), engine::Execution::kIncremental, 3);
  ASSERT_EQ(crowd.size(), 3U);
  for (std::size_t i = 0; i < crowd.size(); ++i) EXPECT_THAT(crowd.posteriors(i), Each(Gt(0.0F)));
}

TEST(StreamCrowd, KeepsStreamsApart) {
  const auto pack = kws::testing::tone_spotter();
  StreamCrowd many(pack, engine::Execution::kIncremental, 4);
  StreamCrowd one(pack, engine::Execution::kIncremental, 1);
  many.hop();
  one.hop();
  EXPECT_THAT(many.posteriors(0), ElementsAreArray(one.posteriors(0)));
  EXPECT_THAT(many.posteriors(1), Not(ElementsAreArray(one.posteriors(0))));
}

TEST(StreamCrowd, ComputesTheSameEitherWay) {
  const auto pack = kws::testing::tone_spotter();
  StreamCrowd incremental(pack, engine::Execution::kIncremental, 2);
  StreamCrowd whole(pack, engine::Execution::kWholeWindow, 2);
  for (int hop = 0; hop < 3; ++hop) {
    incremental.hop();
    whole.hop();
    EXPECT_THAT(incremental.posteriors(1), ElementsAreArray(whole.posteriors(1)));
  }
}

}  // namespace
}  // namespace kws::measure
