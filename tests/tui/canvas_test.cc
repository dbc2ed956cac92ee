// SPDX-License-Identifier: MIT
#include "tui/canvas.h"

#include <gtest/gtest.h>

#include <string>

#include "base/random.h"

namespace kws::tui {
namespace {

std::string drawn(std::string_view text, int width, Charset charset = Charset::kUtf8) {
  Canvas canvas({width, 1}, charset);
  Area(canvas).text(0, 0, text);
  return canvas.text();
}

TEST(TakeCharacter, ReadsUtf8) {
  std::string_view text = "aé€𝄞";
  EXPECT_EQ(take_character(text), U'a');
  EXPECT_EQ(take_character(text), U'é');
  EXPECT_EQ(take_character(text), U'€');
  EXPECT_EQ(take_character(text), U'𝄞');
  EXPECT_TRUE(text.empty());
}

TEST(TakeCharacter, ReplacesWhatIsNoUtf8ByteForByte) {
  for (const std::string_view bad :
       {"\x80", "\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF8", "\xFF",
        "\xE2\x82", "\xF0\x9F", "\xC3"}) {
    std::string_view text = bad;
    EXPECT_EQ(take_character(text), U'\uFFFD') << testing::PrintToString(bad);
    EXPECT_EQ(text.size(), bad.size() - 1);
  }
}

TEST(TakeCharacter, NeverYieldsAControlCharacterWhateverTheBytes) {
  Random random(1);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes;
    for (int i = 0; i < 64; ++i) bytes += static_cast<char>(random.below(256));
    for (std::string_view text = bytes; !text.empty();) {
      const auto before = text.size();
      const auto character = take_character(text);
      EXPECT_LT(text.size(), before);
      EXPECT_FALSE(character < 0x20 || (character >= 0x7F && character < 0xA0));
      EXPECT_LE(character, 0x10FFFFU);
    }
  }
}

TEST(CellsOf, KnowsWideAndInvisibleCharacters) {
  EXPECT_EQ(cells_of(U'x'), 1);
  EXPECT_EQ(cells_of(U'ж'), 1);
  EXPECT_EQ(cells_of(U'━'), 1);
  EXPECT_EQ(cells_of(U'你'), 2);
  EXPECT_EQ(cells_of(U'한'), 2);
  EXPECT_EQ(cells_of(U'🎤'), 2);
  EXPECT_EQ(cells_of(U'\u0301'), 0) << "combining acute";
  EXPECT_EQ(cells_of(U'\u202E'), 0) << "right-to-left override";
  EXPECT_EQ(cells_of(U'\uFEFF'), 0);
  EXPECT_EQ(cells_of("你好!"), 5);
}

TEST(AsciiFor, LeavesNothingBeyondAscii) {
  for (char32_t character = 0x20; character < 0x3000; ++character) {
    const auto ascii = ascii_for(character);
    EXPECT_TRUE(ascii >= 0x20 && ascii < 0x7F);
  }
  EXPECT_EQ(ascii_for(U'━'), U'=');
  EXPECT_EQ(ascii_for(U'é'), U'?');
}

TEST(Area, CutsTextThatIsTooLong) {
  EXPECT_EQ(drawn("detections", 10), "detections\n");
  EXPECT_EQ(drawn("detections", 6), "detec…\n");
  EXPECT_EQ(drawn("detections", 1), "…\n");
  EXPECT_EQ(drawn("detections", 6, Charset::kAscii), "detec.\n");
}

TEST(Area, CutsWideCharactersWhole) {
  EXPECT_EQ(drawn("你好", 4), "你好\n");
  EXPECT_EQ(drawn("你好", 3), "你…\n");
  EXPECT_EQ(drawn("你好", 2), "…\n");
}

TEST(Area, LeavesOutWhatWouldMoveOtherText) {
  EXPECT_EQ(drawn("a\u202Eb\u0301c\nd\x1b[2Je", 20), "abc\uFFFDd\uFFFD[2Je\n");
}

TEST(Area, DrawsNothingOutside) {
  Canvas canvas({4, 3});
  Area part = Area(canvas).part({1, 1, 2, 1});
  for (int y = -3; y < 6; ++y) {
    for (int x = -3; x < 6; ++x) part.put(x, y, U'x');
    if (y != 0) part.text(-2, y, "long text");
  }
  EXPECT_EQ(canvas.text(), "\n xx\n\n");
}

TEST(Area, PartsReachNoFurtherThanTheirWhole) {
  Canvas canvas({4, 2});
  Area part = Area(canvas).part({2, 0, 100, 100}).part({-5, -5, 100, 100});
  part.fill({0, 0, 100, 100}, U'x');
  EXPECT_EQ(part.width(), 2);
  EXPECT_EQ(canvas.text(), "  xx\n  xx\n");
}

TEST(Area, TextRightGivesWayToWhatIsThere) {
  Canvas canvas({10, 1});
  Area area(canvas);
  EXPECT_EQ(area.text_right(10, 0, "12345", {}, 6), 0);
  EXPECT_EQ(area.text_right(10, 0, "1234", {}, 6), 4);
  EXPECT_EQ(canvas.text(), "      1234\n");
}

TEST(Canvas, HalvesOfWideCharactersDoNotStayAlone) {
  Canvas canvas({4, 1});
  Area area(canvas);
  area.text(0, 0, "你好");
  area.put(1, 0, U'x');  // over the right half of the first
  EXPECT_EQ(canvas.text(), " x好\n");
  area.put(2, 0, U'y');  // over the left half of the second
  EXPECT_EQ(canvas.text(), " xy\n");
  area.text(0, 0, "你好");
  area.text(1, 0, "们");  // over a half of each
  EXPECT_EQ(canvas.text(), " 们\n");
}

TEST(Canvas, OfNoSizeTakesEverything) {
  Canvas canvas({0, 0});
  Area(canvas).text(0, 0, "text");
  EXPECT_EQ(canvas.text(), "");
}

}  // namespace
}  // namespace kws::tui
