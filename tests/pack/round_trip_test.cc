// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "base/atomic_file.h"
#include "base/error.h"
#include "nn/networks.h"
#include "pack/contents.h"
#include "pack/model_pack.h"
#include "pack/sample_pack.h"
#include "support/scratch_folder.h"

namespace kws::pack {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

void expect_equal(const nn::Graph& found, const nn::Graph& wanted) {
  ASSERT_EQ(found.tensors.size(), wanted.tensors.size());
  for (std::size_t i = 0; i < wanted.tensors.size(); ++i) {
    EXPECT_EQ(found.tensors[i].name, wanted.tensors[i].name);
    EXPECT_EQ(found.tensors[i].shape, wanted.tensors[i].shape);
    EXPECT_EQ(found.tensors[i].has_time, wanted.tensors[i].has_time);
    EXPECT_EQ(found.tensors[i].type, wanted.tensors[i].type);
    EXPECT_EQ(found.tensors[i].quantisation, wanted.tensors[i].quantisation);
  }
  ASSERT_EQ(found.nodes.size(), wanted.nodes.size());
  for (std::size_t i = 0; i < wanted.nodes.size(); ++i) {
    const auto& name = wanted.nodes[i].name;
    EXPECT_EQ(found.nodes[i].name, name);
    EXPECT_EQ(found.nodes[i].op, wanted.nodes[i].op) << name;
    EXPECT_EQ(found.nodes[i].attributes, wanted.nodes[i].attributes) << name;
    EXPECT_EQ(found.nodes[i].inputs, wanted.nodes[i].inputs) << name;
    EXPECT_EQ(found.nodes[i].output, wanted.nodes[i].output) << name;
  }
  EXPECT_EQ(found.input, wanted.input);
  EXPECT_EQ(found.output, wanted.output);
}

void expect_equal(const ModelPack& found, const ModelPack& wanted) {
  EXPECT_EQ(found.name, wanted.name);
  EXPECT_EQ(found.labels, wanted.labels);
  EXPECT_EQ(found.decide, wanted.decide);
  EXPECT_EQ(found.provenance, wanted.provenance);
  EXPECT_EQ(found.model.weights, wanted.model.weights);  // every bit
  expect_equal(found.model.graph, wanted.model.graph);
}

TEST(ModelPack, EverythingComesBack) {
  const auto small = kws::testing::small_pack();
  expect_equal(read(write(small), "small.kws"), small);
  EXPECT_EQ(read(write(small), "small.kws").features, small.features);
}

TEST(ModelPack, EveryOperationComesBack) {
  const auto pack = kws::testing::every_operation_pack();
  const auto found = read(write(pack), "every.kws");
  expect_equal(found, pack);
  EXPECT_EQ(found.features.kind, features::Kind::kLogMel);
  EXPECT_EQ(found.features.spectrum, features::Spectrum::kPower);
  std::set<nn::Op> ops;
  for (const auto& node : pack.model.graph.nodes) ops.insert(node.op);
  EXPECT_EQ(ops.size(), 19U) << "the sample no longer has one of every operation";
}

TEST(ModelPack, Int8ComesBackAndTakesOneByteAWeight) {
  const auto pack = kws::testing::int8_pack();
  expect_equal(read(write(pack), "int8.kws"), pack);
  // norm 2x4 floats; conv 3x1x1x3 bytes and padding, 3 scales, 3 biases; dense 3x2 likewise.
  EXPECT_EQ(write_weights(pack.model).bytes.size(), 32U + 12U + 24U + 8U + 16U);
}

TEST(ModelPack, PrunedWeightsComeBackAndTakeLessRoom) {
  Random random(1);
  for (auto pack : {kws::testing::small_pack(), kws::testing::int8_pack()}) {
    const auto dense = write_weights(pack.model);
    for (auto& [name, values] : pack.model.weights) {
      if (!name.ends_with(".weight")) continue;
      for (auto& value : values) value = random.chance(0.8) ? 0.0F : value;
    }
    const auto pruned = write_weights(pack.model);
    EXPECT_LT(pruned.bytes.size(), dense.bytes.size());
    expect_equal(read(write(pack), "pruned.kws"), pack);
  }
}

TEST(ModelPack, WeightsThatDeflateHardlyShrinksAreStored) {
  auto pack = kws::testing::small_pack();
  pack.features = {};
  pack.model.graph = nn::build_network({.kind = "ds_cnn_s"}, 49, 40, 2);
  pack.model.weights = nn::initial_weights(pack.model.graph, Random(1));
  Random random(2);
  for (auto& [name, values] : pack.model.weights) {  // zeros and ones of norms and biases too
    for (auto& value : values) value += static_cast<float>(random.uniform(0.0, 0.1));
  }
  const auto stored = [&] {
    const auto file = write(pack);
    const auto weights = write_weights(pack.model).bytes;
    expect_equal(read(file, "m.kws"), pack);
    return !std::ranges::search(file, weights).empty();
  };
  EXPECT_TRUE(stored());
  for (auto& [name, values] : pack.model.weights) {  // as those of 8 bits, in 32
    for (auto& value : values) value = std::round(value * 64.0F) / 64.0F;
  }
  EXPECT_FALSE(stored());
}

TEST(ModelPack, EveryNamedNetworkComesBack) {
  for (const auto& kind : nn::network_kinds()) {
    auto pack = kws::testing::small_pack();
    pack.features = {};
    nn::NetworkSpec spec;
    spec.kind = kind;
    pack.model.graph = nn::build_network(spec, 49, 40, 2);
    pack.model.weights = nn::initial_weights(pack.model.graph, Random(1));
    expect_equal(read(write(pack), kind), pack);
  }
}

TEST(ModelPack, SameModelSameBytes) {
  const auto pack = kws::testing::every_operation_pack();
  const auto bytes = write(pack);
  EXPECT_EQ(write(pack), bytes);
  EXPECT_EQ(write(read(bytes, "x")), bytes);
  // ... wherever and whenever: no time zone moves the fixed date.
  ::setenv("TZ", "Pacific/Kiritimati", 1);
  ::tzset();
  EXPECT_EQ(write(pack), bytes);
  ::unsetenv("TZ");
  ::tzset();
}

// save(small_pack(), ...) by the first version of this code; every later one must read it.
TEST(ModelPack, ReadsWhatWasWrittenLongAgo) {
  const auto pack = load(std::filesystem::path(KWS_TEST_DATA) / "small-format-1.kws");
  expect_equal(pack, kws::testing::small_pack());
}

TEST(ModelPack, ReadsTheShippedModels) {
  for (const auto& file :
       std::filesystem::directory_iterator(std::filesystem::path(KWS_SOURCE_DIR) / "models")) {
    if (file.path().extension() != ".kws") continue;
    const auto pack = load(file.path());
    expect_equal(read(write(pack), "again"), pack);
  }
}

TEST(ModelPack, AnyRecipeTextComesBack) {
  auto pack = kws::testing::small_pack();
  for (const std::string recipe :
       {"", "a = '''x'''\n", "b = \"\"\"\n\\t quoted \"\"\"\"\"\n", "# Grüße\n\ttab\n\n"}) {
    pack.provenance.recipe = recipe;
    EXPECT_EQ(read(write(pack), "x").provenance.recipe, recipe);
  }
  std::string large;
  while (large.size() < 20000) large += "key = \"a \\\"quoted\\\" word\"\n";
  pack.provenance.recipe = large;
  EXPECT_EQ(read(write(pack), "x").provenance.recipe, large);
}

TEST(ModelPack, UnusualFloatsComeBackBitForBit) {
  auto pack = kws::testing::small_pack();
  auto& dense = pack.model.weights.at("dense.weight");
  dense[0] = -0.0F;
  dense[1] = 1e-42F;  // denormal
  dense[2] = 3.4e38F;
  pack.decide.threshold = 0.1 + 0.2;
  const auto found = read(write(pack), "x");
  EXPECT_TRUE(std::signbit(found.model.weights.at("dense.weight")[0]));
  EXPECT_EQ(found.model.weights, pack.model.weights);
  EXPECT_EQ(found.decide.threshold, 0.1 + 0.2);
}

TEST(Save, ReplacesWholeOrNotAtAll) {
  const kws::testing::ScratchFolder scratch;
  const auto path = scratch / "model.kws";
  auto pack = kws::testing::small_pack();
  save(pack, path);
  const auto before = read_file(path, kMaxFileBytes);
  EXPECT_EQ(before, write(pack));
  pack.model.weights.at("dense.bias")[0] = std::nanf("");
  EXPECT_THROW(save(pack, path), ModelError);
  EXPECT_EQ(read_file(path, kMaxFileBytes), before);
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& file : std::filesystem::directory_iterator(scratch.path())) {
    ++files;
  }
  EXPECT_EQ(files, 1U) << "a temporary file was left";
  EXPECT_THROW(save(kws::testing::small_pack(), scratch / "none" / "model.kws"), DataError);
}

TEST(Load, NamesTheFileThatIsNotThere) {
  const kws::testing::ScratchFolder scratch;
  try {
    (void)load(scratch / "none.kws");
    FAIL();
  } catch (const ModelError& error) {
    EXPECT_THAT(error.what(), HasSubstr("none.kws"));
  }
}

TEST(Write, RefusesWhatItWouldNotReadBack) {
  const auto refusal = [](const auto& change) -> std::string {
    auto pack = kws::testing::small_pack();
    change(pack);
    try {
      (void)write(pack);
    } catch (const ModelError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(refusal([](ModelPack&) {}), IsEmpty());
  EXPECT_THAT(refusal([](ModelPack& p) { p.labels.push_back("no"); }),
              AllOf(HasSubstr("'small'"), HasSubstr("3 labels")));
  EXPECT_THAT(refusal([](ModelPack& p) { p.labels[1] = "yes"; }), HasSubstr("twice"));
  EXPECT_THAT(refusal([](ModelPack& p) { p.labels[1] = "a\nb"; }), HasSubstr("printable"));
  EXPECT_THAT(refusal([](ModelPack& p) { p.name = ""; }), HasSubstr("name"));
  EXPECT_THAT(refusal([](ModelPack& p) { p.features.coeffs = 3; }), HasSubstr("3 bins"));
  EXPECT_THAT(refusal([](ModelPack& p) { p.decide.thresholds["maybe"] = 0.5; }),
              HasSubstr("maybe"));
  EXPECT_THAT(refusal([](ModelPack& p) { p.decide.threshold = 1.5; }), HasSubstr("threshold"));
  EXPECT_THAT(refusal([](ModelPack& p) { p.provenance.seed = ~std::uint64_t{0}; }),
              HasSubstr("seed"));
  EXPECT_THAT(refusal([](ModelPack& p) { p.provenance.recipe = "\x1b[2J"; }),
              HasSubstr("printable"));
  EXPECT_THAT(refusal([](ModelPack& p) { p.provenance.recipe = std::string(70000, 'x'); }),
              HasSubstr("shorten the recipe"));
  EXPECT_THAT(refusal([](ModelPack& p) { p.provenance.accuracy["validation"] = 93.0; }),
              HasSubstr("0..1"));
  EXPECT_THAT(refusal([](ModelPack& p) { p.provenance.data_counts["clips"] = -1; }),
              HasSubstr("negative"));
  EXPECT_THAT(refusal([](ModelPack& p) { p.model.weights.erase("bn.mean"); }),
              HasSubstr("bn.mean"));
  EXPECT_THAT(refusal([](ModelPack& p) { p.model.graph.output -= 1; }), HasSubstr("softmax"));
  EXPECT_THAT(refusal([](ModelPack& p) { p.model.graph.tensors[2].type = nn::ElementType::kInt8; }),
              HasSubstr("'conv.weight_scale' are missing"));
  EXPECT_THAT(refusal([](ModelPack& p) {
                p.model.weights.at("bn.gamma")[0] = 3e38F;
                p.model.weights.at("bn.variance")[0] = 0.0F;
              }),
              HasSubstr("not finite"));
}

}  // namespace
}  // namespace kws::pack
