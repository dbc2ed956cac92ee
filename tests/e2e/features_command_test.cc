// SPDX-License-Identifier: MIT
//
// `kws features` from outside: what it prints is what the extractor computes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "base/atomic_file.h"
#include "base/random.h"
#include "base/text.h"
#include "features/extractor.h"
#include "nn/networks.h"
#include "pack/model_pack.h"
#include "sound/sound_file.h"
#include "support/command.h"
#include "support/scratch_folder.h"

namespace kws {
namespace {

using testing::CommandResult;
using ::testing::HasSubstr;
using testing::run_command;
using ::testing::StartsWith;

std::vector<float> sweep(std::size_t samples) {
  std::vector<float> sound(samples);
  for (std::size_t n = 0; n < samples; ++n) {
    const auto t = static_cast<float>(n);
    sound[n] = 0.4F * std::sin(0.05F * t + 2e-5F * t * t);
  }
  return sound;
}

std::vector<float> values_of_csv(const std::string& text) {
  std::vector<float> values;
  for (const auto& line : split(text, '\n')) {
    if (line.empty()) continue;
    for (const auto& cell : split(line, ',')) {
      float value = 0.0F;
      const auto result = std::from_chars(cell.data(), cell.data() + cell.size(), value);
      EXPECT_TRUE(result.ec == std::errc() && result.ptr == cell.data() + cell.size()) << cell;
      values.push_back(value);
    }
  }
  return values;
}

class FeaturesCommand : public ::testing::Test {
 protected:
  void SetUp() override {
    sound::write_recording(file_, sweep(16000), Hertz{16000});
    samples_ = sound::read_recording(file_, Hertz{16000}).samples;
  }

  CommandResult features(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {KWS_PROGRAM, "features", file_});
    return run_command(arguments);
  }

  const testing::ScratchFolder folder_;
  const std::string file_ = folder_ / "sweep.wav";
  std::vector<float> samples_;
};

TEST_F(FeaturesCommand, PrintsTheExtractorsRowsToTheLastBit) {
  const auto result = features({"--csv"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(std::count(result.out.begin(), result.out.end(), '\n'), 49);
  const auto matrix = features::FeatureExtractor(features::FeatureSpec{}).extract_clip(samples_);
  EXPECT_EQ(values_of_csv(result.out), matrix.values);
  EXPECT_EQ(features({}).out, result.out) << "CSV is the default";
}

TEST_F(FeaturesCommand, TakesAnotherFrontEnd) {
  features::FeatureSpec spec;
  spec.kind = features::Kind::kLogMel;
  spec.mels = 16;
  spec.frame_ms = 25.0;
  const auto result = features({"--set", "features.kind=logmel", "--set", "features.mels=16",
                                "--set", "features.frame_ms=25"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(values_of_csv(result.out),
            features::FeatureExtractor(spec).extract_clip(samples_).values);
}

TEST_F(FeaturesCommand, ResamplesToTheRateOfTheFrontEnd) {
  const auto result =
      features({"--set", "features.sample_rate_hz=8000", "--set", "features.mels=16"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(values_of_csv(result.out).size(), 49u * 16u);
}

TEST_F(FeaturesCommand, WritesTheSameValuesForNumpy) {
  const std::string npy = folder_ / "rows.npy";
  const auto result = features({"--npy", npy});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "");
  const std::string bytes = read_text_file(npy, 1 << 20);
  ASSERT_GT(bytes.size(), 128u);
  EXPECT_THAT(bytes, StartsWith(std::string("\x93NUMPY\x01\x00", 8)));
  const std::size_t data =
      10 + static_cast<unsigned char>(bytes[8]) + 256u * static_cast<unsigned char>(bytes[9]);
  EXPECT_EQ(data % 64, 0u);
  EXPECT_EQ(bytes[data - 1], '\n');
  EXPECT_THAT(bytes.substr(10, data - 10),
              StartsWith("{'descr': '<f4', 'fortran_order': False, 'shape': (49, 40), }"));
  std::vector<float> values(49 * 40);
  ASSERT_EQ(bytes.size() - data, values.size() * sizeof(float));
  std::memcpy(values.data(), bytes.data() + data, values.size() * sizeof(float));
  EXPECT_EQ(values, values_of_csv(features({"--csv"}).out));
}

TEST_F(FeaturesCommand, NormalisesAsTheModelDoes) {
  pack::ModelPack pack;
  pack.name = "tiny";
  pack.labels = {"yes", "no", "_unknown_", "_silence_"};
  pack.features.coeffs = 10;
  pack.model.graph = nn::build_network({.kind = "tiny_conv"}, 49, 10, 4);
  pack.model.weights = nn::initial_weights(pack.model.graph, Random(1));
  const auto& norm = pack.model.graph.nodes.front();
  ASSERT_EQ(norm.op, nn::Op::kInputNorm);
  std::vector<float> mean;
  std::vector<float> deviation;
  for (int bin = 0; bin < 10; ++bin) {
    mean.push_back(0.5F - static_cast<float>(bin));
    deviation.push_back(0.25F + static_cast<float>(bin));
  }
  pack.model.weights[norm.name + ".mean"] = mean;
  pack.model.weights[norm.name + ".deviation"] = deviation;
  const std::string model = folder_ / "tiny.kws";
  pack::save(pack, model);

  auto expected = features::FeatureExtractor(pack.features).extract_clip(samples_).values;
  const auto plain = features({"--model", model});
  ASSERT_EQ(plain.exit_code, 0) << plain.err;
  EXPECT_EQ(values_of_csv(plain.out), expected);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    expected[i] = (expected[i] - mean[i % 10]) / deviation[i % 10];
  }
  const auto normalised = features({"--model", model, "--normalised"});
  ASSERT_EQ(normalised.exit_code, 0) << normalised.err;
  EXPECT_EQ(values_of_csv(normalised.out), expected);
}

TEST_F(FeaturesCommand, RefusesWhatCannotBe) {
  const auto refused = [&](const std::vector<std::string>& arguments, int code,
                           const std::string& message) {
    const auto result = features(arguments);
    EXPECT_EQ(result.exit_code, code) << message;
    EXPECT_EQ(result.out, "") << message;
    EXPECT_THAT(result.err, HasSubstr(message));
  };
  refused({"--set", "features.mls=16"}, 2, "did you mean 'features.mels'?");
  refused({"--set", "features.mels=0"}, 2, "'features.mels' is 0");
  refused({"--set", "features.f_hi_hz=9000"}, 2, "'features.f_hi_hz' is 9000");
  refused({"--normalised"}, 2, "--model");
  refused({"--csv", "--npy", folder_ / "x.npy"}, 2, "--csv");
  refused({"--model", folder_ / "none.kws"}, 1, "none.kws");
  refused({"--npy", folder_ / "none" / "x.npy"}, 1, "x.npy");
}

TEST_F(FeaturesCommand, NamesARecordingThatIsShorterThanAFrame) {
  const std::string brief = folder_ / "brief.wav";
  sound::write_recording(brief, sweep(639), Hertz{16000});
  const auto result = run_command({KWS_PROGRAM, "features", brief});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("brief.wav': has 639 samples"));
  EXPECT_THAT(result.err, HasSubstr("640"));
}

}  // namespace
}  // namespace kws
