// SPDX-License-Identifier: MIT
#include "tui/keys.h"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

namespace kws::tui {
namespace {

/// The keys of bytes that came at once.
std::vector<Key> keys(std::string_view bytes) {
  KeyDecoder decoder;
  std::vector<Key> found;
  for (const char byte : bytes) {
    if (const auto key = decoder.push(static_cast<std::uint8_t>(byte))) found.push_back(*key);
  }
  if (const auto key = decoder.pause()) found.push_back(*key);
  return found;
}

using Keys = std::vector<Key>;

TEST(KeyDecoder, KnowsTheKeys) {
  EXPECT_EQ(keys("q"), Keys{Key::kQuit});
  EXPECT_EQ(keys("\x03"), Keys{Key::kQuit});
  EXPECT_EQ(keys("?"), Keys{Key::kHelp});
  EXPECT_EQ(keys(" "), Keys{Key::kPause});
  EXPECT_EQ(keys("+="), (Keys{Key::kRaise, Key::kRaise}));
  EXPECT_EQ(keys("-_"), (Keys{Key::kLower, Key::kLower}));
  EXPECT_EQ(keys("b"), Keys{Key::kNextModel});
  EXPECT_EQ(keys("\x0C"), Keys{Key::kRedraw});
  EXPECT_EQ(keys("x"), Keys{Key::kOther});
}

TEST(KeyDecoder, TakesAnArrowForOneKeyThatMeansNothing) {
  EXPECT_EQ(keys("\033[A"), Keys{Key::kOther});
  EXPECT_EQ(keys("\033Oq"), Keys{Key::kOther}) << "keypad";
  EXPECT_EQ(keys("\033[1;5b"), Keys{Key::kOther});
  EXPECT_EQ(keys("\033[b"), Keys{Key::kOther}) << "shift-down of rxvt is not the key b";
  EXPECT_EQ(keys("\033[15~q"), (Keys{Key::kOther, Key::kQuit}));
}

TEST(KeyDecoder, SwallowsAnswersOfTheTerminal) {
  EXPECT_EQ(keys("\033]11;rgb:0000/0000/0000\033\\b"), Keys{Key::kNextModel});
  EXPECT_EQ(keys("\033]0;quit\007"), Keys{});
  EXPECT_EQ(keys("\033P1$r0m\033\\"), Keys{});
}

TEST(KeyDecoder, EscapeAloneIsAKey) { EXPECT_EQ(keys("\033"), Keys{Key::kOther}); }

TEST(KeyDecoder, HalfASequenceDoesNotSwallowTheNextKey) {
  for (const std::string_view half : {"\033", "\033[", "\033]", "\033P12", "\033O", "\033[1;"}) {
    KeyDecoder decoder;
    for (const char byte : half) (void)decoder.push(static_cast<std::uint8_t>(byte));
    (void)decoder.pause();
    EXPECT_EQ(decoder.push('q'), Key::kQuit) << half.substr(1);
  }
}

TEST(KeyDecoder, ALetterBeyondAsciiIsOneKey) {
  EXPECT_EQ(keys("é"), Keys{Key::kOther});
  EXPECT_EQ(keys("你"), Keys{Key::kOther});
}

}  // namespace
}  // namespace kws::tui
