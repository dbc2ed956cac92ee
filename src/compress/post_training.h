// SPDX-License-Identifier: MIT
//
// Post-training static quantisation of a whole model: clips of the training split → features →
// ranges → an int8 ModelPack. `kws compress --quantize int8` calls it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "compress/quantise.h"
#include "pack/model_pack.h"

namespace kws::compress {

struct PostTrainingOptions {
  std::filesystem::path clips;  // a data set in the Speech Commands layout
  RangeMethod method = RangeMethod::kMse;
  std::size_t at_most = 512;  // clips, spread evenly over the training split
  std::size_t threads = 1;    // changes the time, never the result
  /// What is being done, how far, of how much; on the calling thread.
  std::function<void(const std::string&, std::size_t, std::size_t)> progress;
};

struct PostTrainingReport {
  std::size_t clips = 0;
  std::int64_t weight_bytes_before = 0;  // batch norms folded
  std::int64_t weight_bytes_after = 0;
  std::int64_t activation_bytes_before = 0;  // at most at once
  std::int64_t activation_bytes_after = 0;
  std::vector<StaysFloat> stays_float;
  std::vector<std::string> warnings;  // about clips
};

struct PostTraining {
  pack::ModelPack pack;  // named "<name>-int8"; its provenance says how it was made
  PostTrainingReport report;
};

/// Throws DataError when there are no clips of the model's labels, ModelError as quantise() does.
[[nodiscard]] PostTraining quantise_after_training(const pack::ModelPack& pack,
                                                   const PostTrainingOptions& options);

}  // namespace kws::compress
