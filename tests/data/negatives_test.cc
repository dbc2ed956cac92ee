// SPDX-License-Identifier: MIT
#include "data/negatives.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>

#include "data/speech_level.h"
#include "data/synthetic_dataset.h"
#include "data/waveform.h"

namespace kws::data {
namespace {

constexpr Hertz kRate{16000.0};

Clip clip_of(const std::vector<float>& samples, std::uint32_t label) {
  Clip clip;
  for (const float sample : samples) {
    clip.samples.push_back(static_cast<std::int16_t>(std::lround(sample * 32767.0F)));
  }
  const auto speech = find_speech(samples, kRate);
  clip.active_begin = static_cast<std::uint32_t>(speech.begin);
  clip.active_end = static_cast<std::uint32_t>(speech.end);
  clip.level = speech.level;
  clip.label = label;
  return clip;
}

/// Zero crossings per second over two: the frequency of a tone.
double pitch(std::span<const float> samples) {
  int crossings = 0;
  for (std::size_t i = 1; i < samples.size(); ++i) {
    crossings += (samples[i - 1] < 0.0F) != (samples[i] < 0.0F) ? 1 : 0;
  }
  return crossings * kRate.value / static_cast<double>(samples.size()) / 2.0;
}

TEST(DrawSplice, KeepsTheShares) {
  std::map<Splice, int> drawn;
  Random random(1);
  for (int i = 0; i < 10'000; ++i) ++drawn[draw_splice(random)];
  EXPECT_NEAR(drawn[Splice::kReversed], 3500, 200);
  EXPECT_NEAR(drawn[Splice::kFragment], 1500, 150);
  EXPECT_NEAR(drawn[Splice::kCrossed], 5000, 200);
}

TEST(Splice, ReversesTheWordAlone) {
  // A tone that rises: backwards it falls.
  std::vector<float> rising(16000, 0.0F);
  for (std::size_t i = 3840; i < 11840; ++i) {
    const double t = static_cast<double>(i - 3840) / 16000.0;
    rising[i] =
        static_cast<float>(0.5 * std::sin(2.0 * std::numbers::pi * (300.0 + 800.0 * t) * t));
  }
  const auto clip = clip_of(rising, 0);
  Random random(1);
  const auto reversed = splice(Splice::kReversed, clip, clip, kRate, random);
  ASSERT_EQ(reversed.size(), 8000u);
  EXPECT_GT(pitch(std::span(reversed).first(2000)), pitch(std::span(reversed).last(2000)) + 200.0);
}

TEST(Splice, FragmentsAreThirtyToFiftyPercentOfTheWord) {
  const auto clip = clip_of(kws::testing::tone_clip(500.0), 0);
  Random random(1);
  std::size_t shortest = 100'000;
  std::size_t longest = 0;
  for (int i = 0; i < 500; ++i) {
    const auto size = splice(Splice::kFragment, clip, clip, kRate, random).size();
    shortest = std::min(shortest, size);
    longest = std::max(longest, size);
  }
  EXPECT_GE(shortest, 1919u);  // 30 % of 6400
  EXPECT_LT(shortest, 2000u);
  EXPECT_LE(longest, 3200u);
  EXPECT_GT(longest, 3100u);
}

TEST(Splice, CrossesTheHeadOfOneWithTheTailOfTheOther) {
  const auto low = clip_of(kws::testing::tone_clip(400.0), 0);
  auto quiet = kws::testing::tone_clip(1600.0);
  scale(0.1F, quiet);
  const auto high = clip_of(quiet, 1);
  Random random(1);
  for (int i = 0; i < 100; ++i) {
    const auto crossed = splice(Splice::kCrossed, low, high, kRate, random);
    EXPECT_GE(crossed.size(), 2240u + 2560u - 161u);
    EXPECT_LE(crossed.size(), 3840u + 4160u);
    const auto head = std::span(crossed).subspan(200, 1600);
    const auto tail = std::span(crossed).last(2000).first(1600);
    EXPECT_NEAR(pitch(head), 400.0, 15.0);
    EXPECT_NEAR(pitch(tail), 1600.0, 15.0);
    EXPECT_NEAR(rms(head), rms(tail), 0.02F);  // brought to one level
    EXPECT_EQ(std::abs(crossed.front()) < 0.01F, true);
  }
}

TEST(EndOtherwise, PutsAFaintHissBehindTheHead) {
  const auto word = clip_of(kws::testing::tone_clip(400.0), 0);  // of 400 ms
  Random random(1);
  double faintest = 1.0;
  double loudest = 0.0;
  for (int i = 0; i < 200; ++i) {
    const auto made = end_otherwise(Ending::kHiss, word, kRate, random);
    EXPECT_GE(made.size(), 2240u + 1280u - 800u);
    EXPECT_LE(made.size(), 3840u + 4000u);
    EXPECT_NEAR(pitch(std::span(made).subspan(200, 1600)), 400.0, 15.0);
    const auto hiss = std::span(made).last(800).first(400);
    EXPECT_GT(pitch(hiss), 600.0);  // it has no pitch, but crosses zero more often than the tone
    const double ratio = rms(hiss) / word.level;
    faintest = std::min(faintest, ratio);
    loudest = std::max(loudest, ratio);
    EXPECT_LT(std::abs(made.back()), 0.01F);
  }
  EXPECT_LT(faintest, 0.06);  // -30 dB is 0.03, and the end fades
  EXPECT_GT(loudest, 0.25);   // -8 dB is 0.4
  EXPECT_LT(loudest, 0.6);
}

TEST(EndOtherwise, OrLeavesTheHeadAlone) {
  const auto word = clip_of(kws::testing::tone_clip(400.0), 0);  // of 400 ms
  Random random(1);
  for (int i = 0; i < 200; ++i) {
    const auto made = end_otherwise(Ending::kNone, word, kRate, random);
    EXPECT_GE(made.size(), 2239u);
    EXPECT_LE(made.size(), 3840u);
    EXPECT_NEAR(pitch(std::span(made).subspan(200, 1600)), 400.0, 15.0);
    EXPECT_LT(std::abs(made.back()), 0.01F);
  }
}

/// A loud word with 0.3 s of a quiet hum before and 0.3 s of another, twice as loud, behind it.
Clip word_in_hum() {
  std::vector<float> samples(16000);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double t = static_cast<double>(i) / kRate.value;
    const bool word = i >= 4800 && i < 11200;
    const double hertz = word ? 400.0 : i < 4800 ? 100.0 : 200.0;
    const double level = word ? 0.5 : i < 4800 ? 0.002 : 0.004;
    samples[i] = static_cast<float>(level * std::sin(2.0 * std::numbers::pi * hertz * t));
  }
  auto clip = clip_of(samples, 0);
  clip.active_begin = 4800;
  clip.active_end = 11200;
  return clip;
}

TEST(WithBackground, KeepsWhatIsHeardAroundTheWord) {
  const auto clip = word_in_hum();
  const std::vector<float> made(3200, 0.1F);
  const auto placed = with_background(made, clip, clip, 22400, kRate);
  EXPECT_EQ(placed.active_begin, 4640u);  // 10 ms overlap
  EXPECT_EQ(placed.active_end, 7840u);
  for (std::size_t i = 0; i < 4640; ++i) ASSERT_EQ(placed.samples[i], clip.samples[i]) << i;
  for (std::size_t i = 0; i < 4640; ++i) {
    ASSERT_NEAR(placed.samples[7840 + i], clip.samples[11360 + i], 1) << i;
  }

  // What is behind a fainter word is made as much louder as that word would be.
  auto faint = clip;
  faint.level /= 4.0F;
  const auto louder = with_background(made, clip, faint, 22400, kRate);
  EXPECT_NEAR(louder.samples[9000], 4 * clip.samples[12520], 4);
}

TEST(WithBackground, IsAsLongAsTheRecording) {
  const auto clip = word_in_hum();
  const auto level = [](std::span<const std::int16_t> part) {
    double sum = 0.0;
    for (const auto sample : part) sum += static_cast<double>(sample) * sample;
    return std::sqrt(sum / static_cast<double>(part.size())) / 32768.0;
  };
  // What is behind the word goes on backwards.
  const auto placed = with_background(std::vector<float>(1600, 0.1F), clip, clip, 22400, kRate);
  ASSERT_EQ(placed.samples.size(), 16000u);
  const auto heard_once = 6240u + 4640u;
  for (std::size_t i = 0; i < 4000; ++i) {
    ASSERT_EQ(placed.samples[heard_once + i], placed.samples[heard_once - 1 - i]) << i;
  }
  EXPECT_NEAR(level(std::span(placed.samples).last(3000)), 0.004 / std::sqrt(2.0), 2e-4);

  // Little is known behind the word: what is before it fills the rest.
  auto late = clip;
  late.active_end = 15900;
  const auto filled = with_background(std::vector<float>(1600, 0.1F), clip, late, 22400, kRate);
  ASSERT_EQ(filled.samples.size(), 16000u);
  EXPECT_NEAR(level(std::span(filled.samples).last(3000)), 0.002 / std::sqrt(2.0), 2e-4);

  // Nothing is known at all, or too little to go on with.
  Clip bare;
  bare.samples.assign(1000, 100);
  bare.active_end = 1000;
  const std::vector<float> made(3200, 0.1F);
  EXPECT_EQ(with_background(made, bare, bare, 16000, kRate).samples.size(), 3200u);
  bare.samples.resize(16000, 1);
  bare.active_end = 15500;
  EXPECT_EQ(with_background(made, bare, bare, 16000, kRate).samples.size(), 3200u + 500u - 160u);
}

TEST(WithBackground, MovesALongWordForwardAndCutsWhatIsTooLong) {
  const auto clip = word_in_hum();
  const auto placed = [&](std::size_t length) {
    return with_background(std::vector<float>(length, 0.1F), clip, clip, 16000, kRate);
  };
  for (const std::size_t left : {0u, 1u, 2u, 79u, 80u, 159u, 160u, 161u, 1000u, 4640u}) {
    const auto made = placed(16000 - left);
    EXPECT_EQ(made.samples.size(), 16000u) << left;
    EXPECT_EQ(made.active_begin, left);
    EXPECT_EQ(made.active_end, 16000u) << left;
  }
  const auto cut = placed(30000);
  EXPECT_EQ(cut.samples.size(), 16000u);
  EXPECT_EQ(cut.active_begin, 0u);
  EXPECT_EQ(cut.active_end, 16000u);
  // Long words of a longer clip, too, end within it.
  for (const std::size_t left : {1u, 10u, 159u}) {
    const auto made =
        with_background(std::vector<float>(16000 - left, 0.1F), clip, clip, 22400, kRate);
    EXPECT_EQ(made.samples.size(), 16000u) << left;
    EXPECT_EQ(made.active_end, 16000u) << left;
  }
}

TEST(Embed, PutsNeighboursRightBeforeAndBehindTheWord) {
  const auto word = clip_of(kws::testing::tone_clip(800.0), 0);
  const auto low = clip_of(kws::testing::tone_clip(300.0), 1);
  const auto high = clip_of(kws::testing::tone_clip(2000.0), 2);
  const std::size_t spoken = word.active_end - word.active_begin;
  constexpr std::size_t kHeard = 2400;  // 150 ms
  constexpr std::size_t kPause = 1600;
  Random random(1);
  for (int i = 0; i < 50; ++i) {
    const auto both = embed(word, &low, &high, kRate, random);
    const auto part = std::span(both.samples).subspan(both.begin, both.end - both.begin);
    EXPECT_GE(part.size(), spoken + 2 * kHeard);
    EXPECT_LE(part.size(), spoken + 2 * kHeard + 2 * kPause);
    EXPECT_NEAR(pitch(part.first(kHeard)), 300.0, 15.0);
    EXPECT_NEAR(pitch(part.last(kHeard)), 2000.0, 40.0);
    EXPECT_EQ(both.begin, both.samples.size() - both.end) << "the part is in the middle";

    const auto first = embed(word, nullptr, &high, kRate, random);
    EXPECT_NEAR(pitch(std::span(first.samples).subspan(first.begin, spoken)), 800.0, 15.0);
    EXPECT_EQ(first.begin, first.samples.size() - first.end);
    const auto last = embed(word, &low, nullptr, kRate, random);
    EXPECT_NEAR(pitch(std::span(last.samples).subspan(last.end - spoken, spoken)), 800.0, 15.0);
    EXPECT_EQ(last.begin, last.samples.size() - last.end);
  }
}

std::vector<LongRecording> two_recordings() {
  std::vector<LongRecording> recordings(2);
  recordings[0].samples.assign(16000, 0);
  std::fill(recordings[0].samples.begin() + 8000, recordings[0].samples.end(), 8000);
  recordings[0].level = 8000.0F / 32768.0F / std::sqrt(2.0F);
  recordings[1].samples.assign(100, 1000);
  recordings[1].level = 1000.0F / 32768.0F;
  return recordings;
}

TEST(CutSpeech, StaysInsideARecordingAndTakesAShortOneWhole) {
  const auto recordings = two_recordings();
  Random random(1);
  int whole = 0;
  for (int i = 0; i < 1000; ++i) {
    const auto piece = cut_speech(recordings, 4000, random);
    EXPECT_TRUE(piece.size() == 4000 || piece.size() == 100);
    whole += piece.size() == 100 ? 1 : 0;
  }
  EXPECT_LT(whole, 60);  // 0.6 % of the sound
}

TEST(CutWord, FindsALoudPlace) {
  const auto recordings = two_recordings();
  Random random(1);
  int loud = 0;
  for (int i = 0; i < 1000; ++i) {
    const auto piece = cut_word(recordings, 4000, kRate, random);
    ASSERT_LE(piece.size(), 4000u + 2u * 1280u);
    loud += std::count(piece.begin(), piece.end(), 8000) > 900 ? 1 : 0;
  }
  EXPECT_GT(loud, 900);  // half of the places are silent; six tries find a loud one
}

TEST(CutWord, BeginsAndEndsWhereItIsQuiet) {
  // A sound of 180 ms every 240 ms: 60 ms of quiet lie within 80 ms of any place but for the middle
  // 20 ms of a sound.
  std::vector<LongRecording> recordings(1);
  for (int i = 0; i < 48000; ++i) {
    recordings[0].samples.push_back(static_cast<std::int16_t>(i % 3840 < 2880 ? 6000 : 0));
  }
  recordings[0].level = 0.15F;
  Random random(1);
  int quiet = 0;
  for (int i = 0; i < 500; ++i) {
    const auto piece = cut_word(recordings, 8000, kRate, random);
    ASSERT_GT(piece.size(), 8000u / 2u);
    quiet += piece.front() == 0 && piece.back() == 0 ? 1 : 0;
  }
  EXPECT_GT(quiet, 300);
}

TEST(WordsAndPhrases, AreNotCutWhereAKeywordIsSaid) {
  auto recordings = two_recordings();
  recordings[0].says_keyword = true;
  Random random(1);
  for (int i = 0; i < 50; ++i) {
    EXPECT_LE(cut_word(recordings, 4000, kRate, random).size(), 100u);
    EXPECT_LE(cut_phrase(recordings, 4000, i % 2 == 0, kRate, random).size(), 100u);
  }
  recordings[1].says_keyword = true;  // nothing else is left
  EXPECT_FALSE(cut_word(recordings, 4000, kRate, random).empty());
  EXPECT_FALSE(cut_phrase(recordings, 4000, true, kRate, random).empty());
}

}  // namespace
}  // namespace kws::data
