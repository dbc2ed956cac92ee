// SPDX-License-Identifier: MIT
//
// Where in a clip the word is and how loud. Signal-to-noise ratios refer to this level: the mean
// over a clip would depend on how much silence surrounds the word.
#pragma once

#include <cstddef>
#include <span>

#include "base/units.h"

namespace kws::data {

struct SpeechPart {
  std::size_t begin = 0;  // samples; begin == end: nothing but digital silence
  std::size_t end = 0;
  float level = 0.0F;  // RMS over the windows that count as speech, full scale 1
};

/// Windows of 20 ms count as speech when they are within 25 dB of the loudest and at least 6 dB
/// above the quietest tenth (but never more than 6 dB below the loudest is asked for). The part
/// reaches from the first such window to the last.
[[nodiscard]] SpeechPart find_speech(std::span<const float> samples, Hertz rate);

[[nodiscard]] float rms(std::span<const float> samples);

}  // namespace kws::data
