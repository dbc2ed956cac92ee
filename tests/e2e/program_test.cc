// SPDX-License-Identifier: MIT
//
// `kws` as a whole: how it answers a wrong call, and what `kws tune` changes in a model.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/atomic_file.h"
#include "nn/networks.h"
#include "pack/model_pack.h"
#include "support/command.h"
#include "support/scratch_folder.h"

namespace kws {
namespace {

using ::testing::HasSubstr;
using testing::run_command;

pack::ModelPack small_pack() {
  pack::ModelPack pack;
  pack.name = "small";
  pack.labels = {"yes", "no", "_unknown_"};
  pack.model.graph = nn::build_network({.kind = "ds_cnn", .channels = 4}, 49, 40, 3);
  pack.model.weights = nn::initial_weights(pack.model.graph, Random(1));
  pack.provenance.recipe = "name = \"small\"\n\n[decide]\nthreshold = 0.8\n";
  return pack;
}

TEST(Program, NamesTheNearestCommand) {
  const auto result = run_command({KWS_PROGRAM, "lisen"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("did you mean 'listen'?"));
}

TEST(Program, WithoutACommandSaysWhatThereIs) {
  const auto result = run_command({KWS_PROGRAM});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("Examples:"));
}

TEST(Program, EveryCommandHasHelpWithAnExample) {
  for (const auto* command :
       {"devices", "eval", "features", "inspect", "listen", "mix", "monitor", "train", "tune"}) {
    const auto result = run_command({KWS_PROGRAM, command, "--help"});
    EXPECT_EQ(result.exit_code, 0) << command;
    EXPECT_THAT(result.out, HasSubstr(std::string("kws ") + command)) << command;
    EXPECT_THAT(result.out, HasSubstr("xample")) << command;
  }
}

TEST(Program, WrongArgumentsAreOneLine) {
  const auto result = run_command({KWS_PROGRAM, "compress", "a.kws", "--out", "b.kws"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(result.err, "kws: --quantize is required; --help says more\n");
}

TEST(Program, SaysWhenHelpCannotBeWritten) {
  for (const auto* asked : {"--help", "--version", "eval --help"}) {
    const auto result = run_command(
        {"/bin/sh", "-c", std::string("'") + KWS_PROGRAM + "' " + asked + " > /dev/full"});
    EXPECT_EQ(result.exit_code, 1) << asked;
    EXPECT_THAT(result.err, HasSubstr("kws: cannot write to standard output")) << asked;
  }
}

TEST(Tune, ChangesTheDecisionAndNothingElse) {
  const testing::ScratchFolder folder;
  const auto before = small_pack();
  pack::save(before, folder / "a.kws");
  const auto result = run_command({KWS_PROGRAM, "tune", folder / "a.kws", "--set", "threshold=0.9",
                                   "--set", "thresholds.no=0.95", "--out", folder / "b.kws"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto after = pack::load(folder / "b.kws");
  EXPECT_EQ(after.decide.threshold, 0.9);
  EXPECT_EQ(after.decide.thresholds.at("no"), 0.95);
  EXPECT_EQ(after.decide.smoothing_ms, before.decide.smoothing_ms);
  EXPECT_EQ(after.model.weights, before.model.weights);
  EXPECT_THAT(after.provenance.recipe, HasSubstr("0.95"));
}

TEST(Tune, NamesAModelThatIsNotThere) {
  const testing::ScratchFolder folder;
  const auto result = run_command({KWS_PROGRAM, "tune", folder / "absent.kws", "--set",
                                   "threshold=0.9", "--out", folder / "b.kws"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("absent.kws: cannot be read"));
}

TEST(Tune, RefusesWhatIsNoKeyAndWritesNothing) {
  const testing::ScratchFolder folder;
  pack::save(small_pack(), folder / "a.kws");
  for (const auto* wrong : {"treshold=0.9", "threshold=2", "thresholds.maybe=0.5"}) {
    const auto result = run_command(
        {KWS_PROGRAM, "tune", folder / "a.kws", "--set", wrong, "--out", folder / "b.kws"});
    EXPECT_EQ(result.exit_code, 2) << wrong << ": " << result.err;
    EXPECT_FALSE(std::filesystem::exists(folder / "b.kws")) << wrong;
  }
}

}  // namespace
}  // namespace kws
