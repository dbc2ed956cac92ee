// SPDX-License-Identifier: MIT
#include "config/document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>

#include "base/atomic_file.h"
#include "base/error.h"
#include "support/scratch_folder.h"

namespace kws::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::string_view kRecipe = R"(name = "tiny"
words = ["yes", "no"]

[features]
kind = "mfcc"
mels = 40
f_hi_hz = 4000

[train]
epochs = 3
rate = 0.001
shuffle = true
steps = [1, 2, 3]
weights = [0.5, 1]

[[folder]]
path = "a"
[[folder]]
path = "b"
)";

Table recipe() { return Table::parse(kRecipe, "tiny.toml"); }

/// The message of the ConfigError that `action` throws, "" if it throws none.
std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(Table, ReadsEveryKindOfValue) {
  const auto root = recipe();
  EXPECT_EQ(root.string("name"), "tiny");
  EXPECT_THAT(root.strings("words"), ElementsAre("yes", "no"));
  const auto train = root.table("train");
  EXPECT_EQ(train.integer("epochs", 1, 10), 3);
  EXPECT_EQ(train.number("rate", 0.0, 1.0), 0.001);
  EXPECT_TRUE(train.boolean("shuffle"));
  EXPECT_THAT(train.integers("steps", 0, 9), ElementsAre(1, 2, 3));
  EXPECT_THAT(train.numbers("weights", 0.0, 1.0), ElementsAre(0.5, 1.0));
  EXPECT_EQ(root.table("features").number("f_hi_hz", 0.0, 8000.0),
            4000.0);  // a whole number is one
  const auto folders = root.tables("folder");
  ASSERT_EQ(folders.size(), 2U);
  EXPECT_EQ(folders[1].string("path"), "b");
}

TEST(Table, FallsBackOnlyForAbsentKeys) {
  const auto train = recipe().table("train");
  EXPECT_EQ(train.integer_or("batch", 32, 1, 1000), 32);
  EXPECT_EQ(train.number_or("decay", 0.5, 0.0, 1.0), 0.5);
  EXPECT_FALSE(train.boolean_or("resume", false));
  EXPECT_EQ(train.string_or("optimiser", "adam"), "adam");
  EXPECT_EQ(train.choice_or("optimiser", "adam", {"adam", "sgd"}), "adam");
  EXPECT_THAT(train.strings_or("names", {"x"}), ElementsAre("x"));
  EXPECT_TRUE(train.tables("layer").empty());
  EXPECT_THROW((void)train.integer_or("epochs", 1, 5, 9), ConfigError);
  EXPECT_EQ(train.table_or_empty("schedule").integer_or("warm_up", 7, 0, 10), 7);
}

TEST(Table, NamesFileLineKeyFindingAndRange) {
  const auto root = recipe();
  EXPECT_EQ(error_of([&] { (void)root.table("features").integer("mels", 1, 32); }),
            "tiny.toml:6: 'features.mels' is 40, must be a whole number from 1 to 32");
  EXPECT_EQ(error_of([&] { (void)root.table("features").integer("kind", 1, 32); }),
            "tiny.toml:5: 'features.kind' is the text 'mfcc', must be a whole number from 1 to 32");
  EXPECT_EQ(error_of([&] { (void)root.table("train").number("rate", 0.01, 1.0); }),
            "tiny.toml:11: 'train.rate' is 0.001, must be a number from 0.01 to 1.0");
  EXPECT_EQ(error_of([&] { (void)root.table("train").boolean("epochs"); }),
            "tiny.toml:10: 'train.epochs' is 3, must be true or false");
  EXPECT_EQ(error_of([&] { (void)root.string("words"); }),
            "tiny.toml:2: 'words' is a list, must be a text");
  EXPECT_EQ(error_of([&] { (void)root.table("train").integers("steps", 2, 9); }),
            "tiny.toml:13: 'train.steps' has an item that is 1, must be a list of numbers, each a "
            "whole number from 2 to 9");
  EXPECT_EQ(error_of([&] { (void)root.tables("folder")[1].integer("path", 0, 1); }),
            "tiny.toml:19: 'folder[1].path' is the text 'b', must be a whole number from 0 to 1");
}

TEST(Table, NamesTheMissingKeyAndItsTable) {
  const auto root = recipe();
  EXPECT_EQ(error_of([&] { (void)root.table("train").integer("batch", 1, 9); }),
            "tiny.toml:9: 'train.batch' is missing, must be a whole number from 1 to 9");
  EXPECT_THAT(error_of([&] { (void)root.table("network"); }),
              HasSubstr("'network' is missing, must be a table"));
}

TEST(Table, NamesOneOpenEndOfARange) {
  const auto root = recipe();
  EXPECT_THAT(error_of([&] {
                (void)root.table("train").integer("epochs", 5,
                                                  std::numeric_limits<std::int64_t>::max());
              }),
              HasSubstr("a whole number, at least 5"));
}

TEST(Table, NamesTheNearestChoice) {
  EXPECT_EQ(error_of([] {
              (void)recipe().table("features").choice("kind", {"logmel", "mfccs", "micro"});
            }),
            "tiny.toml:5: 'features.kind' is the text 'mfcc', must be one of logmel, mfccs and "
            "micro; did you mean 'mfccs'?");
}

TEST(Table, RefusesNumbersThatAreNotFinite) {
  const auto root = Table::parse("a = nan\nb = inf\n", "x");
  EXPECT_THROW((void)root.number("a", 0.0, 1e300), ConfigError);
  EXPECT_THROW((void)root.number("b", 0.0, 1e300), ConfigError);
}

TEST(Table, RejectsUnknownKeysNamingTheNearest) {
  const auto root = Table::parse("[train]\nepochs = 1\nbacth = 3\n", "x.toml");
  const auto train = root.table("train");
  (void)train.integer_or("epochs", 1, 1, 9);
  (void)train.integer_or("batch", 1, 1, 9);
  EXPECT_EQ(error_of([&] { root.reject_unknown(); }),
            "x.toml:3: unknown key 'train.bacth'; did you mean 'train.batch'?");
}

TEST(Table, RejectsUnknownTablesAndItems) {
  const auto root = recipe();
  (void)root.string("name");
  (void)root.strings("words");
  (void)root.has("features");
  (void)root.has("train");
  for (const auto& folder : root.tables("folder")) (void)folder.has("weight");
  // Known tables whose keys nobody asked for: all of features is unknown.
  EXPECT_THAT(error_of([&] { root.reject_unknown(); }), StartsWith("tiny.toml:"));
  const auto features = root.table("features");
  (void)features.keys();
  (void)root.table("train").keys();
  EXPECT_THAT(error_of([&] { root.reject_unknown(); }),
              HasSubstr("unknown key 'folder[0].path'; known here: weight"));
  for (const auto& folder : root.tables("folder")) (void)folder.string("path");
  EXPECT_EQ(error_of([&] { root.reject_unknown(); }), "");
}

TEST(Table, KnowsKeysOfAnAbsentTable) {
  const auto root = Table::parse("[augmentatoin]\nshift = 1\n[train]\n", "x");
  (void)root.table_or_empty("train").integer_or("epochs", 1, 1, 9);
  (void)root.table_or_empty("augmentation").integer_or("shift", 1, 1, 9);
  EXPECT_THAT(error_of([&] { root.reject_unknown(); }),
              HasSubstr("x:1: unknown key 'augmentatoin'; did you mean 'augmentation'?"));
}

TEST(Table, OverridesReplaceAddAndCreateTables) {
  auto root = recipe();
  root.set("train.epochs=7");
  root.set("features.kind=logmel");
  root.set("train.schedule.name = 'cosine'");
  root.set("words=[\"on\"]");
  root.set("note=recorded at 12:30, by hand");
  EXPECT_EQ(root.table("train").integer("epochs", 1, 10), 7);
  EXPECT_EQ(root.table("train").number("rate", 0, 1), 0.001);
  EXPECT_EQ(root.table("features").string("kind"), "logmel");
  EXPECT_EQ(root.table("train").table("schedule").string("name"), "cosine");
  EXPECT_THAT(root.strings("words"), ElementsAre("on"));
  EXPECT_EQ(root.string("note"), "recorded at 12:30, by hand");
  EXPECT_EQ(error_of([&] { (void)root.table("train").integer("epochs", 1, 5); }),
            "--set: 'train.epochs' is 7, must be a whole number from 1 to 5");
}

TEST(Table, OverridesThatCannotBeAreRefused) {
  auto root = recipe();
  EXPECT_THAT(error_of([&] { root.set("train"); }), HasSubstr("wants KEY=VALUE"));
  EXPECT_THAT(error_of([&] { root.set("=3"); }), HasSubstr("--set =3"));
  EXPECT_THAT(error_of([&] { root.set("a=1\nb=2"); }), HasSubstr("wants KEY=VALUE"));
  EXPECT_THAT(error_of([&] { root.set("train.epochs.first=3"); }),
              HasSubstr("'train.epochs' is no table"));
  EXPECT_THAT(error_of([&] { root.set(std::string(100000, '.') + "=3"); }), HasSubstr("--set"));
}

TEST(Table, OverriddenUnknownKeyIsNamed) {
  auto root = Table::parse("[train]\n", "x");
  root.set("train.epoch=3");
  (void)root.table("train").integer_or("epochs", 1, 1, 9);
  EXPECT_EQ(error_of([&] { root.reject_unknown(); }),
            "--set: unknown key 'train.epoch'; did you mean 'train.epochs'?");
}

TEST(Table, PrintsItselfSortedAndReadsBack) {
  auto root = recipe();
  root.set("train.epochs=7");
  const auto text = root.to_toml();
  EXPECT_EQ(text, R"(name = "tiny"
words = ["yes", "no"]

[features]
f_hi_hz = 4000
kind = "mfcc"
mels = 40

[[folder]]
path = "a"

[[folder]]
path = "b"

[train]
epochs = 7
rate = 0.001
shuffle = true
steps = [1, 2, 3]
weights = [0.5, 1]
)");
  EXPECT_EQ(Table::parse(text, "again").to_toml(), text);
  EXPECT_EQ(root.table("features").to_toml(), "f_hi_hz = 4000\nkind = \"mfcc\"\nmels = 40\n");
}

TEST(Table, NamesWhereTheSyntaxBreaks) {
  EXPECT_THAT(error_of([] { (void)Table::parse("a = 1\nb = = 2\n", "x.toml"); }),
              StartsWith("x.toml:2:"));
  EXPECT_THROW((void)Table::parse("a = 1\na = 2\n", "x"), ConfigError);
  EXPECT_THROW((void)Table::parse("a = \"\xff\"\n", "x"), ConfigError);
  EXPECT_THAT(error_of([] { (void)Table::parse("a = 2020-01-01\n", "x"); }), HasSubstr("dates"));
}

// toml++ 3.3 asserts, or without assertions relies on, what these break.
TEST(Table, HeadersThatBreakTheParserAreErrors) {
  for (const std::string text : {"[+a]", "[[+a]]", "[ =]", "[\n]", "[[\x01]]", "[", "[[", "[.a]",
                                 "a = 1\n \t[?]", "[\xc3\xa4]"}) {
    EXPECT_NE(error_of([&] { (void)Table::parse(text, "x"); }), "") << text;
  }
  EXPECT_EQ(error_of([] { (void)Table::parse("a = [\n[1],\n[2]]\n[+b]\n", "x.toml"); }),
            "x.toml:4: not valid TOML: no name of a table begins with '+'");
  EXPECT_THAT(error_of([] { (void)Table::parse("[[[a]]", "x"); }), HasSubstr("begins with '['"));
  EXPECT_NO_THROW((void)Table::parse("['a']\n[\"b\"]\n[ c ]\n[-d]\n[[ _e ]]\n[0]\n", "x"));
}

// toml++ 3.3 looks for white space beyond ASCII in a way that is undefined for most of it.
TEST(Table, TextBeyondAsciiStandsInStringsAndCommentsOnly) {
  const auto value = [](const std::string& text) { return Table::parse(text, "x").string("a"); };
  EXPECT_EQ(value("a = 'ä' # ö"), "ä");
  EXPECT_EQ(value("\xEF\xBB\xBF"
                  "a = \"\"\"ä\nö\"\"\" # ü\n"),
            "ä\nö");
  EXPECT_EQ(value("a = \"\"\"ä \\\n  b\"\"\""), "ä b");
  EXPECT_EQ(Table::parse("'ä' = 1", "x").keys(), std::vector<std::string>{"ä"});
  for (const std::string text :
       {"ä = 1", "a = 1 ä", "a = 1\n\u3000b = 2", "a = 'b' \u00a0", "a = \"\\ä\"",
        "a = \"\"\"\\ä\"\"\"", "a = \"\"\"b \\\n  ä\"\"\""}) {
    EXPECT_THAT(error_of([&] { (void)Table::parse(text, "x"); }), HasSubstr("ASCII")) << text;
  }
}

// Found by fuzzing: toml++ ends at the quote what a lexer would go on with behind it.
TEST(Table, TextBeginsWhereAKeyOrAValueMay) {
  for (const std::string text :
       {"a = 0\"\"\"i\u0356\n", "a = 'b''c'", "a = [1'b']", "a = true\"\"", "a\"b\" = 1",
        "a = 10.'\u00BF'", "a = 10{'\u00BF'", "a = 10['\u00BF'", "a = 10='\u00BF'",
        "a = [2, 10.'\u00BF']", "a = {b = 10.'\u00BF'}", "a = [[], {b = 1}, .'\u00BF']",
        "a = {b = {}, c = .'\u00BF'}", "a.b = .'c'", "[a]\nb = .'c'", "[[a]]\nb = .'c'"}) {
    EXPECT_THAT(error_of([&] { (void)Table::parse(text, "x"); }), HasSubstr("a quote right behind"))
        << text;
  }
  EXPECT_EQ(Table::parse("a.\"b\"={'c'='d',\"e\"=['f',\"g\"]}", "x").keys(),
            std::vector<std::string>{"a"});
  const auto table = Table::parse(
      "1.'b' = 1\n2.\"c\" = [[1], [\"d\", 'e',\n'f']]\n3 = {g.'h' = {}, 4.'i' = 'j'}\n"
      "[5.'k']\n'l' = +1.5e3\n[[6.'m']]\nn.'o' = 'p'\n",
      "x");
  EXPECT_EQ(table.keys(), (std::vector<std::string>{"1", "2", "3", "5", "6"}));
}

TEST(Table, ErrorsHoldNoControlCharacters) {
  const auto root = Table::parse("\"\\u001b[2J\" = 1\n", "x");
  const auto message = error_of([&] { root.reject_unknown(); });
  EXPECT_EQ(message.find('\x1b'), std::string::npos);
  EXPECT_THAT(message, HasSubstr("unknown key"));
}

// toml++ recurses per level and would overflow the stack.
TEST(Table, RefusesDepthBeforeParsing) {
  const auto refused = [](const std::string& text) {
    return error_of([&] { (void)Table::parse(text, "deep"); }).find("deeper") != std::string::npos;
  };
  const auto repeated = [](const std::string& piece, int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += piece;
    return text;
  };
  EXPECT_TRUE(refused("a = " + repeated("[", 60000)));
  EXPECT_TRUE(refused(repeated("a.", 30000) + "a = 1"));
  EXPECT_TRUE(refused("[" + repeated("a.", 30000) + "a]"));
  EXPECT_TRUE(refused(repeated("\"a\" . ", 9000) + "a = 1"));
  EXPECT_TRUE(refused("a = " + repeated("{a=", 20000)));
  EXPECT_TRUE(refused("x = '''\n[[[''' \n" + repeated("a.", 40) + "a = 1"));
  // Each stretch alone is within the cap, together they are not.
  EXPECT_TRUE(refused("a = {" + repeated("a.", 20) + "b = {" + repeated("a.", 20) + "b = 1}}"));
  EXPECT_FALSE(refused(repeated("a.", 20) + "a = 1"));
  EXPECT_FALSE(refused("a = '''" + repeated("[", 1000) + "'''\nb = \"\"\"" + repeated("a.", 1000) +
                       "\\\"\"\"\" # " + repeated("[", 1000)));
  EXPECT_FALSE(refused("a = [" + repeated("1.5, ", 1000) + "]"));
}

TEST(Table, RefusesSizeBeforeParsing) {
  EXPECT_THAT(error_of([] { (void)Table::parse(std::string(kMaxDocumentBytes + 1, '\n'), "big"); }),
              HasSubstr("big: 65537 bytes"));
  EXPECT_NO_THROW((void)Table::parse(std::string(kMaxDocumentBytes, '\n'), "fits"));
}

TEST(Table, AnAbsentFileIsNamed) {
  const kws::testing::ScratchFolder scratch;
  try {
    (void)Table::load(scratch / "none.toml");
    ADD_FAILURE() << "an absent file was read";
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr("none.toml"));
  }
  write_file_atomically(scratch / "some.toml", std::string_view("a = 1\n"));
  EXPECT_EQ(Table::load(scratch / "some.toml").integer("a", 0, 1), 1);
}

}  // namespace
}  // namespace kws::config
