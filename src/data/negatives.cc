// SPDX-License-Identifier: MIT
#include "data/negatives.h"

#include <algorithm>
#include <cassert>

#include "data/speech_level.h"
#include "data/waveform.h"

namespace kws::data {
namespace {

constexpr double kFadeSeconds = 0.010;
constexpr int kLoudTries = 6;

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

std::vector<float> cross(const Clip& first, const Clip& second, std::size_t fade, Random& random) {
  auto head = spoken_part(first);
  auto tail = spoken_part(second);
  head.resize(share(head.size(), 0.35, 0.60, random));
  const auto tail_length = share(tail.size(), 0.40, 0.65, random);
  tail.erase(tail.begin(), tail.end() - static_cast<std::ptrdiff_t>(tail_length));
  if (second.level > 0.0F) scale(std::min(first.level / second.level, 10.0F), tail);
  fade_ends(head, fade);
  fade_ends(tail, fade);
  // The ramps overlap, so the level holds across the joint.
  const auto overlap = std::min({fade, head.size() / 2, tail.size() / 2});
  std::vector<float> whole(head.size() + tail.size() - overlap);
  std::copy(head.begin(), head.end(), whole.begin());
  const auto joint = head.size() - overlap;
  for (std::size_t i = 0; i < tail.size(); ++i) whole[joint + i] += tail[i];
  return whole;
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

std::span<const std::int16_t> cut_speech(const std::vector<LongRecording>& recordings,
                                         std::size_t length, bool loud, Random& random) {
  std::size_t total = 0;
  for (const auto& recording : recordings) total += recording.samples.size();
  assert(total > 0);
  std::span<const std::int16_t> piece;
  std::vector<float> samples;
  for (int attempt = 0; attempt < (loud ? kLoudTries : 1); ++attempt) {
    auto place = random.below(total);
    const LongRecording* recording = recordings.data();
    while (place >= recording->samples.size()) {
      place -= recording->samples.size();
      ++recording;
    }
    const std::span<const std::int16_t> all(recording->samples);
    const auto begin = all.size() > length ? std::min(place, all.size() - length) : 0;
    piece = all.subspan(begin, std::min(length, all.size()));
    if (!loud) break;
    samples.resize(piece.size());
    to_float(piece, samples);
    if (rms(samples) >= 0.5F * recording->level) break;
  }
  return piece;
}

}  // namespace kws::data
