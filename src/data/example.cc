// SPDX-License-Identifier: MIT
#include "data/example.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/units.h"
#include "data/equaliser.h"
#include "data/negatives.h"
#include "data/speech_level.h"
#include "data/waveform.h"
#include "decide/detector.h"

namespace kws::data {
namespace {

constexpr Range kIsolatedSeconds{0.25, 0.70};
constexpr double kIsolatedFadeSeconds = 0.015;
constexpr double kSpeechEndsWord = 0.7;  // of the words crossed with speech; it begins the others
constexpr int kVocalTracts = 9;          // steps of the range
constexpr double kOneNeighbour = 0.5;    // of the embedded keywords; the others have two
constexpr double kNeighbourIsSpeech = 0.7;
constexpr double kFaintNoiseDb = 24.0;          // below the faintest that is asked for
constexpr double kOuterPart = 0.1;              // of a clip: no phrase begins or ends there
constexpr double kDigitalSilence = 1.0 / 16.0;  // of the silence clips: a muted microphone is one

/// The spec for a speaker whose formants are `factor` times as high: the bands move along, up to
/// half the rate (Jaitly and Hinton 2013, vocal tract length perturbation).
features::FeatureSpec moved_bands(features::FeatureSpec spec, double factor) {
  const double highest = 0.5 * static_cast<double>(spec.sample_rate_hz);
  spec.f_lo_hz *= factor;
  spec.f_hi_hz = std::min(spec.f_hi_hz * factor, highest);
  return spec;
}

std::vector<features::FeatureExtractor> extractors(const features::FeatureSpec& spec,
                                                   Range factors) {
  std::vector<features::FeatureExtractor> result;
  const int count = factors.low == factors.high ? 1 : kVocalTracts;
  for (int i = 0; i < count; ++i) {
    const double share = count == 1 ? 0.0 : static_cast<double>(i) / (count - 1);
    // Bands that move down hear formants that moved up.
    result.emplace_back(
        moved_bands(spec, 1.0 / (factors.low + share * (factors.high - factors.low))));
  }
  return result;
}

/// What is put together in digital silence, as no recording of a word is.
bool lacks_background(Source::Kind kind) {
  return kind == Source::Kind::kEmbedded || kind == Source::Kind::kNegative ||
         kind == Source::Kind::kWord;
}

/// Draws nothing where the share is 0, so that recipes without its key give what they gave.
bool chance_if_set(double share, Random& random) { return share > 0.0 && random.chance(share); }

double draw(Range range, Random& random) {
  return range.low == range.high ? range.low : random.uniform(range.low, range.high);
}

}  // namespace

ExampleMaker::ExampleMaker(const Dataset& dataset, const EpochPlanner& planner,
                           const DataSettings& settings, const features::FeatureSpec& spec)
    : dataset_(dataset),
      planner_(planner),
      settings_(settings),
      extractors_(extractors(spec, settings.vocal_tract)),
      frames_(static_cast<std::size_t>(
          spec.frames_in(static_cast<std::int64_t>(dataset.clip_samples())))),
      bins_(static_cast<std::size_t>(spec.bins())),
      sound_(dataset.clip_samples()),
      noise_(dataset.clip_samples()) {
  if (dataset.rate().value != static_cast<double>(spec.sample_rate_hz)) {
    throw ConfigError("features.sample_rate_hz differs from the rate the dataset was read at");
  }
  if (frames_ == 0) {
    throw ConfigError("data.clip_ms is shorter than one frame (features.frame_ms)");
  }
}

/// Plays `from` at a random speed with its middle moved from the middle of the clip by up to `room`
/// samples either way, and farther as long as its `spoken` part stays in the clip. Quiet of
/// `behind` samples, if any, stays between that part and the clip's end, whatever the room.
void ExampleMaker::place(std::span<const float> from, Range speeds, double room, Random& random,
                         std::optional<Part> spoken, double behind) {
  const double speed = draw(speeds, random);
  const double middle = std::floor(static_cast<double>(sound_.size()) / 2.0);
  const double from_middle = std::floor(static_cast<double>(from.size()) / 2.0);
  double back = room;
  double ahead = room;
  if (spoken) {
    const auto played = [&](std::size_t sample) {
      return middle + (static_cast<double>(sample) - from_middle) / speed;
    };
    back = std::max(back, std::floor(played(spoken->begin)));
    const double latest =
        std::floor(static_cast<double>(sound_.size()) - behind - played(spoken->end));
    ahead = behind > 0.0 ? std::max(latest, -back) : std::max(ahead, latest);
  }
  const double shift = std::round(draw({-back, ahead}, random));
  play(from, from_middle - (middle + shift) * speed, speed, sound_);
}

void ExampleMaker::make_clip(const Clip& clip, Random& random) {
  // Padded to the full length first, so that its middle is the same for all clips.
  source_.assign(sound_.size(), 0.0F);
  to_float(clip.samples, std::span(source_).first(clip.samples.size()));
  std::optional<Part> spoken;
  if (settings_.roam && clip.active_end > clip.active_begin) {
    spoken = {clip.active_begin, clip.active_end};
  }
  const bool keyword = decide::is_keyword(dataset_.labels()[clip.label]);
  const double samples_per_ms = dataset_.rate().value / 1000.0;
  place(source_, settings_.speed, settings_.shift_ms * samples_per_ms, random, spoken,
        keyword ? settings_.quiet_behind_ms * samples_per_ms : 0.0);
}

void ExampleMaker::make_silence(Random& random) {
  if (random.chance(kDigitalSilence)) {
    std::fill(sound_.begin(), sound_.end(), 0.0F);
    return;
  }
  const auto& recording = dataset_.noise()[random.below(dataset_.noise().size())];
  cut_noise(training_part(recording), random, sound_);
  const Decibels level{
      random.uniform(settings_.silence_level_db.low, settings_.silence_level_db.high)};
  const float found = rms(sound_);
  if (found > 0.0F) scale(static_cast<float>(level.amplitude()) / found, sound_);
  if (chance_if_set(settings_.silence_edges, random)) {
    const auto size = static_cast<double>(sound_.size());
    const auto edge = static_cast<std::size_t>(size * random.uniform(kOuterPart, 1.0 - kOuterPart));
    const auto muted =
        random.chance(0.5) ? std::span(sound_).first(edge) : std::span(sound_).subspan(edge);
    std::fill(muted.begin(), muted.end(), 0.0F);
  }
}

void ExampleMaker::make_spliced(Random& random) {
  const auto& clips = planner_.keyword_clips();
  const auto draw = [&]() -> const Clip& {
    return dataset_.clips()[clips[random.below(clips.size())]];
  };
  const Clip& clip = draw();
  const Splice how = draw_splice(random);
  if (how == Splice::kCrossed && chance_if_set(settings_.spliced_with_speech, random)) {
    const auto& folders = dataset_.negatives();
    const Clip speech = as_clip(draw_word(random.below(folders.size()), random));
    const bool ends_it = random.chance(kSpeechEndsWord);
    auto word = ends_it ? splice(how, clip, speech, dataset_.rate(), random)
                        : splice(how, speech, clip, dataset_.rate(), random);
    if (!ends_it) scale(gain_to(clip.level, speech.level), word);
    make_with_background(word, clip, clip, random);
    return;
  }
  const Clip* other = &clip;
  while (how == Splice::kCrossed && planner_.sound_alike(other->label, clip.label)) {
    other = &draw();
  }
  make_with_background(splice(how, clip, *other, dataset_.rate(), random), clip, *other, random);
}

void ExampleMaker::make_ending(const Source& source, Random& random) {
  const Clip& clip = dataset_.clips()[source.index];
  make_with_background(
      end_otherwise(settings_.endings[source.ending].ending, clip, dataset_.rate(), random), clip,
      clip, random);
}

void ExampleMaker::make_with_background(const std::vector<float>& word, const Clip& before,
                                        const Clip& behind, Random& random) {
  Clip made = with_background(word, before, behind, sound_.size(), dataset_.rate());
  made.label = *dataset_.unknown_label();
  make_clip(made, random);
}

/// What is said before or after a keyword: read speech, or a part of another keyword.
Clip ExampleMaker::draw_neighbour(Random& random) const {
  const auto& folders = dataset_.negatives();
  if (!folders.empty() && random.chance(kNeighbourIsSpeech)) {
    return as_clip(draw_word(random.below(folders.size()), random));
  }
  const auto& clips = planner_.keyword_clips();
  return dataset_.clips()[clips[random.below(clips.size())]];
}

void ExampleMaker::make_embedded(Random& random) {
  const auto& clips = planner_.keyword_clips();
  const Clip& keyword = dataset_.clips()[clips[random.below(clips.size())]];
  const double sides = random.uniform();
  std::optional<Clip> before;
  std::optional<Clip> behind;
  if (sides >= kOneNeighbour / 2.0) before = draw_neighbour(random);
  if (sides < kOneNeighbour / 2.0 || sides >= kOneNeighbour) behind = draw_neighbour(random);
  const auto embedded = embed(keyword, before ? &*before : nullptr, behind ? &*behind : nullptr,
                              dataset_.rate(), random);
  std::optional<Part> heard;
  if (settings_.roam) heard = {embedded.begin, embedded.end};
  place(embedded.samples, settings_.speed, 0.0, random, heard);
}

/// What could be a word, from a negative folder.
std::span<const std::int16_t> ExampleMaker::draw_word(std::size_t folder, Random& random) const {
  const auto wanted = static_cast<std::size_t>(
      dataset_.rate().value * random.uniform(kIsolatedSeconds.low, kIsolatedSeconds.high));
  return cut_word(dataset_.negatives()[folder], std::min(sound_.size(), wanted), dataset_.rate(),
                  random);
}

/// The beginning of running speech behind silence, or its end before silence, either anywhere in
/// the clip but its outer tenths.
void ExampleMaker::make_phrase(std::size_t folder, Random& random) {
  const double speed = draw(settings_.negatives[folder].speed.value_or(settings_.speed), random);
  const auto size = static_cast<double>(sound_.size());
  const bool begins = random.chance(0.5);
  const auto length = static_cast<std::size_t>(size * speed) + 4;
  const auto piece =
      cut_phrase(dataset_.negatives()[folder], length, begins, dataset_.rate(), random);
  source_.resize(piece.size());
  to_float(piece, source_);
  fade_ends(source_, static_cast<std::size_t>(dataset_.rate().value * kIsolatedFadeSeconds));
  const double edge = size * random.uniform(kOuterPart, 1.0 - kOuterPart);
  const double at_edge = begins ? 0.0 : static_cast<double>(source_.size());
  play(source_, at_edge - edge * speed, speed, sound_);
}

void ExampleMaker::make_negative(std::size_t folder, Random& random) {
  const auto& recordings = dataset_.negatives()[folder];
  const bool isolated = random.chance(settings_.negatives[folder].isolated_fraction);
  const Range speeds = settings_.negatives[folder].speed.value_or(settings_.speed);
  const auto rate = dataset_.rate().value;
  if (isolated) {
    const auto piece = draw_word(folder, random);
    source_.resize(piece.size());
    to_float(piece, source_);
    fade_ends(source_, static_cast<std::size_t>(rate * kIsolatedFadeSeconds));
    const auto room = static_cast<double>(sound_.size()) - static_cast<double>(source_.size());
    place(source_, speeds, std::max(0.0, room / 2.0), random);
    return;
  }
  if (chance_if_set(settings_.negatives[folder].edge_fraction, random)) {
    make_phrase(folder, random);
    return;
  }
  // Enough to fill the clip at any speed.
  const auto length =
      static_cast<std::size_t>(static_cast<double>(sound_.size()) * speeds.high) + 4;
  const auto piece = cut_speech(recordings, length, random);
  source_.resize(piece.size());
  to_float(piece, source_);
  place(source_, speeds, 0.0, random);
}

void ExampleMaker::add_noise(Range snrs_db, Random& random) {
  const auto& recording = dataset_.noise()[random.below(dataset_.noise().size())];
  cut_noise(training_part(recording), random, noise_);
  const double snr_db = random.uniform(snrs_db.low, snrs_db.high);
  const auto speech = find_speech(sound_, dataset_.rate());
  // A quiet stretch of a recording is not blown up beyond a tenth of the recording's own level.
  const float noise_level = std::max(rms(noise_), 0.1F * recording.level);
  if (speech.level <= 0.0F || noise_level <= 0.0F) return;
  const auto ratio = static_cast<float>(Decibels{-snr_db}.amplitude());
  add_scaled(noise_, speech.level * ratio / noise_level, sound_);
}

/// As another microphone and another speaker would have it.
void ExampleMaker::colour(Random& random) {
  if (chance_if_set(settings_.low_pass_probability, random)) {
    limit_band(Hertz{draw(settings_.low_pass_hz, random)}, dataset_.rate(), sound_);
  }
  if (settings_.equaliser_db > 0.0) {
    equalise(Decibels{settings_.equaliser_db}, dataset_.rate(), random, sound_);
  }
  tract_ = extractors_.size() > 1 ? random.below(extractors_.size()) : 0;
}

std::uint32_t ExampleMaker::make_sound(const Source& source, Random& random) {
  if (source.kind == Source::Kind::kSilence) {
    make_silence(random);
    colour(random);
    return *dataset_.silence_label();
  }
  std::uint32_t label = 0;
  switch (source.kind) {
    case Source::Kind::kClip:
      make_clip(dataset_.clips()[source.index], random);
      label = dataset_.clips()[source.index].label;
      break;
    case Source::Kind::kEnding:
      make_ending(source, random);
      label = *dataset_.unknown_label();
      break;
    case Source::Kind::kWord:
      make_clip(dataset_.word_clips()[source.index], random);
      label = dataset_.word_clips()[source.index].label;
      break;
    case Source::Kind::kSpliced:
      make_spliced(random);
      label = *dataset_.unknown_label();
      break;
    case Source::Kind::kEmbedded:
      make_embedded(random);
      label = *dataset_.unknown_label();
      break;
    case Source::Kind::kNegative:
      make_negative(source.index, random);
      label = *dataset_.unknown_label();
      break;
    case Source::Kind::kSilence:
      break;
  }
  const Decibels gain{random.uniform(settings_.gain_db.low, settings_.gain_db.high)};
  if (gain.value != 0.0) scale(static_cast<float>(gain.amplitude()), sound_);
  if (random.chance(settings_.noise_probability)) {
    add_noise(settings_.noise_snr_db, random);
  } else if (settings_.noise_probability > 0.0 && lacks_background(source.kind)) {
    const double faint = settings_.noise_snr_db.high;
    add_noise({faint, faint + kFaintNoiseDb}, random);
  }
  colour(random);
  return label;
}

void ExampleMaker::extract(std::span<float> features) {
  auto& extractor = extractors_[tract_];
  const auto hop = static_cast<std::size_t>(extractor.spec().hop_samples());
  const auto frame = static_cast<std::size_t>(extractor.spec().frame_samples());
  for (std::size_t i = 0; i < frames_; ++i) {
    extractor.extract(std::span(sound_).subspan(i * hop, frame),
                      features.subspan(i * bins_, bins_));
  }
}

void ExampleMaker::mask(std::span<float> features, std::span<const float> mean,
                        Random& random) const {
  const auto& masks = settings_.spec_augment;
  const auto draw = [&](int widest, std::size_t length) {
    const auto width = std::min(length, random.below(static_cast<std::size_t>(widest) + 1));
    return std::pair(random.below(length - width + 1), width);
  };
  for (int i = 0; i < masks.time_masks; ++i) {
    const auto [begin, width] = draw(masks.time_max_frames, frames_);
    for (std::size_t t = begin; t < begin + width; ++t) {
      std::copy(mean.begin(), mean.end(),
                features.begin() + static_cast<std::ptrdiff_t>(t * bins_));
    }
  }
  if (extractors_.front().spec().kind == features::Kind::kMfcc) return;
  for (int i = 0; i < masks.freq_masks; ++i) {
    const auto [begin, width] = draw(masks.freq_max_bins, bins_);
    for (std::size_t t = 0; t < frames_; ++t) {
      for (std::size_t f = begin; f < begin + width; ++f) features[t * bins_ + f] = mean[f];
    }
  }
}

}  // namespace kws::data
