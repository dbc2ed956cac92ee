// SPDX-License-Identifier: MIT
//
// The `[data]` table of a recipe: which clips an epoch holds and how they are varied. The trainer
// reads it once and hands it to the dataset and the loader. Every key: docs/data.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/document.h"

namespace kws::data {

/// A value is drawn evenly between the two.
struct Range {
  double low = 0.0;
  double high = 0.0;
  bool operator==(const Range&) const = default;
};

/// Which speakers of a folder of long recordings are meant, by the number that starts the file
/// name.
enum class Speakers : std::uint8_t { kAll, kEven, kOdd };

/// `[[data.negatives]]`: a folder of long recordings of speech without keywords, from which
/// `_unknown_` clips are cut at random.
struct NegativeFolder {
  std::string folder;  // absolute, or relative to `negatives_root`
  int clips_per_epoch = 0;
  Speakers speakers = Speakers::kAll;
  int hold_out_every = 0;   // n > 0: every n-th of these speakers is left out (speakers.h)
  std::string transcripts;  // file in the folder, "<stem> TEXT" a line; recordings whose text holds
                            // a label word are left out. "": all are used
  bool keywords_in_speech = false;  // those are used too, but not for isolated cuts and edges
  double isolated_fraction = 0.0;   // of the cuts: 250–700 ms, faded and padded like single words
  double edge_fraction = 0.0;       // of the others: silence before or behind the piece
  std::optional<Range> speed;       // instead of DataSettings::speed: few speakers sound like more
  bool operator==(const NegativeFolder&) const = default;
};

/// `[[data.words]]`: a folder of more clips, a folder per word, that training hears besides the
/// data folder. Drawn, since what is made by the thousand must not outweigh what was recorded.
struct WordFolder {
  std::string folder;     // absolute, or relative to `negatives_root`
  int keyword_clips = 0;  // in an epoch, of the words that are labels, evenly over these
  int unknown_clips = 0;  // in an epoch, of the other words, evenly over these
  bool operator==(const WordFolder&) const = default;
};

/// How a keyword may end that is none.
enum class Ending : std::uint8_t {
  kNone,  // not at all: it breaks off
  kHiss,  // in frication, as of an "f" or a "th"
};

/// `[[data.endings]]`: the beginnings of keywords with another end, labelled `_unknown_`.
struct OtherEnding {
  std::vector<std::string> words;  // labels, drawn evenly
  Ending ending = Ending::kNone;
  int clips_per_epoch = 0;
  bool operator==(const OtherEnding&) const = default;
};

/// Rectangles of the features set to the mean (Park et al. 2019); a mask is 0…max wide.
struct SpecAugment {
  int time_masks = 0;
  int time_max_frames = 0;
  int freq_masks = 0;  // log-mel only: a cepstral coefficient is no band
  int freq_max_bins = 0;
  bool operator==(const SpecAugment&) const = default;
};

struct DataSettings {
  double clip_ms = 1000.0;

  // What an epoch holds. Every keyword clip of the training split comes once.
  double unknown_rate = 0.0;  // `_unknown_` clips per epoch, in mean keyword counts; 0: each once
  double unknown_balance = 0.0;  // 0: clips equally likely … 1: words equally likely (rate > 0)
  int silence_clips = 0;         // cut from `_background_noise_`
  double silence_edges = 0.0;    // of these: noise that begins or ends within the clip
  int spliced_clips = 0;         // keywords reversed, cut or crossed, labelled `_unknown_`
  double spliced_with_speech = 0.0;  // of the crossed ones: how many are crossed with read speech
  std::vector<OtherEnding> endings;
  std::vector<std::string> rhymes;  // pairs, "no go": crossed, they would give one of the two
  int embedded_clips = 0;           // keywords amid other speech, labelled `_unknown_`
  std::string negatives_root;       // where relative folders below are; "": the data folder
  std::vector<NegativeFolder> negatives;
  std::vector<WordFolder> words;

  // How each clip is varied.
  double shift_ms = 0.0;         // moved by -shift…+shift
  bool roam = false;             // and farther, to wherever its spoken part still fits in
  double quiet_behind_ms = 0.0;  // a keyword keeps that far from the clip's end when it roams
  Range gain_db;
  Range speed{1.0, 1.0};        // 1.1: a tenth faster (and higher)
  Range vocal_tract{1.0, 1.0};  // formants moved by this factor: 1.1 a shorter vocal tract
  double equaliser_db = 0.0;    // a random response of the microphone and the room, up to this
  double low_pass_probability = 0.0;
  Range low_pass_hz{4000.0, 7000.0};  // what a narrow line or an old sound card leaves
  double noise_probability = 0.0;
  Range noise_snr_db{0.0, 20.0};         // against the loud part of the clip
  Range silence_level_db{-70.0, -15.0};  // RMS of a silence clip, full scale = 0 dB
  SpecAugment spec_augment;

  bool operator==(const DataSettings&) const = default;
};

/// Reads the `[data]` table (`recipe.table_or_empty("data")`); an absent key keeps the default
/// above. Throws ConfigError naming file, line and key for a bad value. The caller rejects unknown
/// keys.
[[nodiscard]] DataSettings read_data_settings(const config::Table& data);

/// `_unknown_` clips an epoch that are no recordings of the data folder.
[[nodiscard]] std::size_t unknown_clips_made(const DataSettings& settings);

}  // namespace kws::data
