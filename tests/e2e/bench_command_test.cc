// SPDX-License-Identifier: MIT
//
// `kws bench` from outside: the JSON that scripts read. What the clock says is nobody's to assert.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "measure/tone_spotter.h"
#include "pack/model_pack.h"
#include "support/command.h"
#include "support/scratch_folder.h"

namespace kws {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::run_command;
using ::testing::StartsWith;

class BenchCommand : public ::testing::Test {
 protected:
  BenchCommand() { pack::save(testing::tone_spotter(), model_); }

  testing::CommandResult bench(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(),
                     {KWS_PROGRAM, "bench", "--model", model_, "--seconds", "0.01"});
    return run_command(arguments);
  }

  testing::ScratchFolder folder_;
  std::string model_ = folder_ / "tones.kws";
};

TEST_F(BenchCommand, GivesJsonOfThisShape) {
  const auto result = bench({"--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto json = nlohmann::ordered_json::parse(result.out);
  std::vector<std::string> keys;
  for (const auto& [key, value] : json.items()) keys.push_back(key);
  EXPECT_THAT(
      keys, ::testing::ElementsAre("front_end_us", "window_us", "hop_us", "load_ms", "arena_bytes",
                                   "resident_bytes", "streams_per_core", "kernels"));
  for (const auto* stage : {"front_end_us", "window_us", "hop_us"}) {
    EXPECT_EQ(json[stage].size(), 3U);
    for (const auto* percentile : {"p50", "p95", "p99"}) {
      EXPECT_TRUE(json[stage][percentile].is_number()) << stage << " " << percentile;
    }
  }
  EXPECT_TRUE(json["load_ms"].is_number());
  EXPECT_TRUE(json["arena_bytes"].is_number_unsigned());
  EXPECT_TRUE(json["resident_bytes"].is_number_unsigned());
  EXPECT_TRUE(json["streams_per_core"].is_number_unsigned());
  EXPECT_FALSE(json["kernels"].get<std::string>().empty());
}

TEST_F(BenchCommand, PrintsATableForPeople) {
  const auto result = bench({});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(StartsWith("model      "), HasSubstr("tones.kws"),
                                HasSubstr("p50        p95        p99"), HasSubstr("whole window"),
                                HasSubstr("first posterior"), HasSubstr("every 20 ms")));
}

TEST_F(BenchCommand, LetsHopsComputeTheWholeWindow) {
  const auto arena = [&](const std::vector<std::string>& arguments) {
    const auto result = bench(arguments);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return nlohmann::json::parse(result.out)["arena_bytes"].get<std::size_t>();
  };
  EXPECT_LE(arena({"--json", "--window"}), arena({"--json"}));
}

TEST_F(BenchCommand, RefusesWhatCannotBe) {
  const auto no_model = run_command({KWS_PROGRAM, "bench", "--model", folder_ / "none.kws"});
  EXPECT_EQ(no_model.exit_code, 1);
  EXPECT_THAT(no_model.err, HasSubstr("none.kws"));
  const auto no_time = run_command({KWS_PROGRAM, "bench", "--seconds", "0"});
  EXPECT_EQ(no_time.exit_code, 2);
  EXPECT_THAT(no_time.err, HasSubstr("--seconds"));
}

}  // namespace
}  // namespace kws
