// SPDX-License-Identifier: MIT
//
// From what a model said about clips to the figures that `kws eval` and the model cards show.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/settings.h"
#include "measure/intervals.h"
#include "pack/model_pack.h"

namespace kws::measure {

struct ClassReport {
  std::string label;
  std::size_t clips = 0;
  std::optional<double> recall;     // none: no clips of it
  std::optional<double> precision;  // none: never said
};

/// One folder of recordings, which may be a label or a word the model does not know.
struct FolderReport {
  std::string folder;
  std::size_t clips = 0;
  double recall = 0.0;  // said what is right for it
  /// Share not taken for any keyword. Only for what is no keyword.
  std::optional<double> not_a_command;
};

struct AccuracyReport {
  std::vector<std::string> labels;
  std::size_t clips = 0;
  std::size_t correct = 0;
  std::size_t speakers = 0;
  double accuracy = 0.0;
  Interval ci95;
  std::vector<ClassReport> per_class;               // in the order of labels
  std::vector<std::vector<std::size_t>> confusion;  // [label][said]
  std::vector<FolderReport> folders;                // by name
};

/// The label with the largest posterior for every clip of the dataset, in order: features and the
/// network over one context, as in training. The dataset must have been read for this model
/// (eval_options()). `progress` gets clips done and clips in all, on the calling thread. With an
/// `ending` every clip is only the beginning of its word, which ends so (data::end_otherwise, drawn
/// by the clip's folder and name, so that every selection of clips hears the same).
[[nodiscard]] std::vector<std::uint32_t> classify(
    const pack::ModelPack& pack, const data::Dataset& dataset, std::size_t threads,
    const std::function<void(std::size_t, std::size_t)>& progress = {},
    std::optional<data::Ending> ending = std::nullopt);

/// How a dataset has to be read for `pack`: its labels, rate and length of context.
[[nodiscard]] data::DatasetOptions eval_options(const pack::ModelPack& pack);

/// `said`: shape [clips of the dataset], indices into its labels.
[[nodiscard]] AccuracyReport accuracy_report(const data::Dataset& dataset,
                                             const std::vector<std::uint32_t>& said);

/// How many beginnings of keywords were taken for no keyword: that a network waits for a word's end
/// is what keeps words out that only begin like it.
struct EndingReport {
  struct Word {
    std::string word;
    std::size_t clips = 0;
    std::size_t kept_out = 0;
  };
  std::size_t clips = 0;
  std::size_t kept_out = 0;
  std::size_t speakers = 0;
  Interval ci95;            // of kept_out / clips
  std::vector<Word> words;  // by name
};

/// `said`: of classify() with an ending. Clips of no keyword do not count, nor does digital
/// silence. Throws DataError when no clip is left.
[[nodiscard]] EndingReport ending_report(const data::Dataset& dataset,
                                         const std::vector<std::uint32_t>& said);

/// Two models on the same clips.
struct Comparison {
  std::size_t clips = 0;
  std::size_t first_correct = 0;
  std::size_t second_correct = 0;
  std::size_t only_first = 0;  // clips that only the first model got right
  std::size_t only_second = 0;
  std::size_t said_alike = 0;
  double mcnemar_p = 1.0;  // mcnemar_p() of the clips that only one got right
};

/// What both said of the same clips: shape [clips of the dataset] each.
[[nodiscard]] Comparison compare(const data::Dataset& dataset,
                                 const std::vector<std::uint32_t>& first,
                                 const std::vector<std::uint32_t>& second);

}  // namespace kws::measure
