// SPDX-License-Identifier: MIT
#include "data/negatives.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

#include "data/equaliser.h"
#include "data/speech_level.h"
#include "data/waveform.h"

namespace kws::data {
namespace {

constexpr double kFadeSeconds = 0.010;
constexpr double kLeastBackgroundSeconds = 0.050;  // less, played again and again, is a hum
constexpr double kButterworth = 0.5 * std::numbers::sqrt2;  // quality of a second-order section
constexpr Range kHissSeconds{0.080, 0.250};
constexpr Range kHissRampSeconds{0.015, 0.050};
constexpr Range kHissFromHz{300.0, 3000.0};
constexpr Range kHissToHz{4000.0, 7500.0};
constexpr Range kHissLevelDb{-30.0, -8.0};  // over the word
constexpr int kLoudTries = 6;
constexpr double kEndSearchSeconds = 0.080;
constexpr double kEndWindowSeconds = 0.020;
constexpr double kPhraseSearchSeconds = 0.300;
constexpr double kPhraseWindowSeconds = 0.060;
constexpr double kWholeRecording = 0.25;  // of the phrases: they begin or end with the recording
constexpr double kPauseSeconds = 0.100;
constexpr double kNeighbourSeconds = 0.600;
constexpr double kNeighbourHeardSeconds = 0.150;

std::vector<float> spoken_part(const Clip& clip) {
  const auto part =
      std::span(clip.samples).subspan(clip.active_begin, clip.active_end - clip.active_begin);
  std::vector<float> samples(part.size());
  to_float(part, samples);
  return samples;
}

std::size_t share(std::size_t length, double low, double high, Random& random) {
  return static_cast<std::size_t>(static_cast<double>(length) * random.uniform(low, high));
}

/// The beginning of a word that something else ends.
std::vector<float> head_of(const Clip& clip, Random& random) {
  auto head = spoken_part(clip);
  head.resize(share(head.size(), 0.35, 0.60, random));
  return head;
}

/// Ends that are faded overlap by this much, so the level holds across the joint.
std::vector<float> join(std::vector<float> head, const std::vector<float>& tail,
                        std::size_t overlap) {
  overlap = std::min({overlap, head.size() / 2, tail.size() / 2});
  const auto joint = head.size() - overlap;
  head.resize(joint + tail.size());
  for (std::size_t i = 0; i < tail.size(); ++i) head[joint + i] += tail[i];
  return head;
}

std::vector<float> cross(const Clip& first, const Clip& second, std::size_t fade, Random& random) {
  auto head = head_of(first, random);
  auto tail = spoken_part(second);
  const auto tail_length = share(tail.size(), 0.40, 0.65, random);
  tail.erase(tail.begin(), tail.end() - static_cast<std::ptrdiff_t>(tail_length));
  scale(gain_to(first.level, second.level), tail);
  fade_ends(head, fade);
  fade_ends(tail, fade);
  return join(std::move(head), tail, fade);
}

/// Goes on to `length` samples, forwards and backwards by turns. Requires some to begin with.
void go_on(std::vector<float>& sound, std::size_t length) {
  const auto once = sound.size();
  for (auto i = once; i < length; ++i) {
    const auto place = i % (2 * once);
    sound.push_back(sound[place < once ? place : 2 * once - 1 - place]);
  }
}

float rms(std::span<const std::int16_t> samples) {
  double sum = 0.0;
  for (const auto sample : samples) sum += static_cast<double>(sample) * sample;
  return static_cast<float>(
      std::sqrt(sum / static_cast<double>(std::max<std::size_t>(samples.size(), 1))) / 32768.0);
}

struct Place {
  const LongRecording* recording = nullptr;
  std::size_t sample = 0;
};

/// Every sample of the usable recordings is equally likely. Requires one at least.
template <typename Usable>
Place draw_place(const std::vector<LongRecording>& recordings, const Usable& usable,
                 Random& random) {
  std::size_t total = 0;
  for (const auto& recording : recordings) {
    if (usable(recording)) total += recording.samples.size();
  }
  assert(total > 0);
  auto sample = random.below(total);
  for (const auto& recording : recordings) {
    if (!usable(recording)) continue;
    if (sample < recording.samples.size()) return {&recording, sample};
    sample -= recording.samples.size();
  }
  return {};
}

/// All recordings in which no keyword is said; where one is said in each, all of them.
auto without_keywords(const std::vector<LongRecording>& recordings) {
  const bool some_without = std::any_of(
      recordings.begin(), recordings.end(),
      [](const auto& recording) { return !recording.says_keyword && !recording.samples.empty(); });
  return [some_without](const LongRecording& recording) {
    return !(some_without && recording.says_keyword);
  };
}

/// From `sample` on, or from as much earlier as it takes to be `length` long.
std::span<const std::int16_t> cut_at(const LongRecording& recording, std::size_t sample,
                                     std::size_t length) {
  const std::span<const std::int16_t> all(recording.samples);
  const auto begin = all.size() > length ? std::min(sample, all.size() - length) : 0;
  return all.subspan(begin, std::min(length, all.size()));
}

/// The sample within `reach` of `near` around which `window` samples have the least energy.
std::size_t quietest(std::span<const std::int16_t> all, std::size_t near, std::size_t reach,
                     std::size_t window) {
  const auto step = std::max<std::size_t>(1, window / 4);
  std::size_t best = near;
  float least = std::numeric_limits<float>::infinity();
  for (auto at = near - std::min(near, reach); at <= std::min(all.size(), near + reach);
       at += step) {
    const auto begin = at - std::min(at, window / 2);
    const auto end = std::min(all.size(), at + window / 2);
    const float level = rms(all.subspan(begin, end - begin));
    if (level < least) {
      least = level;
      best = at;
    }
  }
  return best;
}

}  // namespace

Splice draw_splice(Random& random) {
  const double draw = random.uniform();
  if (draw < 0.35) return Splice::kReversed;
  if (draw < 0.50) return Splice::kFragment;
  return Splice::kCrossed;
}

std::vector<float> splice(Splice how, const Clip& clip, const Clip& other, Hertz rate,
                          Random& random) {
  const auto fade = static_cast<std::size_t>(rate.value * kFadeSeconds);
  if (how == Splice::kCrossed) return cross(clip, other, fade, random);
  auto samples = spoken_part(clip);
  if (how == Splice::kReversed) {
    std::reverse(samples.begin(), samples.end());
  } else {
    const bool front = random.chance(0.5);
    const auto kept = share(samples.size(), 0.30, 0.50, random);
    const auto begin = front ? 0 : samples.size() - kept;
    samples = std::vector<float>(samples.begin() + static_cast<std::ptrdiff_t>(begin),
                                 samples.begin() + static_cast<std::ptrdiff_t>(begin + kept));
  }
  fade_ends(samples, fade);
  return samples;
}

std::vector<float> end_otherwise(Ending ending, const Clip& clip, Hertz rate, Random& random) {
  const auto at = [&](double seconds) { return static_cast<std::size_t>(rate.value * seconds); };
  auto head = head_of(clip, random);
  fade_ends(head, at(kFadeSeconds));
  if (ending == Ending::kNone) return head;
  std::vector<float> hiss(at(random.uniform(kHissSeconds.low, kHissSeconds.high)));
  for (float& sample : hiss) sample = static_cast<float>(random.normal());
  const double top = kHighestCornerOfRate * rate.value;
  const Hertz low{std::min(random.uniform(kHissFromHz.low, kHissFromHz.high), top)};
  const Hertz high{std::min(random.uniform(kHissToHz.low, kHissToHz.high), top)};
  filter(high_pass(low, kButterworth, rate), hiss);
  filter(low_pass(high, kButterworth, rate), hiss);
  const Decibels fainter{random.uniform(kHissLevelDb.low, kHissLevelDb.high)};
  const float level = rms(std::span<const float>(hiss));
  if (level > 0.0F) scale(clip.level * static_cast<float>(fainter.amplitude()) / level, hiss);
  const auto ramp = at(random.uniform(kHissRampSeconds.low, kHissRampSeconds.high));
  fade_ends(hiss, ramp);
  return join(std::move(head), hiss, ramp);
}

Clip with_background(const std::vector<float>& word, const Clip& before, const Clip& behind,
                     std::size_t longest, Hertz rate) {
  const auto fade = static_cast<std::size_t>(rate.value * kFadeSeconds);
  const auto size = std::min(longest, std::max(before.samples.size(), word.size()));
  std::vector<float> front(before.active_begin);
  to_float(std::span(before.samples).first(before.active_begin), front);
  std::vector<float> rest(behind.samples.size() - behind.active_end);
  to_float(std::span(behind.samples).subspan(behind.active_end), rest);
  scale(gain_to(before.level, behind.level), rest);
  if (rest.size() < front.size()) {
    // The longer of both sounds least like itself when it goes on.
    std::vector<float> more(front.rbegin(), front.rend());
    fade_out(rest, fade);
    fade_in(more, fade);
    rest = join(std::move(rest), more, fade);
  }
  if (rest.size() >= static_cast<std::size_t>(rate.value * kLeastBackgroundSeconds)) {
    go_on(rest, size + fade);
  }
  fade_in(rest, fade);
  fade_out(front, fade);
  // The word comes earlier where the clip would end before it.
  const auto latest = size - std::min(size, word.size());
  const auto overlap = std::min({fade, word.size() / 2, latest});
  const auto kept = std::min(front.size(), latest + overlap);
  front.erase(front.begin(), front.end() - static_cast<std::ptrdiff_t>(kept));
  auto sound = join(std::move(front), word, fade);
  Clip clip;
  clip.active_begin = static_cast<std::uint32_t>(sound.size() - word.size());
  clip.active_end = static_cast<std::uint32_t>(std::min(sound.size(), size));
  sound = join(std::move(sound), rest, fade);
  sound.resize(std::min(sound.size(), size));
  clip.samples = to_int16(sound);
  clip.level = before.level;
  return clip;
}

Embedded embed(const Clip& keyword, const Clip* before, const Clip* behind, Hertz rate,
               Random& random) {
  const auto at = [&](double seconds) { return static_cast<std::size_t>(rate.value * seconds); };
  // What is said next to the keyword, at its level or so; `last` takes the end of the clip.
  const auto neighbour = [&](const Clip& clip, bool last) {
    auto piece = spoken_part(clip);
    const auto kept = std::min(piece.size(), at(kNeighbourSeconds));
    const auto dropped = static_cast<std::ptrdiff_t>(piece.size() - kept);
    if (last) piece.erase(piece.begin(), piece.begin() + dropped);
    piece.resize(kept);
    const Decibels louder{random.uniform(-6.0, 3.0)};
    scale(gain_to(keyword.level, clip.level) * static_cast<float>(louder.amplitude()), piece);
    fade_ends(piece, at(kFadeSeconds));
    return piece;
  };
  Embedded result;
  auto& samples = result.samples;
  if (before) {
    samples = neighbour(*before, true);
    result.begin = samples.size() - std::min(samples.size(), at(kNeighbourHeardSeconds));
    samples.resize(samples.size() + at(random.uniform(0.0, kPauseSeconds)));
  }
  auto word = spoken_part(keyword);
  fade_ends(word, at(kFadeSeconds));
  samples.insert(samples.end(), word.begin(), word.end());
  result.end = samples.size();
  if (behind) {
    samples.resize(samples.size() + at(random.uniform(0.0, kPauseSeconds)));
    const auto piece = neighbour(*behind, false);
    result.end = samples.size() + std::min(piece.size(), at(kNeighbourHeardSeconds));
    samples.insert(samples.end(), piece.begin(), piece.end());
  }
  const auto ahead = result.begin;
  const auto after = samples.size() - result.end;
  if (ahead > after) {
    samples.resize(samples.size() + ahead - after);
  } else {
    samples.insert(samples.begin(), after - ahead, 0.0F);
    result.begin += after - ahead;
    result.end += after - ahead;
  }
  return result;
}

Clip as_clip(std::span<const std::int16_t> piece) {
  Clip clip;
  clip.samples.assign(piece.begin(), piece.end());
  clip.active_end = static_cast<std::uint32_t>(piece.size());
  clip.level = rms(piece);
  return clip;
}

std::span<const std::int16_t> cut_speech(const std::vector<LongRecording>& recordings,
                                         std::size_t length, Random& random) {
  const auto place = draw_place(
      recordings, [](const auto&) { return true; }, random);
  return cut_at(*place.recording, place.sample, length);
}

std::span<const std::int16_t> cut_phrase(const std::vector<LongRecording>& recordings,
                                         std::size_t length, bool begins, Hertz rate,
                                         Random& random) {
  const auto [recording, sample] = draw_place(recordings, without_keywords(recordings), random);
  const std::span<const std::int16_t> all(recording->samples);
  auto edge = begins ? std::size_t{0} : all.size();
  if (!random.chance(kWholeRecording)) {
    const auto at = [&](double seconds) { return static_cast<std::size_t>(rate.value * seconds); };
    edge = quietest(all, sample, at(kPhraseSearchSeconds), at(kPhraseWindowSeconds));
    // Where too little is left of it.
    if (begins && edge + length > all.size()) edge = 0;
    if (!begins && edge < length) edge = all.size();
  }
  if (begins) return all.subspan(edge, std::min(length, all.size() - edge));
  const auto kept = std::min(length, edge);
  return all.subspan(edge - kept, kept);
}

std::span<const std::int16_t> cut_word(const std::vector<LongRecording>& recordings,
                                       std::size_t length, Hertz rate, Random& random) {
  const auto usable = without_keywords(recordings);
  const auto at = [&](double seconds) { return static_cast<std::size_t>(rate.value * seconds); };
  std::span<const std::int16_t> piece;
  for (int attempt = 0; attempt < kLoudTries; ++attempt) {
    const auto [recording, sample] = draw_place(recordings, usable, random);
    const std::span<const std::int16_t> all(recording->samples);
    piece = cut_at(*recording, sample, length);
    const auto begin = static_cast<std::size_t>(piece.data() - all.data());
    const auto end = begin + piece.size();
    // The ends stay in their own halves, so that something is left between them.
    const auto reach = std::min(at(kEndSearchSeconds), piece.size() / 4);
    const auto first = quietest(all, begin, reach, at(kEndWindowSeconds));
    const auto last = quietest(all, end, reach, at(kEndWindowSeconds));
    piece = all.subspan(first, last - first);
    if (rms(piece) >= 0.5F * recording->level) break;
  }
  return piece;
}

}  // namespace kws::data
