// SPDX-License-Identifier: MIT
//
// Sounds that are speech but no keyword: pieces of read speech, and keywords taken apart and put
// together wrongly, so that a network has to hear a whole word. All are labelled `_unknown_`.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/random.h"
#include "data/dataset.h"
#include "data/settings.h"

namespace kws::data {

/// How a keyword is spoilt.
enum class Splice : std::uint8_t {
  kReversed,  // played backwards
  kFragment,  // only its first or last 30–50 %
  kCrossed,   // the first 35–60 % of one, then the last 40–65 % of a different one
};

/// 35 % reversed, 15 % fragments, 50 % crossed.
[[nodiscard]] Splice draw_splice(Random& random);

/// The sound alone, at the clips' rate, its ends faded; `other` must be another word for kCrossed
/// and is ignored otherwise. Cuts refer to the part where the word is heard. The second piece of
/// a crossed word is brought to the level of the first.
[[nodiscard]] std::vector<float> splice(Splice how, const Clip& clip, const Clip& other, Hertz rate,
                                        Random& random);

/// The first 35–60 % of the word, faded. Ending::kHiss: then 80–250 ms of frication, which is noise
/// between a corner of 300–3000 Hz and another of 4000–7500 Hz (at most kHighestCornerOfRate), 8–30
/// dB below the word, that swells and fades within 15–50 ms. "up" becomes "uff".
[[nodiscard]] std::vector<float> end_otherwise(Ending ending, const Clip& clip, Hertz rate,
                                               Random& random);

/// A made word with the background of recorded ones: what is heard before the spoken part of
/// `before`, the word, and what is heard behind the spoken part of `behind`, brought to the level
/// of `before`; the longer of them is heard again, backwards and forwards, as long as it takes.
/// With digital silence around them, or with less around them, made words could be told from
/// recorded ones by that alone. As long as `before`, or as the word takes, but no longer than
/// `longest`; shorter where less than 50 ms of background are known. The label is 0.
[[nodiscard]] Clip with_background(const std::vector<float>& word, const Clip& before,
                                   const Clip& behind, std::size_t longest, Hertz rate);

/// A keyword in a sentence.
struct Embedded {
  std::vector<float> samples;  // the part below is in their middle; zeros fill the shorter side
  std::size_t begin = 0;       // from here
  std::size_t end = 0;  // to here are the keyword and enough of its neighbours to tell it is not
                        // said on its own: 150 ms of each and the pause between
};

/// `before` ends, and `behind` begins, within 100 ms of the spoken part of `keyword`, up to 600 ms
/// of each and -6…+3 dB as loud as the keyword; null: nothing is said there.
[[nodiscard]] Embedded embed(const Clip& keyword, const Clip* before, const Clip* behind,
                             Hertz rate, Random& random);

/// A piece of speech as a clip, all of it spoken, to be crossed with a keyword. Its label is 0.
[[nodiscard]] Clip as_clip(std::span<const std::int16_t> piece);

/// `length` samples of one of `recordings`, every second of sound equally likely; shorter when the
/// recording is. Requires at least one recording that is not empty.
[[nodiscard]] std::span<const std::int16_t> cut_speech(const std::vector<LongRecording>& recordings,
                                                       std::size_t length, Random& random);

/// `length` samples of speech (fewer when the recording is shorter) that begin (`begins`) or end
/// (else) where it is quietest within 300 ms of a place drawn as above, as phrases do; in a
/// quarter, and where too little would be left, where the recording does. Of a recording in which
/// no keyword is said, as long as there is one: a phrase may be a single word.
[[nodiscard]] std::span<const std::int16_t> cut_phrase(const std::vector<LongRecording>& recordings,
                                                       std::size_t length, bool begins, Hertz rate,
                                                       Random& random);

/// About `length` samples that could be a word: of a recording in which no keyword is said, as long
/// as there is one; at least half as loud as the recording, if a few tries find such a place; and
/// both ends moved by up to 80 ms to where it is quietest, as words and syllables begin and end.
[[nodiscard]] std::span<const std::int16_t> cut_word(const std::vector<LongRecording>& recordings,
                                                     std::size_t length, Hertz rate,
                                                     Random& random);

}  // namespace kws::data
