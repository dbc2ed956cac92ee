// SPDX-License-Identifier: MIT
#include "cli/inspection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/text.h"
#include "pack/sample_pack.h"
#include "support/scratch_folder.h"

namespace kws::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const std::filesystem::path kSmall = std::filesystem::path(KWS_TEST_DATA) / "small-format-1.kws";

/// A recipe file with this network over 49 frames of 40 bins.
class RecipeFile {
 public:
  explicit RecipeFile(const std::string& network, int labels) {
    std::string text = "name = \"test\"\nlabels = [";
    for (int i = 0; i < labels; ++i) text += "\"word" + std::to_string(i) + "\", ";
    text += "]\n[features]\nkind = \"logmel\"\nmels = 40\n[network]\n" + network;
    write_file_atomically(path(), text);
  }
  [[nodiscard]] std::filesystem::path path() const { return folder_ / "test.toml"; }

 private:
  kws::testing::ScratchFolder folder_;
};

void expect_fits(const std::string& text) {
  for (const auto& line : split(text, '\n')) EXPECT_LE(line.size(), 80U) << line;
}

TEST(Inspection, SaysWhatTinyConvCosts) {
  const RecipeFile file("kind = \"tiny_conv\"\n", 4);
  const auto text = to_text(inspect(file.path(), {}), false);
  EXPECT_THAT(text, AllOf(HasSubstr("16,652 in 66,608 bytes"), HasSubstr("336,000 MACs"),
                          HasSubstr("(644,000 + 32,004)")));
  expect_fits(text);
}

TEST(Inspection, SaysWhatDsCnnCosts) {
  const RecipeFile file("kind = \"ds_cnn\"\nchannels = 128\n", 8);
  const auto inspection = inspect(file.path(), {});
  EXPECT_EQ(inspection.cost.total.parameters, 37256);
  const auto json = to_json(inspection);
  EXPECT_EQ(json["kind"], "recipe");
  EXPECT_EQ(json["total"]["macs"], 16519168);
  EXPECT_EQ(json["layers"].size(), inspection.model.model.graph.nodes.size());
  EXPECT_EQ(json["layers"][1]["output_shape"], (std::vector<int>{24, 19, 128}));
  EXPECT_EQ(json["total"]["peak_activation_bytes"], 2 * 24 * 19 * 128 * 4);
  expect_fits(to_text(inspection, false));
  expect_fits(to_text(inspection, true));
}

TEST(Inspection, OverridesApplyToRecipesOnly) {
  const RecipeFile file("kind = \"ds_cnn_s\"\n", 10);
  const std::vector<std::string> overrides{"network.channels=8", "network.blocks=1"};
  EXPECT_EQ(inspect(file.path(), overrides).cost.total.parameters,
            40 * 8 + 9 * 8 + 8 * 8 + 8 * 10 + 10);
  EXPECT_THROW((void)inspect(kSmall, overrides), UsageError);
}

TEST(Inspection, ARowTakesInWhatFollowsTheLayer) {
  const RecipeFile file("kind = \"ds_cnn_s\"\n", 10);
  const auto inspection = inspect(file.path(), {});
  EXPECT_THAT(to_text(inspection, false),
              AllOf(HasSubstr("conv2d 10x4/2 bn relu"), HasSubstr("depthwise 3x3 bn relu"),
                    HasSubstr("dense softmax"), Not(HasSubstr("conv1_bn"))));
  EXPECT_THAT(to_text(inspection, true), AllOf(HasSubstr("conv1_bn"), HasSubstr("softmax")));
}

TEST(Inspection, ShowsWhatAModelCarries) {
  const auto inspection = inspect(kSmall, {});
  const auto text = to_text(inspection, false);
  EXPECT_THAT(text, AllOf(HasSubstr("2: yes _silence_"), HasSubstr("threshold 0.8, yes 0.75"),
                          HasSubstr("seed        7"), HasSubstr("validation 93.75 %"),
                          HasSubstr("12 training clips"), HasSubstr("5 frames of 4 bins")));
  expect_fits(text);
  const auto json = to_json(inspection);
  EXPECT_EQ(json["accuracy"]["validation"], 0.9375);
  EXPECT_EQ(json["file_bytes"], std::filesystem::file_size(kSmall));
  EXPECT_EQ(json["recipe"], kws::testing::small_pack().provenance.recipe);
  EXPECT_EQ(json["decide"]["thresholds"]["yes"], 0.75);
}

TEST(Inspection, FitsWhateverTheNames) {
  Inspection inspection;
  inspection.source = "/" + std::string(200, 'x') + "/model.kws";
  inspection.model = kws::testing::every_operation_pack();
  inspection.model.labels = {std::string(64, 'a'), std::string(64, 'b')};
  auto& graph = inspection.model.model.graph;
  graph.nodes[1].name = std::string(64, 'n');
  graph.nodes[5].name = "";
  for (int i = 0; i < 21; ++i) graph.nodes[5].name += "ä→x";
  inspection.cost = nn::cost(graph);
  for (const bool every_node : {false, true}) {
    for (const auto& line : split(to_text(inspection, every_node), '\n')) {
      const auto columns = std::count_if(line.begin(), line.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
      });
      EXPECT_LE(columns, 80) << line;
    }
  }
}

TEST(Inspection, NamesTheLayerThatDoesNotFit) {
  const RecipeFile file("kind = \"ds_cnn\"\n", 8);
  const std::vector<std::string> overrides{"features.mels=2"};
  try {
    (void)inspect(file.path(), overrides);
    FAIL();
  } catch (const ModelError& error) {
    EXPECT_THAT(error.what(), HasSubstr("'conv1'"));
  }
}

}  // namespace
}  // namespace kws::cli
