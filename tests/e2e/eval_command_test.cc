// SPDX-License-Identifier: MIT
//
// `kws mix` and `kws eval` from outside: the JSON that scripts read, and what happens when they are
// asked for the impossible.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "data/synthetic_dataset.h"
#include "measure/label_track.h"
#include "measure/tone_spotter.h"
#include "pack/model_pack.h"
#include "support/command.h"
#include "support/scratch_folder.h"

namespace kws {
namespace {

using ::testing::HasSubstr;
using testing::kHighHz;
using testing::kLowHz;
using testing::kMiddleHz;
using testing::run_command;

class EvalCommand : public ::testing::Test {
 protected:
  EvalCommand() {
    testing::add_word(words_, "low", kLowHz, 6);
    testing::add_word(words_, "high", kHighHz, 4);
    testing::add_word(words_, "middle", kMiddleHz, 2);
    testing::add_recording(words_ / "_background_noise_" / "hiss.wav", 3.0, 0.1);
    pack::save(testing::tone_spotter(), model_);
  }

  testing::CommandResult eval(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {KWS_PROGRAM, "eval", "--model", model_});
    return run_command(arguments);
  }

  nlohmann::json json(std::vector<std::string> arguments) {
    arguments.emplace_back("--json");
    const auto result = eval(std::move(arguments));
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return nlohmann::json::parse(result.out);
  }

  testing::CommandResult mix(const std::string& seed, const std::string& name) {
    return run_command({KWS_PROGRAM, "mix",
                        "--data",    words_,
                        "--noise",   words_,
                        "--words",   "low,high",
                        "--seconds", "30",
                        "--snr",     "30",
                        "--gap",     "1-2",
                        "--seed",    seed,
                        "--out",     folder_ / (name + ".flac"),
                        "--labels",  folder_ / (name + ".csv")});
  }

  testing::ScratchFolder folder_;
  std::filesystem::path words_ = folder_ / "words";
  std::filesystem::path model_ = folder_ / "tones.kws";
};

TEST_F(EvalCommand, GivesTheKeysThatScriptsRead) {
  const auto report = json({"--data", words_});
  EXPECT_EQ(report["accuracy"], 1.0);
  EXPECT_EQ(report["clips"], 12);
  EXPECT_EQ(report["speakers"], 6);
  EXPECT_EQ(report["ci95"].size(), 2u);
  EXPECT_NEAR(report["ci95"][0].get<double>(), 0.7575, 1e-3);
  EXPECT_EQ(report["per_class"]["low"]["recall"], 1.0);
  EXPECT_EQ(report["per_class"]["low"]["precision"], 1.0);
  EXPECT_EQ(report["per_class"]["low"]["clips"], 6);
  EXPECT_TRUE(report["per_class"]["_silence_"]["recall"].is_null());
  EXPECT_EQ(report["confusion"]["_unknown_"]["_unknown_"], 2);
  EXPECT_EQ(report["folders"]["middle"]["clips"], 2);
  EXPECT_EQ(report["folders"]["middle"]["recall"], 1.0);
  EXPECT_EQ(report["folders"]["middle"]["not_a_command"], 1.0);
}

TEST_F(EvalCommand, SelectsFolders) {
  EXPECT_EQ(json({"--data", words_, "--only", "low,middle"})["clips"], 8);
  EXPECT_EQ(json({"--data", words_, "--exclude", "low"})["clips"], 6);
}

TEST_F(EvalCommand, SelectsSplits) {
  write_file_atomically(words_ / "validation_list.txt", "low/00000001_nohash_0.wav\n");
  EXPECT_EQ(json({"--data", words_, "--split", "validation"})["clips"], 1);
  EXPECT_EQ(json({"--data", words_, "--split", "training"})["clips"], 11);
  const auto testing = eval({"--data", words_, "--split", "testing"});
  EXPECT_EQ(testing.exit_code, 1);
  EXPECT_THAT(testing.err, HasSubstr("wanted the testing split"));
}

TEST_F(EvalCommand, SaysWhetherBeginningsAreTakenForWords) {
  const auto report = json({"--data", words_, "--ending", "none"});
  EXPECT_EQ(report["ending"], "none");
  EXPECT_EQ(report["clips"], 10);  // "middle" is no label
  EXPECT_EQ(report["words"]["low"]["clips"], 6);
  EXPECT_EQ(report["ci95"].size(), 2u);
  const auto text = eval({"--data", words_, "--ending", "hiss"});
  EXPECT_EQ(text.exit_code, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("of 10 beginnings of words"));
  EXPECT_EQ(eval({"--data", words_, "--ending", "bang"}).exit_code, 2);
  EXPECT_EQ(eval({"--data", words_, "--ending", "none", "--against", model_}).exit_code, 2);
}

TEST_F(EvalCommand, ComparesModelsWhoseContextsDiffer) {
  const auto longer = folder_ / "longer.kws";
  pack::save(testing::tone_spotter(60), longer);  // 1.2 s
  for (const auto& [first, second] : {std::pair{model_, longer}, std::pair{longer, model_}}) {
    const auto alone =
        run_command({KWS_PROGRAM, "eval", "--model", second, "--data", words_, "--json"});
    const auto both = run_command(
        {KWS_PROGRAM, "eval", "--model", first, "--against", second, "--data", words_, "--json"});
    ASSERT_EQ(both.exit_code, 0) << both.err;
    EXPECT_EQ(nlohmann::json::parse(both.out)["against"]["correct"].get<double>() / 12.0,
              nlohmann::json::parse(alone.out)["accuracy"].get<double>());
  }
}

TEST_F(EvalCommand, PrintsATable) {
  const auto result = eval({"--data", words_});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, HasSubstr("model     " + model_.string() + "\n"));
  EXPECT_THAT(result.out, HasSubstr("accuracy  100.00 %"));
  EXPECT_THAT(result.out, HasSubstr("12 of 12 clips, 6 speakers"));
  EXPECT_EQ(result.err, "");
}

TEST_F(EvalCommand, FindsTheWordsOfAMixedStream) {
  const auto mixed = mix("1", "a");
  ASSERT_EQ(mixed.exit_code, 0) << mixed.err;
  const auto labels = measure::read_labels(folder_ / "a.csv");
  ASSERT_GT(labels.size(), 5u);
  auto pack = testing::tone_spotter();
  pack.model.weights["dense.bias"][3] = -1.0F;  // the hiss is louder than silence
  pack::save(pack, model_);
  const auto report = json({"--stream", folder_ / "a.flac", "--labels", folder_ / "a.csv"});
  EXPECT_EQ(report["labels"], labels.size());
  EXPECT_EQ(report["correct"], labels.size());
  EXPECT_EQ(report["wrong"], 0);
  EXPECT_EQ(report["missed"], 0);
  EXPECT_EQ(report["curve"].size(), 101u);
  EXPECT_EQ(report["curve"][50]["threshold"], 0.5);
}

TEST_F(EvalCommand, MixesTheSameBytesForTheSameSeed) {
  ASSERT_EQ(mix("1", "a").exit_code, 0);
  ASSERT_EQ(mix("1", "b").exit_code, 0);
  ASSERT_EQ(mix("2", "c").exit_code, 0);
  const auto bytes = [&](const char* name) { return read_file(folder_ / name, 1 << 24); };
  EXPECT_EQ(bytes("a.flac"), bytes("b.flac"));
  EXPECT_EQ(bytes("a.csv"), bytes("b.csv"));
  EXPECT_NE(bytes("a.csv"), bytes("c.csv"));
}

TEST_F(EvalCommand, CountsFalseAcceptsInContinuousSpeech) {
  testing::add_word(folder_.path(), "read", kLowHz, 3);  // named by speakers 0, 1, 2
  write_file_atomically(folder_ / "transcripts.txt", "00000000_nohash_0 LOW\n");
  const auto read = folder_ / "read";
  const auto report = json({"--continuous", read, "--transcripts", folder_ / "transcripts.txt"});
  EXPECT_EQ(report["files"], 3);
  EXPECT_EQ(report["speakers"], 3);
  EXPECT_EQ(report["events"], 2);
  EXPECT_EQ(report["forgiven"], 1);
  EXPECT_NEAR(report["minutes"].get<double>(), 2.7 / 60.0, 1e-6);
  EXPECT_EQ(json({"--continuous", read, "--speakers", "odd"})["files"], 1);
  EXPECT_EQ(json({"--continuous", read, "--only-held-out", "2"})["files"], 1);
}

TEST_F(EvalCommand, RefusesWhatCannotBe) {
  const auto expect = [&](const std::vector<std::string>& arguments, int code,
                          const std::string& text) {
    const auto result = eval(arguments);
    EXPECT_EQ(result.exit_code, code) << result.err;
    EXPECT_THAT(result.err, HasSubstr(text));
  };
  expect({}, 2, "--data DIR");
  expect({"--data", words_, "--continuous", words_}, 2, "give one of");
  expect({"--stream", folder_ / "x.wav"}, 2, "--labels");
  expect({"--data", words_, "--only", "lowly"}, 2, "did you mean 'low'");
  expect({"--data", words_, "--only", "low", "--exclude", "high"}, 2, "exclude");
  expect({"--data", words_, "--split", "half"}, 2, "half");
  expect({"--data", folder_ / "absent"}, 1, "no such folder");
  expect({"--continuous", folder_ / "absent"}, 1, "absent");
  write_file_atomically(folder_ / "bad.csv", "1,2\n");
  ASSERT_EQ(mix("1", "a").exit_code, 0);
  expect({"--stream", folder_ / "a.flac", "--labels", folder_ / "bad.csv"}, 1, "bad.csv:1");
}

TEST_F(EvalCommand, MixRefusesWhatCannotBe) {
  const auto run = [&](const std::string& out, const std::string& gap) {
    return run_command({KWS_PROGRAM, "mix", "--data", words_, "--noise", words_, "--seconds", "10",
                        "--gap", gap, "--out", folder_ / out, "--labels", folder_ / "x.csv"});
  };
  EXPECT_EQ(run("x.mp3", "1-3").exit_code, 2);
  EXPECT_EQ(run("x.wav", "3-1").exit_code, 2);
  EXPECT_EQ(run("x.wav", "1-2-3").exit_code, 2);
  EXPECT_EQ(run("x.wav", "30-40").exit_code, 2);  // no word fits
  EXPECT_EQ(run("absent/x.wav", "1-3").exit_code, 1);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "x.csv"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "x.wav"));
}

}  // namespace
}  // namespace kws
