// SPDX-License-Identifier: MIT
#include "compress/post_training.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/synthetic_dataset.h"
#include "nn/networks.h"
#include "nn/rewrite.h"
#include "support/scratch_folder.h"

namespace kws::compress {
namespace {

using ::testing::HasSubstr;

class PostTrainingTest : public ::testing::Test {
 protected:
  PostTrainingTest() {
    kws::testing::add_word(folder_.path(), "low", 300.0, 30);
    kws::testing::add_word(folder_.path(), "high", 2000.0, 30);
    pack_.name = "tones";
    pack_.labels = {"low", "high", "_unknown_"};
    pack_.provenance.recipe = "name = \"tones\"";
    pack_.provenance.accuracy["validation"] = 0.9;
    const int frames = static_cast<int>(pack_.features.frames_in(16000));
    pack_.model.graph =
        nn::build_network({.kind = "ds_cnn", .channels = 8}, frames, pack_.features.bins(), 3);
    pack_.model.weights = nn::initial_weights(pack_.model.graph, Random(1));
  }

  PostTraining run(std::size_t clips, RangeMethod method = RangeMethod::kMse,
                   std::size_t threads = 1) {
    return quantise_after_training(
        pack_, {.clips = folder_.path(), .method = method, .at_most = clips, .threads = threads});
  }

  kws::testing::ScratchFolder folder_;
  pack::ModelPack pack_;
};

TEST_F(PostTrainingTest, GivesAPackThatCanBeWrittenAndSaysHowItWasMade) {
  const auto result = run(20);
  EXPECT_EQ(result.pack.name, "tones-int8");
  EXPECT_EQ(result.report.clips, 20U);
  EXPECT_EQ(result.pack.provenance.data_counts.at("calibration clips"), 20);
  EXPECT_TRUE(result.pack.provenance.accuracy.empty());
  EXPECT_THAT(result.pack.provenance.recipe,
              HasSubstr("# compressed: --quantize int8 --calibration mse --clips 20\n"));
  const auto found = pack::read(pack::write(result.pack), "int8.kws");
  EXPECT_EQ(found.model.weights, result.pack.model.weights);
}

TEST_F(PostTrainingTest, CountsBytes) {
  const auto report = run(20).report;
  EXPECT_LT(3 * report.weight_bytes_after, 2 * report.weight_bytes_before);
  EXPECT_LT(2 * report.activation_bytes_after, report.activation_bytes_before);
}

TEST_F(PostTrainingTest, IsTheSameBytesForAnyNumberOfThreads) {
  for (const auto method : {RangeMethod::kMinMax, RangeMethod::kPercentile, RangeMethod::kMse}) {
    EXPECT_EQ(pack::write(run(16, method, 1).pack), pack::write(run(16, method, 3).pack));
  }
}

TEST_F(PostTrainingTest, TakesNoMoreClipsThanThereAre) { EXPECT_GT(run(0).report.clips, 20U); }

}  // namespace
}  // namespace kws::compress
