// SPDX-License-Identifier: MIT
#include "live/sample_history.h"

#include <gtest/gtest.h>

#include <numeric>
#include <thread>

namespace kws::live {
namespace {

/// The sample that lies at `position` in all of these tests. Exact in a float.
float sample_at(SamplePosition position) { return static_cast<float>(position % (1U << 20U)); }

std::vector<float> samples_from(SamplePosition position, std::size_t count) {
  std::vector<float> samples(count);
  for (std::size_t i = 0; i < count; ++i) samples[i] = sample_at(position + i);
  return samples;
}

void append(SampleHistory& history, std::size_t count) {
  history.append(samples_from(history.end(), count));
}

TEST(SampleHistory, GivesBackWhatItHeardAcrossItsSeam) {
  SampleHistory history(3000);
  for (int i = 0; i < 20; ++i) {
    append(history, 777);
    const auto oldest = history.oldest();
    std::vector<float> copy(history.end() - oldest);
    ASSERT_TRUE(history.copy(oldest, copy));
    EXPECT_EQ(copy, samples_from(oldest, copy.size()));
  }
  EXPECT_GE(history.end() - history.oldest(), 3000U);
}

TEST(SampleHistory, RefusesWhatIsNotThere) {
  SampleHistory history(3000);
  for (int i = 0; i < 20; ++i) append(history, 1000);
  std::vector<float> copy(10);
  EXPECT_TRUE(history.copy(history.end() - 10, copy));
  EXPECT_FALSE(history.copy(history.end() - 9, copy));  // not heard yet
  EXPECT_FALSE(history.copy(1000, copy));               // overwritten
}

TEST(SampleHistory, KnowsNothingFromBeforeAGap) {
  SampleHistory history(3000);
  append(history, 500);
  history.start_at(10'000);
  EXPECT_EQ(history.origin(), 10'000U);
  EXPECT_EQ(history.boundary(), 10'000U);
  append(history, 100);
  std::vector<float> copy(100);
  EXPECT_FALSE(history.copy(400, copy));
  EXPECT_FALSE(history.copy(9'990, copy));
  ASSERT_TRUE(history.copy(10'000, copy));
  EXPECT_EQ(copy, samples_from(10'000, 100));
}

// A reader that is overtaken must notice; what it takes for whole must be whole.
TEST(SampleHistory, AReaderThatIsOvertakenNotices) {
  SampleHistory history(4096);
  constexpr SamplePosition kEnd = 2'000'000;
  std::thread writer([&] {
    while (history.end() < kEnd) {
      // Now and then a gap, which changes what lies at a place without changing the place.
      if (history.end() % 50'000 < 512) history.start_at(history.end() + 3);
      append(history, 512);
    }
  });
  std::size_t whole = 0;
  std::vector<float> copy(2000);
  while (history.end() < kEnd) {
    const auto from = history.oldest();
    if (!history.copy(from, copy)) continue;
    ++whole;
    ASSERT_EQ(copy, samples_from(from, copy.size()));
  }
  writer.join();
  ASSERT_TRUE(history.copy(history.end() - copy.size(), copy));
  EXPECT_EQ(copy, samples_from(history.end() - copy.size(), copy.size()));
  RecordProperty("whole_copies", static_cast<int>(whole));
}

}  // namespace
}  // namespace kws::live
