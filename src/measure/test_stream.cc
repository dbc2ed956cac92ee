// SPDX-License-Identifier: MIT
#include "measure/test_stream.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/error.h"
#include "base/random.h"
#include "data/speech_level.h"
#include "data/waveform.h"

namespace kws::measure {
namespace {

constexpr Decibels kWordLevel{-20.0};
constexpr double kTailSeconds = 2.0;
constexpr data::Range kPieceSeconds{4.0, 10.0};  // of noise
constexpr double kCrossfadeSeconds = 0.5;
constexpr double kClipFadeSeconds = 0.01;
constexpr float kPeak = 0.99F;

// What random sequences are for, so that the noise does not change with the words.
constexpr std::uint64_t kNoiseDraw = 1;
constexpr std::uint64_t kWordDraw = 2;

/// Pieces at one level, each faded into the next with constant power.
std::vector<float> noise_bed(std::span<const data::LongRecording> recordings, std::size_t length,
                             float level, Hertz rate, Random random) {
  std::vector<float> bed(length, 0.0F);
  const auto fade = static_cast<std::size_t>(rate.value * kCrossfadeSeconds);
  std::vector<float> piece;
  for (std::size_t begin = 0; begin < length;) {
    piece.resize(static_cast<std::size_t>(rate.value *
                                          random.uniform(kPieceSeconds.low, kPieceSeconds.high)));
    const auto& recording = recordings[random.below(recordings.size())];
    data::cut_noise(recording.samples, random, piece);
    const float found = std::max(data::rms(piece), 0.1F * recording.level);
    if (found <= 0.0F) throw DataError("a noise recording is silent: " + recording.stem);
    for (std::size_t i = 0; i < piece.size() && begin + i < length; ++i) {
      const auto from_end = piece.size() - 1 - i;
      float ramp = 1.0F;
      const auto quarter = [fade](std::size_t n) {
        return std::sin(0.5F * std::numbers::pi_v<float> * (static_cast<float>(n) + 0.5F) /
                        static_cast<float>(fade));
      };
      if (i < fade && begin > 0) ramp = quarter(i);
      if (from_end < fade) ramp *= quarter(from_end);
      bed[begin + i] += ramp * piece[i] * level / found;
    }
    begin += piece.size() - fade;
  }
  return bed;
}

/// Gives the clips of each folder in a random order, again and again.
class ClipDraw {
 public:
  ClipDraw(const data::Dataset& dataset, Random random) : random_(random) {
    words_.resize(dataset.folders().size());
    for (std::size_t i = 0; i < dataset.clips().size(); ++i) {
      const auto& clip = dataset.clips()[i];
      if (clip.level > 0.0F) words_[clip.folder].clips.push_back(i);
    }
    std::erase_if(words_, [](const Word& word) { return word.clips.empty(); });
    if (words_.empty()) throw DataError("there is no clip with a sound in it to draw from");
  }

  std::size_t next_clip() {
    Word& word = words_[random_.below(words_.size())];
    if (word.next == 0) random_.shuffle(std::span(word.clips));
    const auto clip = word.clips[word.next];
    word.next = (word.next + 1) % word.clips.size();
    return clip;
  }

  double next_gap(const data::Range& gap) { return random_.uniform(gap.low, gap.high); }

 private:
  struct Word {
    std::vector<std::size_t> clips;
    std::size_t next = 0;
  };
  Random random_;
  std::vector<Word> words_;
};

}  // namespace

TestStream make_test_stream(const data::Dataset& dataset,
                            std::span<const data::LongRecording> noise,
                            const TestStreamSettings& settings) {
  if (noise.empty()) throw DataError("there are no noise recordings to draw from");
  const auto rate = dataset.rate();
  const auto samples_of = [&](double seconds) {
    return static_cast<std::size_t>(std::llround(seconds * rate.value));
  };
  const auto length = samples_of(settings.seconds);
  const double noise_db = kWordLevel.value - settings.snr_db;
  TestStream stream;
  stream.samples = noise_bed(noise, length, static_cast<float>(Decibels{noise_db}.amplitude()),
                             rate, Random(settings.seed, {kNoiseDraw}));

  ClipDraw draw(dataset, Random(settings.seed, {kWordDraw}));
  std::vector<float> sound;
  std::size_t position = samples_of(draw.next_gap(settings.gap_s));
  for (;;) {
    const auto& clip = dataset.clips()[draw.next_clip()];
    if (position + clip.samples.size() + samples_of(kTailSeconds) > length) break;
    sound.resize(clip.samples.size());
    data::to_float(clip.samples, sound);
    data::fade_ends(sound, samples_of(kClipFadeSeconds));
    const float factor = static_cast<float>(kWordLevel.amplitude()) / clip.level;
    for (std::size_t i = 0; i < sound.size(); ++i)
      stream.samples[position + i] += factor * sound[i];
    stream.words.push_back({static_cast<double>(position + clip.active_begin) / rate.value,
                            static_cast<double>(position + clip.active_end) / rate.value,
                            dataset.folders()[clip.folder]});
    position += clip.samples.size() + samples_of(draw.next_gap(settings.gap_s));
  }
  if (stream.words.empty()) {
    throw UsageError("no word fits into " + std::to_string(settings.seconds) +
                     " s; ask for more seconds or shorter gaps");
  }
  float peak = 0.0F;
  for (const float sample : stream.samples) peak = std::max(peak, std::abs(sample));
  if (peak > kPeak) data::scale(kPeak / peak, stream.samples);
  return stream;
}

}  // namespace kws::measure
