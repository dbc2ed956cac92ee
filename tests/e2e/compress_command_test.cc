// SPDX-License-Identifier: MIT
//
// `kws compress` from outside: a model goes in, a smaller one comes out that says the same, and
// `kws eval --against` says how alike they are.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "data/synthetic_dataset.h"
#include "measure/tone_spotter.h"
#include "pack/model_pack.h"
#include "support/command.h"
#include "support/scratch_folder.h"

namespace kws {
namespace {

using ::testing::HasSubstr;
using testing::run_command;

class CompressCommand : public ::testing::Test {
 protected:
  CompressCommand() {
    testing::add_word(words_, "low", testing::kLowHz, 6);
    testing::add_word(words_, "high", testing::kHighHz, 6);
    testing::add_word(words_, "middle", testing::kMiddleHz, 4);
    pack::save(testing::tone_spotter(), model_);
  }

  testing::CommandResult compress(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {KWS_PROGRAM, "compress", model_});
    return run_command(arguments);
  }

  testing::ScratchFolder folder_;
  std::string words_ = folder_ / "words";
  std::string model_ = folder_ / "model.kws";
  std::string out_ = folder_ / "int8.kws";
};

TEST_F(CompressCommand, MakesAnInt8ModelThatSaysTheSame) {
  const auto result = compress({"--quantize", "int8", "--calibrate", words_, "--out", out_});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("stays float"));
  EXPECT_THAT(result.out, HasSubstr("posteriors are float"));

  const auto compared = run_command(
      {KWS_PROGRAM, "eval", "--model", model_, "--against", out_, "--data", words_, "--json"});
  ASSERT_EQ(compared.exit_code, 0) << compared.err;
  const auto against = nlohmann::json::parse(compared.out).at("against");
  EXPECT_EQ(against.at("said_alike"), 16);
  EXPECT_EQ(against.at("mcnemar_p"), 1.0);

  const auto inspected = run_command({KWS_PROGRAM, "inspect", out_, "--json"});
  EXPECT_THAT(inspected.out, HasSubstr("\"s8\""));
  EXPECT_THAT(run_command({KWS_PROGRAM, "inspect", out_}).out, HasSubstr(" s8"));
}

TEST_F(CompressCommand, GivesTheSameBytesEveryTime) {
  const std::string again = folder_ / "again.kws";
  ASSERT_EQ(compress({"--quantize", "int8", "--calibrate", words_, "--out", out_}).exit_code, 0);
  ASSERT_EQ(
      compress({"--quantize", "int8", "--calibrate", words_, "--out", again, "--threads", "1"})
          .exit_code,
      0);
  EXPECT_EQ(read_file(out_, 1 << 20), read_file(again, 1 << 20));
}

TEST_F(CompressCommand, RefusesTheImpossible) {
  EXPECT_EQ(compress({"--calibrate", words_, "--out", out_}).exit_code, 2);
  EXPECT_EQ(compress({"--quantize", "int7", "--calibrate", words_, "--out", out_}).exit_code, 2);
  const auto nowhere =
      compress({"--quantize", "int8", "--calibrate", folder_ / "none", "--out", out_});
  EXPECT_EQ(nowhere.exit_code, 1);
  EXPECT_THAT(nowhere.err, HasSubstr("no such folder"));
  ASSERT_EQ(compress({"--quantize", "int8", "--calibrate", words_, "--out", out_}).exit_code, 0);
  const auto twice = run_command({KWS_PROGRAM, "compress", out_, "--quantize", "int8",
                                  "--calibrate", words_, "--out", folder_ / "twice.kws"});
  EXPECT_EQ(twice.exit_code, 1);
  EXPECT_THAT(twice.err, HasSubstr("int8 already"));
  EXPECT_THAT(twice.err, HasSubstr(out_));
}

}  // namespace
}  // namespace kws
