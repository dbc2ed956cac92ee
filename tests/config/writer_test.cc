// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "base/random.h"
#include "config/document.h"

namespace kws::config {
namespace {

TEST(Writer, WritesLineByLine) {
  Writer writer;
  writer.comment("a model");
  writer.value("name", "x");
  writer.value("labels", std::vector<std::string>{"yes", "no"});
  writer.table("features");
  writer.value("mels", 40);
  writer.value("f_lo_hz", 20.0);
  writer.value("fine", true);
  writer.array_table("node");
  writer.value("sizes", std::vector<std::int64_t>{1, 2});
  writer.value("rates", std::vector<double>{0.5, 1.0});
  EXPECT_EQ(writer.text(),
            "# a model\nname = \"x\"\nlabels = [\"yes\", \"no\"]\n\n[features]\nmels = 40\n"
            "f_lo_hz = 20.0\nfine = true\n\n[[node]]\nsizes = [1, 2]\nrates = [0.5, 1.0]\n");
}

TEST(Writer, FloatsAreShortAndReadBackExactly) {
  EXPECT_EQ(
      [] {
        Writer writer;
        writer.value("epsilon", 1e-5F);
        writer.value("rate", 0.1);
        writer.value("big", 1e300);
        return writer.text();
      }(),
      "epsilon = 1e-05\nrate = 0.1\nbig = 1e+300\n");
  Random random(1);
  for (int i = 0; i < 2000; ++i) {
    const double number = random.normal() * std::pow(10.0, random.uniform(-30.0, 30.0));
    const auto narrow = static_cast<float>(number);
    Writer writer;
    writer.value("d", number);
    writer.value("f", narrow);
    const auto table = Table::parse(writer.text(), "x");
    const double most = std::numeric_limits<double>::max();
    EXPECT_EQ(table.number("d", -most, most), number);
    EXPECT_EQ(static_cast<float>(table.number("f", -most, most)), narrow);
  }
}

TEST(Writer, AnyTextReadsBack) {
  for (const std::string text :
       {"", "plain", "a \"word\"", "back\\slash", "\"\"\"", "line\nline\n", "\n", "\r\n",
        "\"\"\"\n\"\"", "ends in a quote\n\"", "tab\tbell\x07 del\x7f", "Grüße ✓", "\\\n\\",
        "three \"\"\" in\nlines"}) {
    Writer writer;
    writer.value("text", text);
    writer.value("list", std::vector<std::string>{text, text});
    const auto table = Table::parse(writer.text(), "x");
    EXPECT_EQ(table.string("text"), text) << writer.text();
    EXPECT_EQ(table.strings("list"), (std::vector<std::string>{text, text}));
  }
}

TEST(Writer, RandomTextReadsBack) {
  Random random(2);
  for (int i = 0; i < 3000; ++i) {
    std::string text;
    for (std::size_t length = random.below(12); text.size() < length;) {
      text += "\"\\\n\r\tab'#"[random.below(9)];
    }
    Writer writer;
    writer.value("text", text);
    EXPECT_EQ(Table::parse(writer.text(), "x").string("text"), text) << writer.text();
  }
}

}  // namespace
}  // namespace kws::config
