// SPDX-License-Identifier: MIT
//
// Features of a split as it is, for validation.
#include <algorithm>
#include <map>

#include "data/draws.h"
#include "data/loader.h"
#include "data/parallel.h"
#include "data/waveform.h"
#include "decide/detector.h"
#include "features/extractor.h"

namespace kws::data {

Batch clean_features(const Dataset& dataset, Split split, const features::FeatureSpec& spec,
                     std::size_t threads) {
  const auto clips = dataset.clips_of(split);
  const auto length = dataset.clip_samples();

  // Silence for validation, where there is none of its own.
  std::size_t silence_count = 0;
  if (split == Split::kValidation && dataset.silence_label() && !dataset.noise().empty()) {
    std::map<std::uint32_t, std::size_t> keyword_clips;
    bool has_silence = false;
    for (const auto i : clips) {
      const auto label = dataset.clips()[i].label;
      has_silence = has_silence || label == *dataset.silence_label();
      if (decide::is_keyword(dataset.labels()[label])) ++keyword_clips[label];
    }
    std::size_t total = 0;
    for (const auto& [label, count] : keyword_clips) total += count;
    if (!has_silence && total > 0) silence_count = total / keyword_clips.size();
  }

  Batch all;
  all.count = clips.size() + silence_count;
  all.frames = static_cast<std::size_t>(spec.frames_in(static_cast<std::int64_t>(length)));
  all.bins = static_cast<std::size_t>(spec.bins());
  const auto size = all.frames * all.bins;
  all.features.resize(all.count * size);
  all.labels.resize(all.count);
  threads = std::max<std::size_t>(threads, 1);
  std::vector<features::FeatureExtractor> extractors;
  for (std::size_t i = 0; i < threads; ++i) extractors.emplace_back(spec);
  const auto hop = static_cast<std::size_t>(spec.hop_samples());
  const auto frame = static_cast<std::size_t>(spec.frame_samples());
  for_each_parallel(all.count, threads, [&](std::size_t worker, std::size_t i) {
    std::vector<float> sound(length);
    if (i < clips.size()) {
      const Clip& clip = dataset.clips()[clips[i]];
      to_float(clip.samples, std::span(sound).first(clip.samples.size()));
      all.labels[i] = clip.label;
    } else {
      Random random(0, {kValidationSilenceDraw, i - clips.size()});
      const auto& noise = dataset.noise()[random.below(dataset.noise().size())];
      cut_noise(validation_part(noise), random, sound);
      // Half of them as recorded, half anywhere below.
      if (random.chance(0.5)) scale(static_cast<float>(random.uniform()), sound);
      all.labels[i] = *dataset.silence_label();
    }
    for (std::size_t t = 0; t < all.frames; ++t) {
      extractors[worker].extract(
          std::span(sound).subspan(t * hop, frame),
          std::span(all.features).subspan(i * size + t * all.bins, all.bins));
    }
  });
  return all;
}

}  // namespace kws::data
