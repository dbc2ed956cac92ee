// SPDX-License-Identifier: MIT
#include "features/feature_spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "base/error.h"
#include "config/document.h"
#include "features/feature_spec_toml.h"

namespace kws::features {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

FeatureSpec read(const std::string& text) {
  const auto document = config::Table::parse(text, "r.toml");
  const auto spec = read_feature_spec(document.table_or_empty("features"));
  document.reject_unknown();
  return spec;
}

FeatureSpec assigned(const std::vector<std::string>& assignments) {
  return feature_spec_from_assignments(assignments);
}

TEST(FeatureSpec, DefaultIsTheFrontEndOfTheLabs) {
  const FeatureSpec spec;
  EXPECT_NO_THROW(validate(spec));
  EXPECT_EQ(spec.frame_samples(), 640);
  EXPECT_EQ(spec.hop_samples(), 320);
  EXPECT_EQ(spec.bins(), 40);
  EXPECT_EQ(spec.frames_in(16000), 49);
}

TEST(FeatureSpec, CountsFramesAndSamplesAsInverses) {
  const FeatureSpec spec;
  EXPECT_EQ(spec.frames_in(0), 0);
  EXPECT_EQ(spec.frames_in(639), 0);
  EXPECT_EQ(spec.samples_of(0), 0);
  for (std::int64_t frames = 1; frames < 100; ++frames) {
    EXPECT_EQ(spec.frames_in(spec.samples_of(frames)), frames);
    EXPECT_EQ(spec.frames_in(spec.samples_of(frames) - 1), frames - 1);
  }
}

TEST(FeatureSpec, EqualMeansEqualRows) {
  FeatureSpec a;
  FeatureSpec b;
  b.coeffs = 10;
  EXPECT_NE(a, b);
  a.kind = b.kind = Kind::kLogMel;
  EXPECT_EQ(a, b) << "logmel has no coefficients to differ in";
  b.mels = 20;
  EXPECT_NE(a, b);
}

TEST(FeatureSpec, NamesTheKeyThatCannotBe) {
  const auto refused = [](auto change, const std::string& text) {
    FeatureSpec spec;
    change(spec);
    EXPECT_THAT([&] { validate(spec); }, ThrowsMessage<ConfigError>(HasSubstr(text)));
  };
  refused([](FeatureSpec& s) { s.mels = 0; }, "'features.mels' is 0, must be from 1 to 256");
  refused([](FeatureSpec& s) { s.mels = 20; }, "'features.coeffs' is 40, must be from 1 to 20");
  refused([](FeatureSpec& s) { s.coeffs = 0; }, "features.coeffs");
  refused([](FeatureSpec& s) { s.sample_rate_hz = 0; }, "features.sample_rate_hz");
  refused([](FeatureSpec& s) { s.frame_ms = -1; }, "features.frame_ms");
  refused([](FeatureSpec& s) { s.frame_ms = std::numeric_limits<double>::quiet_NaN(); },
          "'features.frame_ms' is nan");
  refused([](FeatureSpec& s) { s.hop_ms = 0; }, "features.hop_ms");
  refused([](FeatureSpec& s) { s.f_hi_hz = 8001; }, "'features.f_hi_hz' is 8001");
  refused([](FeatureSpec& s) { s.f_lo_hz = 4000; }, "features.f_lo_hz");
  refused([](FeatureSpec& s) { s.f_lo_hz = std::numeric_limits<double>::quiet_NaN(); },
          "features.f_lo_hz");
}

TEST(FeatureSpecToml, EmptyTableIsTheDefault) { EXPECT_EQ(read(""), FeatureSpec{}); }

TEST(FeatureSpecToml, ReadsEveryKey) {
  const auto spec = read(
      "[features]\nkind = 'mfcc'\nsample_rate_hz = 8000\nframe_ms = 32\nhop_ms = 12.5\nmels = 16\n"
      "coeffs = 12\nf_lo_hz = 80\nf_hi_hz = 3500.5\nspectrum = 'power'\ndct = 'orthonormal'\n");
  const FeatureSpec expected{
      Kind::kMfcc,           8000, 32.0, 12.5, 16, 12, 80.0, 3500.5, Spectrum::kPower,
      DctScale::kOrthonormal};
  EXPECT_EQ(spec, expected);
}

TEST(FeatureSpecToml, WrittenSpecReadsBackEqual) {
  FeatureSpec odd;
  odd.frame_ms = 0.1 + 31.9;
  odd.hop_ms = 100.0 / 3.0;
  odd.dct = DctScale::kOrthonormal;
  odd.coeffs = 13;
  FeatureSpec logmel;
  logmel.kind = Kind::kLogMel;
  logmel.spectrum = Spectrum::kPower;
  logmel.coeffs = 7;  // not written, and not missed
  for (const auto& spec : {FeatureSpec{}, odd, logmel}) {
    config::Writer writer;
    writer.table("features");
    write_feature_spec(writer, spec);
    EXPECT_EQ(read(writer.text()), spec) << writer.text();
  }
}

TEST(FeatureSpecToml, ErrorsNameFileLineAndKey) {
  const auto refused = [](const std::string& text, const std::string& message) {
    EXPECT_THAT([&] { (void)read(text); }, ThrowsMessage<ConfigError>(HasSubstr(message))) << text;
  };
  refused("[features]\nmels = 0\n", "r.toml:2: 'features.mels'");
  refused("[features]\nmels = 16\ncoeffs = 17\n",
          "r.toml:3: 'features.coeffs' is 17, must be from 1 to 16 (features.mels)");
  refused("[features]\nsample_rate_hz = 8000\nf_hi_hz = 4001\n", "r.toml:3: 'features.f_hi_hz'");
  refused("[features]\nkind = 'mfc'\n", "did you mean 'mfcc'?");
  refused("[features]\nmel = 4\n", "did you mean 'features.mels'?");
}

TEST(FeatureSpecToml, AssignmentsChangeTheDefaults) {
  EXPECT_EQ(assigned({}), FeatureSpec{});
  EXPECT_EQ(assigned({"features.kind=logmel", "features.mels=20"}).bins(), 20);
  EXPECT_EQ(assigned({"features.frame_ms=25"}).frame_samples(), 400);
}

TEST(FeatureSpecToml, CoefficientsFollowTheBandsUnlessGiven) {
  EXPECT_EQ(assigned({"features.mels=16"}).coeffs, 16);
  EXPECT_EQ(assigned({"features.mels=80"}).coeffs, 40);
  EXPECT_THROW((void)assigned({"features.mels=16", "features.coeffs=40"}), ConfigError);
}

TEST(FeatureSpecToml, RefusesAssignmentsOfOtherKeys) {
  EXPECT_THAT([] { (void)assigned({"features.mls=16"}); },
              ThrowsMessage<ConfigError>(HasSubstr("did you mean 'features.mels'?")));
  EXPECT_THROW((void)assigned({"train.epochs=3"}), ConfigError);
  EXPECT_THROW((void)assigned({"features=3"}), ConfigError);
  EXPECT_THROW((void)assigned({"features.mels"}), ConfigError);
}

}  // namespace
}  // namespace kws::features
