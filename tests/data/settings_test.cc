// SPDX-License-Identifier: MIT
#include "data/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace kws::data {
namespace {

DataSettings read(const std::string& text) {
  const auto document = config::Table::parse(text, "recipe.toml");
  const auto settings = read_data_settings(document.table_or_empty("data"));
  document.reject_unknown();
  return settings;
}

std::string failure_of(const std::string& text) {
  try {
    (void)read(text);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(DataSettings, OfAnEmptyDocumentAreTheDefaults) { EXPECT_EQ(read(""), DataSettings{}); }

TEST(DataSettings, ReadEveryKey) {
  const auto settings = read(R"(
[data]
clip_ms = 800
unknown_rate = 2.5
unknown_balance = 0.5
silence_clips = 100
silence_edges = 0.25
spliced_clips = 200
spliced_with_speech = 0.25
embedded_clips = 300
rhymes = ["no go", "up stop"]
negatives_root = "/speech"
shift_ms = 100
roam = true
quiet_behind_ms = 150
gain_db = [-6, 6]
speed = [0.9, 1.1]
vocal_tract = [0.9, 1.2]
equaliser_db = 6
low_pass_probability = 0.25
low_pass_hz = [3800, 6000]
noise_probability = 0.8
noise_snr_db = [-5, 20]
silence_level_db = [-80, -20]
[data.spec_augment]
time_masks = 1
time_max_frames = 8
freq_masks = 2
freq_max_bins = 5
[[data.negatives]]
folder = "read"
clips_per_epoch = 300
speakers = "even"
hold_out_every = 4
transcripts = "transcripts.txt"
keywords_in_speech = true
isolated_fraction = 0.5
edge_fraction = 0.25
speed = [0.8, 1.25]
[[data.endings]]
words = ["up", "no"]
ending = "hiss"
clips_per_epoch = 80
[[data.endings]]
words = ["up"]
ending = "none"
clips_per_epoch = 40
[[data.words]]
folder = "spoken"
keyword_clips = 40
unknown_clips = 50
)");
  DataSettings wanted;
  wanted.clip_ms = 800.0;
  wanted.unknown_rate = 2.5;
  wanted.unknown_balance = 0.5;
  wanted.silence_clips = 100;
  wanted.silence_edges = 0.25;
  wanted.spliced_clips = 200;
  wanted.spliced_with_speech = 0.25;
  wanted.endings = {{{"up", "no"}, Ending::kHiss, 80}, {{"up"}, Ending::kNone, 40}};
  wanted.embedded_clips = 300;
  wanted.negatives_root = "/speech";
  wanted.negatives = {
      {"read", 300, Speakers::kEven, 4, "transcripts.txt", true, 0.5, 0.25, Range{0.8, 1.25}}};
  wanted.rhymes = {"no go", "up stop"};
  wanted.quiet_behind_ms = 150.0;
  wanted.words = {{"spoken", 40, 50}};
  wanted.shift_ms = 100.0;
  wanted.roam = true;
  wanted.gain_db = {-6.0, 6.0};
  wanted.speed = {0.9, 1.1};
  wanted.vocal_tract = {0.9, 1.2};
  wanted.equaliser_db = 6.0;
  wanted.low_pass_probability = 0.25;
  wanted.low_pass_hz = {3800.0, 6000.0};
  wanted.noise_probability = 0.8;
  wanted.noise_snr_db = {-5.0, 20.0};
  wanted.silence_level_db = {-80.0, -20.0};
  wanted.spec_augment = {1, 8, 2, 5};
  EXPECT_EQ(read(""), DataSettings{});
  EXPECT_EQ(settings, wanted);
}

TEST(DataSettings, NameFileLineAndKeyOfABadValue) {
  EXPECT_THAT(failure_of("[data]\nspeed = [1.1, 0.9]\n"), ::testing::HasSubstr("recipe.toml:2"));
  EXPECT_THAT(failure_of("[data]\nspeed = [1.1, 0.9]\n"), ::testing::HasSubstr("speed"));
  EXPECT_NE(failure_of("[data]\ngain_db = [1]\n"), "");
  const std::string ending = "[[data.endings]]\nclips_per_epoch = 1\n";
  EXPECT_THAT(failure_of(ending + "ending = \"none\"\nwords = []\n"),
              ::testing::HasSubstr("words"));
  EXPECT_THAT(failure_of(ending + "ending = \"his\"\nwords = [\"up\"]\n"),
              ::testing::HasSubstr("hiss"));
  EXPECT_THAT(failure_of(ending + "ending = \"none\"\nwords = [\"up\", \"no\", \"up\"]\n"),
              ::testing::HasSubstr("names 'up' twice"));
  EXPECT_NE(failure_of("[data]\nspeed = [0, 1]\n"), "");
  EXPECT_NE(failure_of("[data]\nnoise_probability = 1.5\n"), "");
  EXPECT_NE(failure_of("[data]\nsilence_clips = -1\n"), "");
  EXPECT_NE(failure_of("[[data.negatives]]\nclips_per_epoch = 3\n"), "");
  EXPECT_NE(failure_of("[[data.negatives]]\nfolder='x'\nclips_per_epoch=3\nspeakers='uneven'\n"),
            "");
  EXPECT_NE(failure_of("[[data.negatives]]\nfolder='x'\nclips_per_epoch=3\nhold_out_every=1\n"),
            "");
  EXPECT_NE(failure_of("[[data.words]]\nunknown_clips = 3\n"), "");
  EXPECT_NE(failure_of("[[data.words]]\nfolder='x'\nunknown_clips = -3\n"), "");
}

TEST(DataSettings, SuggestTheNearestKey) {
  EXPECT_THAT(failure_of("[data]\nshift = 100\n"), ::testing::HasSubstr("shift_ms"));
}

}  // namespace
}  // namespace kws::data
