// SPDX-License-Identifier: MIT
#include "train/recipe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "nn/costs.h"

namespace kws::train {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr auto kSmall = R"(name = "small"
labels = ["yes", "no", "_unknown_"]
seed = 7
[features]
kind = "logmel"
mels = 20
[network]
kind = "ds_cnn"
channels = 16
width = 0.55
width_rounding = "nearest"
[data]
shift_ms = 50
[train]
epochs = 2
[decide]
threshold = 0.6
)";

Recipe read(const std::string& text) {
  return read_recipe(config::Table::parse(text, "small.toml"));
}

/// The message of what read() throws.
std::string refusal(const std::string& text) {
  try {
    (void)read(text);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "it was read";
}

std::string with(std::string text, const std::string& from, const std::string& to) {
  const auto place = text.find(from);
  EXPECT_NE(place, std::string::npos) << from;
  return text.replace(place, from.size(), to);
}

TEST(Recipe, EveryTableIsRead) {
  const auto recipe = read(kSmall);
  EXPECT_EQ(recipe.name, "small");
  EXPECT_THAT(recipe.labels, ::testing::ElementsAre("yes", "no", "_unknown_"));
  EXPECT_EQ(recipe.seed, 7U);
  EXPECT_EQ(recipe.features.mels, 20);
  EXPECT_EQ(recipe.network.channels, 16);
  EXPECT_TRUE(recipe.network.width_rounds);
  EXPECT_EQ(recipe.data.shift_ms, 50.0);
  EXPECT_EQ(recipe.train.epochs, 2);
  EXPECT_EQ(recipe.decide.threshold, 0.6);
  const auto graph = build_graph(recipe);
  EXPECT_EQ(graph.input_shape(), (nn::Shape{49, 20, 1}));
  EXPECT_EQ(graph.output_shape().channels, 3);
}

TEST(Recipe, ItsTextReadsBackAsItself) {
  const auto recipe = read(kSmall);
  EXPECT_EQ(read(recipe.text).text, recipe.text);
}

TEST(Recipe, AnUnknownKeyNamesFileLineAndTheNearestKnown) {
  EXPECT_THAT(refusal(with(kSmall, "epochs = 2", "epoch = 2")),
              AllOf(HasSubstr("small.toml:15"), HasSubstr("train.epoch"), HasSubstr("epochs")));
  EXPECT_THAT(refusal(with(kSmall, "shift_ms", "shift_sm")), HasSubstr("shift_ms"));
}

TEST(Recipe, ABadValueIsRefused) {
  EXPECT_THAT(refusal(with(kSmall, "\"ds_cnn\"", "\"ds_cn\"")), HasSubstr("ds_cnn"));
  EXPECT_THAT(refusal(with(kSmall, "\"no\"", "\"yes\"")), HasSubstr("twice"));
  EXPECT_THAT(refusal(with(kSmall, "\"no\"", "\"../no\"")), HasSubstr("labels"));
  EXPECT_THAT(refusal(with(kSmall, "[\"yes\", \"no\", \"_unknown_\"]", "[\"yes\"]")),
              HasSubstr("labels"));
  EXPECT_THAT(refusal(with(kSmall, "threshold = 0.6", "thresholds = { dog = 0.5 }")),
              HasSubstr("dog"));
  EXPECT_THAT(refusal(with(kSmall, "channels = 16", "channels = 'many'")), HasSubstr("channels"));
  EXPECT_THAT(refusal(with(kSmall, "name = \"small\"", "")), HasSubstr("name"));
}

TEST(Recipe, AnImpossibleShapeNamesTheLayer) {
  const auto recipe = read(with(kSmall, "mels = 20", "mels = 2"));
  try {
    (void)build_graph(recipe);
    FAIL();
  } catch (const ModelError& error) {
    EXPECT_THAT(error.what(), HasSubstr("conv1"));
  }
}

TEST(Recipe, OverridesWinAndStandInItsText) {
  const std::vector<std::string> overrides{"train.epochs=9", "features.kind=mfcc"};
  const auto recipe =
      load_recipe(std::string(KWS_SOURCE_DIR) + "/config/recipes/ds-cnn-s.toml", overrides);
  EXPECT_EQ(recipe.train.epochs, 9);
  EXPECT_EQ(recipe.features.kind, features::Kind::kMfcc);
  EXPECT_THAT(recipe.text, HasSubstr("epochs = 9"));
}

TEST(Recipe, TheShippedOnesDescribeTheNetworksTheyClaim) {
  std::size_t count = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(KWS_SOURCE_DIR) + "/config/recipes")) {
    const auto recipe = load_recipe(entry.path());
    EXPECT_EQ(recipe.name, entry.path().stem());
    EXPECT_NO_THROW((void)build_graph(recipe)) << entry.path();
    ++count;
  }
  EXPECT_GE(count, 2U);
  const auto load = [](const char* name) {
    return build_graph(load_recipe(std::string(KWS_SOURCE_DIR) + "/config/recipes/" + name));
  };
  EXPECT_EQ(load("ds-cnn-128.toml").input_shape(), (nn::Shape{49, 40, 1}));
  EXPECT_EQ(nn::cost(load("tiny-conv.toml")).total.parameters, 16'652);
}

}  // namespace
}  // namespace kws::train
