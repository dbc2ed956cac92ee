// SPDX-License-Identifier: MIT
//
// Makes a long recording with known words from short clips and real background noise: the demo, and
// the stream that false rejects are measured on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/units.h"
#include "data/dataset.h"
#include "data/settings.h"
#include "measure/label_track.h"

namespace kws::measure {

struct TestStreamSettings {
  double seconds = 60.0;
  double snr_db = 10.0;         // level of each word over the noise, both as RMS, the word where it
                                // is spoken
  data::Range gap_s{1.0, 3.0};  // from the end of one clip to the start of the next
  std::uint64_t seed = 1;
};

struct TestStream {
  std::vector<float> samples;
  std::vector<SpokenWord> words;  // where each is spoken, without the quiet around it
};

/// Draws a word of `dataset.folders()` evenly, then one of its clips that was not drawn yet (all
/// again when they are used up), by the seed alone. The noise, random pieces of `noise` joined by
/// crossfades, has one level throughout: each word's -20 dB minus the ratio; should a sum exceed
/// full scale, the whole stream is turned down. The last word leaves 2 s to its end. Throws
/// DataError when there is nothing to draw from, UsageError when not even one word fits.
[[nodiscard]] TestStream make_test_stream(const data::Dataset& dataset,
                                          std::span<const data::LongRecording> noise,
                                          const TestStreamSettings& settings);

}  // namespace kws::measure
