// SPDX-License-Identifier: MIT
//
// Sound archives whose manifest or weights are wrong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>

#include "base/error.h"
#include "base/sha.h"
#include "pack/model_pack.h"
#include "pack/sample_pack.h"

namespace kws::pack {
namespace {

using kws::testing::Parts;
using kws::testing::replaced;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string refusal(const Parts& parts) {
  try {
    (void)read(kws::testing::assemble(parts), "bad.kws");
  } catch (const ModelError& error) {
    EXPECT_THAT(error.what(), StartsWith("bad.kws: "));
    EXPECT_EQ(exit_code(error), 1);
    return error.what();
  }
  return "";
}

/// The small pack, its manifest changed in one place.
std::string refusal(std::string_view from, std::string_view to) {
  auto parts = kws::testing::parts_of(kws::testing::small_pack());
  parts.manifest = replaced(parts.manifest, from, to);
  return refusal(parts);
}

std::string with_manifest(const std::string& manifest) {
  auto parts = kws::testing::parts_of(kws::testing::small_pack());
  parts.manifest = manifest;
  return refusal(parts);
}

/// The small pack with one weight changed and the checksum right again.
std::string with_weight(std::size_t index, float value) {
  auto parts = kws::testing::parts_of(kws::testing::small_pack());
  const auto before = sha256_hex(parts.weights);
  std::memcpy(&parts.weights[index * sizeof value], &value, sizeof value);
  parts.manifest = replaced(parts.manifest, before, sha256_hex(parts.weights));
  return refusal(parts);
}

/// The same for the int8 pack.
std::string int8_refusal(std::string_view from, std::string_view to) {
  auto parts = kws::testing::parts_of(kws::testing::int8_pack());
  parts.manifest = replaced(parts.manifest, from, to);
  return refusal(parts);
}

std::string int8_with_byte(std::size_t index, std::byte value) {
  auto parts = kws::testing::parts_of(kws::testing::int8_pack());
  const auto before = sha256_hex(parts.weights);
  parts.weights.at(index) = value;
  parts.manifest = replaced(parts.manifest, before, sha256_hex(parts.weights));
  return refusal(parts);
}

TEST(HostileManifest, ScalesThatCannotBe) {
  EXPECT_EQ(int8_refusal("scale = 0.0625", "scale = 0.03125"), "");
  for (const auto* scale : {"0.0", "-0.5", "1e-40", "1e-320"}) {
    EXPECT_THAT(int8_refusal("scale = 0.0625", std::string("scale = ") + scale),
                AllOf(HasSubstr("layer 'quantize'"), HasSubstr("a scale of")))
        << scale;
  }
  for (const auto* scale : {"nan", "inf", "1e39"}) {
    EXPECT_THAT(int8_refusal("scale = 0.0625", std::string("scale = ") + scale),
                HasSubstr("'node[1].scale'"))
        << scale;
  }
  EXPECT_THAT(int8_refusal("scale = 0.0625", "scale = 3e37"),
              AllOf(HasSubstr("layer 'conv'"), HasSubstr("out of proportion")));
  EXPECT_THAT(int8_refusal("scale = 0.0625", "scale = 1e-37"), HasSubstr("layer 'conv'"));
  EXPECT_THAT(int8_refusal("scale = 0.0625\n", ""), HasSubstr("'node[1].scale' is missing"));
  EXPECT_THAT(int8_refusal("zero_point = 3", "zero_point = 128"),
              AllOf(HasSubstr("layer 'quantize'"), HasSubstr("zero_point is 128")));
  EXPECT_THAT(int8_refusal("zero_point = 3", "zero_point = -129"), HasSubstr("-129"));
}

TEST(HostileManifest, TypesThatDoNotGoTogether) {
  EXPECT_THAT(int8_refusal("type = \"s8\"\nscale = 0.0625", "type = \"s4\"\nscale = 0.0625"),
              HasSubstr("'node[1].type'"));
  EXPECT_THAT(int8_refusal("type = \"s8\"\nscale = 0.0625\nzero_point = 3\n", ""),
              AllOf(HasSubstr("layer 'quantize'"), HasSubstr("without a scale")));
  EXPECT_THAT(int8_refusal("inputs = [\"quantize\"]", "inputs = [\"norm\"]"),
              AllOf(HasSubstr("layer 'conv'"), HasSubstr("put a quantize before it")));
  EXPECT_THAT(int8_refusal("inputs = [\"dequantize\"]", "inputs = [\"dense\"]"),
              AllOf(HasSubstr("layer 'softmax'"), HasSubstr("put a dequantize before it")));
  EXPECT_THAT(int8_refusal("name = \"conv.weight\"\ntype = \"s8\"",
                           "name = \"conv.weight\"\ntype = \"f32\""),
              AllOf(HasSubstr("'weights[2].type'"), HasSubstr("must be 's8'")));
}

TEST(HostileManifest, WeightsOffTheirGrid) {
  constexpr std::size_t kConvWeight = 32;  // behind the input norm
  EXPECT_EQ(int8_with_byte(kConvWeight, std::byte{127}), "");
  EXPECT_THAT(int8_with_byte(kConvWeight, std::byte{128}),  // -128
              AllOf(HasSubstr("layer 'conv'"), HasSubstr("grid")));
  EXPECT_THAT(int8_with_byte(kConvWeight + 9, std::byte{1}),
              AllOf(HasSubstr("'conv.weight'"), HasSubstr("zeros")));
  // The sign of a scale: its highest byte.
  EXPECT_THAT(int8_with_byte(kConvWeight + 12 + 3, std::byte{0xBC}),
              AllOf(HasSubstr("layer 'conv'"), HasSubstr("a scale of its weights")));
}

TEST(HostileManifest, UnchangedIsTaken) { EXPECT_EQ(refusal("format = 1", "format = 1"), ""); }

TEST(HostileManifest, OfAnotherFormat) {
  EXPECT_THAT(refusal("format = 1", "format = 2"), HasSubstr("newer kws"));
  EXPECT_THAT(refusal("format = 1", "format = \"1\""), HasSubstr("'format'"));
  EXPECT_THAT(refusal("format = 1\n", ""), HasSubstr("'format' is missing"));
}

TEST(HostileManifest, NotTomlOrTooDeep) {
  EXPECT_THAT(with_manifest(""), HasSubstr("'format' is missing"));
  EXPECT_THAT(with_manifest("format = "), HasSubstr("manifest.toml:1"));
  EXPECT_THAT(with_manifest(std::string(4096, '\0')), HasSubstr("manifest.toml"));
  std::string dots = "a";
  for (int i = 0; i < 100000; ++i) dots += ".a";
  EXPECT_THAT(with_manifest(dots + " = 1"), HasSubstr("more than the 65536 allowed"));
  EXPECT_THAT(with_manifest(dots.substr(0, 60001) + " = 1"), HasSubstr("deeper"));
  EXPECT_THAT(with_manifest("a = " + std::string(60000, '[')), HasSubstr("deeper"));
  EXPECT_THAT(with_manifest("a = " + std::string(100000, '[')), HasSubstr("65536"));
}

TEST(HostileManifest, UnknownKeys) {
  EXPECT_THAT(refusal("labels =", "lables ="), HasSubstr("'labels' is missing"));
  EXPECT_THAT(refusal("format = 1", "format = 1\nlable = 3"),
              AllOf(HasSubstr("manifest.toml:3"), HasSubstr("did you mean 'labels'?")));
  EXPECT_THAT(refusal("mels = 4", "mels = 4\nmel = 4"), HasSubstr("'features.mel'"));
  // The key of another operation.
  EXPECT_THAT(refusal("op = \"softmax\"", "op = \"softmax\"\nchannels = 3"),
              HasSubstr("unknown key 'node[5].channels'"));
}

TEST(HostileManifest, LabelsThatCannotBe) {
  const std::string labels = R"(labels = ["yes", "_silence_"])";
  EXPECT_THAT(refusal(labels, "labels = []"), HasSubstr("0 labels"));
  EXPECT_THAT(refusal(labels, R"(labels = ["yes", "yes"])"), HasSubstr("twice"));
  EXPECT_THAT(refusal(labels, R"(labels = ["yes", "no", "maybe"])"), HasSubstr("3 labels"));
  EXPECT_THAT(refusal(labels, R"(labels = ["yes", ""])"), HasSubstr("printable"));
  EXPECT_THAT(refusal(labels, R"(labels = ["yes", 3])"), HasSubstr("'labels'"));
  const auto message = refusal(labels, R"(labels = ["yes", "\u001b[2J"])");
  EXPECT_THAT(message, HasSubstr("printable"));
  EXPECT_EQ(message.find('\x1b'), std::string::npos);
  EXPECT_THAT(refusal("yes = 0.75", "maybe = 0.75"), HasSubstr("maybe"));
}

TEST(HostileManifest, GraphsThatCannotBe) {
  EXPECT_THAT(refusal("op = \"conv2d\"", "op = \"conv3d\""),
              AllOf(HasSubstr("'node[1].op'"), HasSubstr("conv3d")));
  // Dangling, of itself, and of what comes later.
  EXPECT_THAT(refusal("inputs = [\"conv\"]", "inputs = [\"ghost\"]"), HasSubstr("'ghost'"));
  EXPECT_THAT(refusal("inputs = [\"conv\"]", "inputs = [\"bn\"]"),
              HasSubstr("'bn', which no node before 'bn' makes"));
  EXPECT_THAT(refusal("inputs = [\"conv\"]", "inputs = [\"dense\"]"), HasSubstr("'dense'"));
  EXPECT_THAT(refusal("inputs = [\"conv\"]", "inputs = []"), HasSubstr("0 inputs"));
  EXPECT_THAT(refusal("output = \"softmax\"", "output = \"ghost\""), HasSubstr("'ghost'"));
  EXPECT_THAT(refusal("output = \"softmax\"", "output = \"dense\""), HasSubstr("softmax"));
  EXPECT_THAT(refusal("output = \"softmax\"", "output = \"input\""), HasSubstr("softmax"));
  EXPECT_THAT(refusal("name = \"bn\"", "name = \"conv\""), HasSubstr("taken"));
  EXPECT_THAT(refusal("kernel = [3, 1]", "kernel = [6, 1]"),
              AllOf(HasSubstr("'conv'"), HasSubstr("does not fit")));
  EXPECT_THAT(refusal("kernel = [3, 1]", "kernel = [3]"), HasSubstr("'node[1].kernel'"));
  EXPECT_THAT(refusal("kernel = [3, 1]", "kernel = [3, -1]"), HasSubstr("'node[1].kernel'"));
  EXPECT_THAT(refusal("channels = 2", "channels = 0"), HasSubstr("'conv'"));
  EXPECT_THAT(refusal("epsilon = 1e-05", "epsilon = nan"), HasSubstr("epsilon"));
  EXPECT_THAT(refusal("input = [5, 4, 1]", "input = [5, 4]"), HasSubstr("[time, freq, channels]"));
  EXPECT_THAT(refusal("coeffs = 4", "coeffs = 3"), HasSubstr("3 bins"));
}

std::string refusal_of_input(const char* input, const char* kernel) {
  auto parts = kws::testing::parts_of(kws::testing::small_pack());
  parts.manifest = replaced(parts.manifest, "input = [5, 4, 1]", input);
  parts.manifest = replaced(parts.manifest, "kernel = [3, 1]", kernel);
  return refusal(parts);
}

TEST(HostileManifest, NetworksTooLargeForAnyMachine) {
  EXPECT_THAT(refusal_of_input("input = [65536, 4, 1]", "kernel = [3, 1]"), HasSubstr("30 s"));
  // 2^26 elements a tensor are allowed one by one.
  auto parts = kws::testing::parts_of(kws::testing::small_pack());
  parts.manifest = replaced(parts.manifest, "input = [5, 4, 1]", "input = [1000, 4, 1]");
  parts.manifest = replaced(parts.manifest, "channels = 2", "channels = 16000");
  EXPECT_NE(refusal(parts), "");
  const auto more_padding = "kernel = [3, 1]\npadding = [2000, 2000, 2000, 2000]";
  EXPECT_THAT(refusal_of_input("input = [5, 4, 1]", more_padding), HasSubstr("activations"));
}

TEST(HostileManifest, StorageThatDisagreesWithTheGraph) {
  EXPECT_THAT(refusal("type = \"f32\"", "type = \"s8\""),
              AllOf(HasSubstr("'weights[0].type'"), HasSubstr("f32")));
  EXPECT_THAT(refusal("offset = 0", "offset = 4"), HasSubstr("'weights[0].offset'"));
  EXPECT_THAT(refusal("offset = 0", "offset = -4"), HasSubstr("'weights[0].offset'"));
  EXPECT_THAT(refusal("bytes = 16", "bytes = 9223372036854775807"),
              HasSubstr("'weights[0].bytes' must be 16"));
  EXPECT_THAT(refusal("shape = [4]", "shape = [2, 2]"), HasSubstr("'weights[0].shape'"));
  EXPECT_THAT(refusal("name = \"norm.mean\"", "name = \"norm.median\""), HasSubstr("'norm.mean'"));
  const auto entry =
      "\n[[weights]]\nname = \"more\"\ntype = \"f32\"\nshape = [1]\noffset = 128\n"
      "bytes = 4\n";
  const auto parts = kws::testing::parts_of(kws::testing::small_pack());
  EXPECT_THAT(with_manifest(parts.manifest + entry), HasSubstr("belongs to no layer"));
  const auto last = parts.manifest.rfind("\n[[weights]]");
  EXPECT_THAT(with_manifest(parts.manifest.substr(0, last)), HasSubstr("'dense.bias' are missing"));
}

TEST(HostileManifest, WeightsThatCannotBe) {
  EXPECT_EQ(with_weight(8, 0.25F), "");  // conv.weight, any number
  EXPECT_THAT(with_weight(8, std::nanf("")),
              AllOf(HasSubstr("'conv.weight'"), HasSubstr("finite")));
  EXPECT_THAT(with_weight(8, std::numeric_limits<float>::infinity()), HasSubstr("'conv.weight'"));
  EXPECT_THAT(with_weight(4, 0.0F), HasSubstr("'norm.deviation'"));
  EXPECT_THAT(with_weight(20, -1.0F), HasSubstr("'bn.variance'"));
}

TEST(HostileManifest, WeightsOfAnotherLength) {
  auto parts = kws::testing::parts_of(kws::testing::small_pack());
  parts.weights.pop_back();
  EXPECT_THAT(refusal(parts), HasSubstr("declares"));
  parts.weights.resize(parts.weights.size() + 2);
  EXPECT_THAT(refusal(parts), HasSubstr("declares"));
  parts.weights.clear();
  EXPECT_THAT(refusal(parts), HasSubstr("declares 0 bytes"));
}

TEST(HostileManifest, SettingsOutOfRange) {
  EXPECT_THAT(refusal("threshold = 0.8", "threshold = nan"), HasSubstr("'decide.threshold'"));
  EXPECT_THAT(refusal("patience = 1", "patience = 0"), HasSubstr("'decide.patience'"));
  EXPECT_THAT(refusal("hop_ms = 20.0", "hop_ms = 0.0"), HasSubstr("'features.hop_ms'"));
  EXPECT_THAT(refusal("seed = 7", "seed = -7"), HasSubstr("'provenance.seed'"));
  EXPECT_THAT(refusal("validation = 0.9375", "validation = 93.75"), HasSubstr("validation"));
  EXPECT_THAT(refusal("recipe = \"\"\"\n", "recipe = \"\"\"\n\\u001b[2J"), HasSubstr("printable"));
}

// Whatever a manifest turns into by losing a line, doubling one or swapping two, it is refused or
// read, never more.
TEST(HostileManifest, LinesLostDoubledOrSwapped) {
  const auto parts = kws::testing::parts_of(kws::testing::small_pack());
  std::vector<std::string> lines;
  std::string line;
  for (const char c : parts.manifest) {
    line += c;
    if (c == '\n') lines.push_back(std::exchange(line, ""));
  }
  const auto joined = [](const std::vector<std::string>& all) {
    std::string text;
    for (const auto& one : all) text += one;
    return text;
  };
  for (std::size_t i = 0; i < lines.size(); ++i) {
    auto lost = lines;
    lost.erase(lost.begin() + static_cast<std::ptrdiff_t>(i));
    (void)with_manifest(joined(lost));
    auto doubled = lines;
    doubled.insert(doubled.begin() + static_cast<std::ptrdiff_t>(i), lines[i]);
    (void)with_manifest(joined(doubled));
    auto swapped = lines;
    std::swap(swapped[i], swapped[(i * 7 + 3) % lines.size()]);
    (void)with_manifest(joined(swapped));
  }
}

}  // namespace
}  // namespace kws::pack
