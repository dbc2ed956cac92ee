// SPDX-License-Identifier: MIT
//
// Makes one training example: a source's sound, varied as the settings say, as features. Each
// worker of the loader owns one; what it makes depends on the arguments alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/random.h"
#include "data/dataset.h"
#include "data/epoch.h"
#include "data/settings.h"
#include "features/extractor.h"

namespace kws::data {

class ExampleMaker {
 public:
  /// Dataset and planner must outlive it. Throws ConfigError for an impossible spec.
  ExampleMaker(const Dataset& dataset, const EpochPlanner& planner, const DataSettings& settings,
               const features::FeatureSpec& spec);

  [[nodiscard]] std::size_t frames() const { return frames_; }
  [[nodiscard]] std::size_t bins() const { return bins_; }

  /// The varied sound of `source`: shape [clip_samples()], -1..1, valid until the next call.
  /// Returns its label.
  std::uint32_t make_sound(const Source& source, Random& random);
  [[nodiscard]] std::span<const float> sound() const { return sound_; }

  /// Features of sound(): shape [frames, bins].
  void extract(std::span<float> features);

  /// Sets random rectangles of `features` to `mean` (shape [bins]).
  void mask(std::span<float> features, std::span<const float> mean, Random& random) const;

 private:
  /// Samples of what place() is given.
  struct Part {
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  void place(std::span<const float> from, Range speeds, double room, Random& random,
             std::optional<Part> spoken = std::nullopt, double behind = 0.0);
  void make_silence(Random& random);
  void make_clip(const Clip& clip, Random& random);
  void make_spliced(Random& random);
  void make_ending(const Source& source, Random& random);
  void make_with_background(const std::vector<float>& word, const Clip& before, const Clip& behind,
                            Random& random);
  void make_embedded(Random& random);
  [[nodiscard]] Clip draw_neighbour(Random& random) const;
  void make_negative(std::size_t folder, Random& random);
  void make_phrase(std::size_t folder, Random& random);
  void add_noise(Range snrs_db, Random& random);
  void colour(Random& random);
  [[nodiscard]] std::span<const std::int16_t> draw_word(std::size_t folder, Random& random) const;

  const Dataset& dataset_;
  const EpochPlanner& planner_;
  DataSettings settings_;
  std::vector<features::FeatureExtractor> extractors_;  // a vocal tract each, from long to short
  std::size_t tract_ = 0;                               // of sound()
  std::size_t frames_ = 0;
  std::size_t bins_ = 0;
  std::vector<float> sound_;   // shape [clip_samples]
  std::vector<float> source_;  // what is being placed in it
  std::vector<float> noise_;   // shape [clip_samples]
};

}  // namespace kws::data
