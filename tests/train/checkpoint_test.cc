// SPDX-License-Identifier: MIT
#include "train/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/atomic_file.h"
#include "base/error.h"
#include "nn/networks.h"
#include "support/scratch_folder.h"

namespace kws::train {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

nn::Graph small_graph() {
  return nn::build_network({.kind = "tiny_conv", .channels = 1}, 10, 8, 2);
}

Checkpoint sample() {
  const auto graph = small_graph();
  const auto weights = nn::initial_weights(graph, Random(1));
  std::size_t trained = 0;
  for (const auto& spec : nn::parameters(graph)) {
    if (spec.role != nn::ParameterRole::kStatistic) trained += spec.elements();
  }
  return {.identity = {"name = \"x\"\n[train]\nepochs = 3\n", "clips 5\nsha256 abc\n"},
          .step = 42,
          .loss_sum = 1.25,
          .correct = 7,
          .clips = 9,
          .last_accuracy = 0.5,
          .best_accuracy = 0.75,
          .weights = weights,
          .average = nn::initial_weights(graph, Random(2)),
          .best = nn::initial_weights(graph, Random(3)),
          .optimiser = {42, std::vector<float>(trained, 0.5F), std::vector<float>(trained, 2.0F)}};
}

class CheckpointFile : public ::testing::Test {
 protected:
  testing::ScratchFolder folder_;
  std::filesystem::path path_ = folder_ / "m.kws.checkpoint";
};

TEST_F(CheckpointFile, ReadsBackWhatWasWritten) {
  const auto written = sample();
  save_checkpoint(written, path_);
  const auto read = load_checkpoint(path_);
  EXPECT_EQ(read.identity.recipe, written.identity.recipe);
  EXPECT_EQ(read.identity.data, written.identity.data);
  EXPECT_EQ(read.step, 42);
  EXPECT_EQ(read.loss_sum, 1.25);
  EXPECT_EQ(read.correct, 7);
  EXPECT_EQ(read.clips, 9);
  EXPECT_EQ(read.last_accuracy, 0.5);
  EXPECT_EQ(read.best_accuracy, 0.75);
  EXPECT_EQ(read.weights, written.weights);
  EXPECT_EQ(read.average, written.average);
  EXPECT_EQ(read.best, written.best);
  EXPECT_EQ(read.optimiser.steps, 42);
  EXPECT_EQ(read.optimiser.first, written.optimiser.first);
  EXPECT_EQ(read.optimiser.second, written.optimiser.second);
  EXPECT_NO_THROW(check_fits(read, written.identity, small_graph(), path_));
}

TEST_F(CheckpointFile, CutAnywhereIsRefused) {
  save_checkpoint(sample(), path_);
  const auto bytes = read_file(path_, 1 << 20);
  for (std::size_t size = 0; size < bytes.size(); size += 1 + bytes.size() / 97) {
    write_file_atomically(path_, std::span(bytes).first(size));
    EXPECT_THROW((void)load_checkpoint(path_), DataError) << size;
  }
}

TEST_F(CheckpointFile, AFlippedBitAnywhereIsRefused) {
  save_checkpoint(sample(), path_);
  auto bytes = read_file(path_, 1 << 20);
  for (std::size_t i = 0; i < bytes.size(); i += 1 + bytes.size() / 97) {
    bytes[i] ^= std::byte{4};
    write_file_atomically(path_, bytes);
    EXPECT_THROW((void)load_checkpoint(path_), DataError) << i;
    bytes[i] ^= std::byte{4};
  }
}

TEST_F(CheckpointFile, AnotherRecipeIsRefusedNamingWhereItDiffers) {
  const auto checkpoint = sample();
  auto wanted = checkpoint.identity;
  wanted.recipe = "name = \"x\"\n[train]\nepochs = 4\n";
  try {
    check_fits(checkpoint, wanted, small_graph(), path_);
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("'epochs = 3'"), HasSubstr("'epochs = 4'"),
                                    HasSubstr("m.kws.checkpoint")));
  }
}

TEST_F(CheckpointFile, OtherRecordingsAreRefused) {
  const auto checkpoint = sample();
  auto wanted = checkpoint.identity;
  wanted.data = "clips 6\nsha256 abc\n";
  try {
    check_fits(checkpoint, wanted, small_graph(), path_);
    FAIL();
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("clips 5"), HasSubstr("clips 6")));
  }
}

TEST_F(CheckpointFile, AnotherNetworkIsRefused) {
  const auto checkpoint = sample();
  const auto other = nn::build_network({.kind = "tiny_conv", .channels = 2}, 10, 8, 2);
  EXPECT_THROW(check_fits(checkpoint, checkpoint.identity, other, path_), ModelError);
}

}  // namespace
}  // namespace kws::train
