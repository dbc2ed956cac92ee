// SPDX-License-Identifier: MIT
#include "measure/streaming.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "data/synthetic_dataset.h"
#include "measure/posterior_track.h"
#include "measure/tone_spotter.h"
#include "sound/sound_file.h"
#include "support/scratch_folder.h"

namespace kws::measure {
namespace {

using kws::testing::kHighHz;
using kws::testing::kLowHz;
using kws::testing::kMiddleHz;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Adds a tone clip (0.4 s of sound from 0.2 s on, 0.9 s long) at `start_s`.
void add_tone(std::vector<float>& stream, double start_s, double frequency_hz) {
  const auto clip = kws::testing::tone_clip(frequency_hz);
  const auto start = static_cast<std::size_t>(start_s * 16000.0);
  stream.resize(std::max(stream.size(), start + clip.size() + 32000), 0.0F);
  for (std::size_t i = 0; i < clip.size(); ++i) stream[start + i] += clip[i];
}

SpokenWord spoken(double start_s, std::string word) {
  return {start_s + 0.2, start_s + 0.6, std::move(word)};
}

class StreamTest : public ::testing::Test {
 protected:
  StreamTest() : pack_(kws::testing::tone_spotter()) {
    add_tone(stream_, 1.0, kLowHz);
    add_tone(stream_, 3.0, kHighHz);
    add_tone(stream_, 5.0, kMiddleHz);  // no keyword: nothing is to be found
    add_tone(stream_, 7.0, kLowHz);     // labelled "high" below
    add_tone(stream_, 11.0, kHighHz);   // not labelled at all
    said_ = {spoken(1.0, "low"), spoken(3.0, "high"), spoken(5.0, "middle"), spoken(7.0, "high")};
  }

  pack::ModelPack pack_;
  std::vector<float> stream_;
  std::vector<SpokenWord> said_;
};

TEST_F(StreamTest, MatchesWhatIsFoundWithWhatIsSaid) {
  const auto report = stream_report(pack_, stream_, said_);
  EXPECT_EQ(report.other_words, 1u);
  EXPECT_EQ(report.match.labels, 3u);
  EXPECT_EQ(report.match.correct, 2u);
  EXPECT_EQ(report.match.wrong, 1u);
  EXPECT_EQ(report.match.false_positives, 1u);
  ASSERT_EQ(report.detected.size(), 4u);
  EXPECT_EQ(report.detected[0].word, "low");
  EXPECT_NEAR(report.detected[0].time_s, 1.5, 0.4);
  EXPECT_NEAR(report.seconds, static_cast<double>(stream_.size()) / 16000.0, 1e-9);
  EXPECT_EQ(report.shipped.keywords.at("low").labels, 1u);
  EXPECT_EQ(report.shipped.keywords.at("low").correct, 1u);
  EXPECT_EQ(report.shipped.keywords.at("low").wrong, 1u);
  EXPECT_EQ(report.shipped.keywords.at("high").labels, 2u);
  EXPECT_EQ(report.shipped.keywords.at("high").correct, 1u);
  EXPECT_EQ(report.shipped.keywords.at("high").false_positives, 1u);
}

TEST_F(StreamTest, HasACurveOverThresholds) {
  const auto report = stream_report(pack_, stream_, said_);
  ASSERT_EQ(report.curve.size(), 101u);
  EXPECT_EQ(report.curve[80].threshold, 0.8);
  EXPECT_EQ(report.curve[80].all.correct, report.match.correct);
  EXPECT_EQ(report.curve[80].all.wrong, report.match.wrong);
  EXPECT_EQ(report.curve[80].all.false_positives, report.match.false_positives);
  ASSERT_EQ(report.scaled_curve.size(), 21u);
  EXPECT_EQ(report.scaled_curve[10].threshold, 1.0);
  EXPECT_EQ(report.scaled_curve[10].all.correct, report.match.correct);
  EXPECT_EQ(report.scaled_curve[0].all.correct, report.curve[40].all.correct);
  EXPECT_EQ(report.scaled_curve[0].all.wrong, report.curve[40].all.wrong);
  // The mean over a whole tone never quite reaches 1.
  pack_.decide.smoothing_ms = 400.0;
  EXPECT_EQ(stream_report(pack_, stream_, said_).curve[100].all.correct, 0u);
}

TEST_F(StreamTest, PerKeywordThresholdsCountForTheShippedPoint) {
  pack_.decide.thresholds["high"] = 1.0;
  pack_.decide.smoothing_ms = 400.0;  // the mean never quite reaches 1
  const auto report = stream_report(pack_, stream_, said_);
  EXPECT_EQ(report.shipped.keywords.at("high").correct, 0u);
  EXPECT_EQ(report.shipped.keywords.at("low").correct, 1u);
  EXPECT_EQ(report.curve[50].keywords.at("high").correct, 1u);
}

TEST_F(StreamTest, ReplayEqualsTheLane) {
  PosteriorTrack track(pack_);
  track.feed(stream_);
  const auto replayed = track.replay(pack_.decide);
  ASSERT_EQ(replayed.size(), track.detections().size());
  ASSERT_FALSE(replayed.empty());
  for (std::size_t i = 0; i < replayed.size(); ++i) {
    EXPECT_EQ(replayed[i].label, track.detections()[i].label);
    EXPECT_EQ(replayed[i].time, track.detections()[i].time);
    EXPECT_EQ(replayed[i].score, track.detections()[i].score);
  }
}

class ContinuousTest : public ::testing::Test {
 protected:
  ContinuousTest() : pack_(kws::testing::tone_spotter()) {
    add("1-1-1", {kLowHz, kMiddleHz});
    add("1-1-2", {kLowHz, kLowHz});
    add("2-1-1", {kHighHz});
    add("4-1-1", {kMiddleHz});
    write_file_atomically(folder_ / "transcripts.txt",
                          "1-1-1 LOWER AND MIDDLE\n1-1-2 A LOW THING\n2-1-1 HIGH\n4-1-1 NO\n");
    options_.transcripts = folder_ / "transcripts.txt";
  }

  void add(const std::string& stem, const std::vector<double>& tones) {
    std::vector<float> samples;
    for (std::size_t i = 0; i < tones.size(); ++i) {
      add_tone(samples, 2.5 * static_cast<double>(i), tones[i]);
    }
    samples_ += samples.size();
    sound::write_recording(folder_ / (stem + ".wav"), samples, Hertz{16000.0});
  }

  kws::testing::ScratchFolder folder_;
  pack::ModelPack pack_;
  ContinuousOptions options_;
  std::size_t samples_ = 0;
};

TEST_F(ContinuousTest, ForgivesWhatIsTrulySaidOncePerOccurrence) {
  const auto report = continuous_report(pack_, folder_.path(), options_);
  EXPECT_EQ(report.files, 4u);
  EXPECT_EQ(report.speakers, 3u);
  EXPECT_NEAR(report.minutes, static_cast<double>(samples_) / 16000.0 / 60.0, 1e-9);
  ASSERT_EQ(report.detections.size(), 4u);
  // "lower" is not "low"; of the two lows of 1-1-2 one is said.
  EXPECT_FALSE(report.detections[0].forgiven);
  EXPECT_EQ(report.detections[0].file, "1-1-1");
  EXPECT_NEAR(report.detections[0].time_s, 0.5, 0.4);
  EXPECT_TRUE(report.detections[1].forgiven);
  EXPECT_FALSE(report.detections[2].forgiven);
  EXPECT_EQ(report.detections[2].file, "1-1-2");
  EXPECT_NEAR(report.detections[2].time_s, 3.0, 0.4);
  EXPECT_TRUE(report.detections[3].forgiven);
  EXPECT_EQ(report.events, 2u);
  EXPECT_NEAR(report.events_per_hour, 2.0 / (report.minutes / 60.0), 1e-9);
  EXPECT_NEAR(report.upper_bound_per_hour, 6.2958 / (report.minutes / 60.0), 1e-2);
  EXPECT_EQ(report.curve[80].events, 2u);
  EXPECT_EQ(report.curve[80].keywords.at("low"), 2u);
  EXPECT_EQ(report.scaled_curve[10].events, 2u);
}

TEST_F(ContinuousTest, ForgivesNothingWithoutTranscripts) {
  options_.transcripts.clear();
  EXPECT_EQ(continuous_report(pack_, folder_.path(), options_).events, 4u);
}

TEST_F(ContinuousTest, SelectsSpeakers) {
  options_.speakers = {data::Speakers::kEven, 0, false};
  EXPECT_EQ(continuous_report(pack_, folder_.path(), options_).events, 0u);
  options_.speakers = {data::Speakers::kEven, 2, true};  // speaker 4
  const auto report = continuous_report(pack_, folder_.path(), options_);
  EXPECT_EQ(report.files, 1u);
  EXPECT_THAT(report.detections, IsEmpty());
  EXPECT_NEAR(report.upper_bound_per_hour, 2.995732 / (report.minutes / 60.0), 1e-2);
  options_.speakers = {data::Speakers::kEven, 3, true};
  EXPECT_THROW((void)continuous_report(pack_, folder_.path(), options_), DataError);
}

TEST_F(ContinuousTest, ListsTheHighestScoresWhereTheWordIsNotSaid) {
  const auto report = continuous_report(pack_, folder_.path(), options_);
  const auto& low = report.highest.at("low");
  ASSERT_EQ(low.size(), 3u);  // 1-1-2 says it
  EXPECT_EQ(low[0].file, "1-1-1");
  EXPECT_GT(low[0].score, 0.8F);
  EXPECT_LT(low[1].score, 0.5F);
  const auto& high = report.highest.at("high");
  ASSERT_EQ(high.size(), 3u);
  EXPECT_LT(high[0].score, 0.5F);  // it is only in 2-1-1, which says it
}

TEST_F(ContinuousTest, StopsAtAnUnreadableRecording) {
  write_file_atomically(folder_ / "3-1-1.wav", "RIFF");
  EXPECT_THROW((void)continuous_report(pack_, folder_.path(), options_), DataError);
}

}  // namespace
}  // namespace kws::measure
