// SPDX-License-Identifier: MIT
#include "pack/zero_bitmap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/random.h"

namespace kws::pack {
namespace {

using ::testing::HasSubstr;

std::vector<std::byte> bytes(std::initializer_list<int> values) {
  std::vector<std::byte> result;
  for (const int value : values) result.push_back(static_cast<std::byte>(value));
  return result;
}

std::string refusal(const std::vector<std::byte>& stored, std::uint64_t count, std::size_t size) {
  try {
    (void)from_bitmap(stored, count, size, "conv.weight");
  } catch (const ModelError& error) {
    return error.what();
  }
  return "";
}

TEST(ZeroBitmap, IsABitAValueAndThenTheValues) {
  EXPECT_EQ(to_bitmap(bytes({0, 7, 0, 0, 0, 0, 0, 0, 9, 0}), 1), bytes({0b10, 0b1, 7, 9}));
  EXPECT_EQ(to_bitmap(bytes({0, 0, 0, 0, 0, 1, 0, 0}), 4), bytes({0b10, 0, 1, 0, 0}));
}

TEST(ZeroBitmap, WantsHalfOfTheValuesToBeZeros) {
  EXPECT_FALSE(to_bitmap({}, 4));
  EXPECT_FALSE(to_bitmap(bytes({1, 0, 2}), 1));
  EXPECT_TRUE(to_bitmap(bytes({1, 0, 2, 0}), 1));
  EXPECT_FALSE(to_bitmap(bytes({0, 0, 0, 128}), 4)) << "-0.0 has bits of its own";
}

TEST(ZeroBitmap, GivesBackWhatItWasMadeOf) {
  Random random(1);
  for (const std::size_t size : {std::size_t{1}, std::size_t{4}}) {
    for (std::uint64_t count = 1; count < 70; ++count) {
      std::vector<std::byte> values(count * size);
      for (std::uint64_t i = 0; i < count; ++i) {
        if (random.chance(0.3)) values[i * size] = static_cast<std::byte>(1 + random.below(255));
      }
      const auto stored = to_bitmap(values, size);
      if (stored) {
        EXPECT_EQ(from_bitmap(*stored, count, size, "x"), values);
      }
    }
  }
}

TEST(ZeroBitmap, RefusesWhatItWouldNotHaveWritten) {
  EXPECT_EQ(refusal(bytes({0b10, 7}), 3, 1), "");
  EXPECT_THAT(refusal(bytes({}), 3, 1), HasSubstr("'conv.weight'"));
  EXPECT_THAT(refusal(bytes({}), 3, 1), HasSubstr("shorter than the bitmap"));
  EXPECT_THAT(refusal(bytes({0b1010, 7, 7}), 3, 1), HasSubstr("behind the last value"));
  EXPECT_THAT(refusal(bytes({0b10}), 3, 1), HasSubstr("fewer values"));
  EXPECT_THAT(refusal(bytes({0b10, 0}), 3, 1), HasSubstr("is zero"));
  EXPECT_THAT(refusal(bytes({0b10, 7, 7}), 3, 1), HasSubstr("more values"));
  EXPECT_THAT(refusal(bytes({0b110, 7, 7}), 3, 1), HasSubstr("too few zeros"));
}

}  // namespace
}  // namespace kws::pack
