// SPDX-License-Identifier: MIT
//
// Many recognisers of one model on one thread, each with sound and state of its own, the weights
// shared: how caches are shared when one core serves many microphones. `kws bench` and
// bench/streams_bench time it.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "engine/plan.h"
#include "features/extractor.h"
#include "pack/model_pack.h"

namespace kws::measure {

class StreamCrowd {
 public:
  /// Every stream has heard a whole context, so its next hop costs what all later ones do. Requires
  /// at least one stream. Throws what features::FeatureExtractor and engine::Plan throw.
  StreamCrowd(const pack::ModelPack& pack, engine::Execution execution, std::size_t streams);

  /// One hop of every stream, in turn: a feature row of its newest frame, then its posteriors.
  void hop() noexcept;

  [[nodiscard]] std::size_t size() const noexcept { return streams_.size(); }
  /// Shape [labels], of the latest hop.
  [[nodiscard]] std::span<const float> posteriors(std::size_t stream) const noexcept;

 private:
  struct Stream {
    engine::Plan plan;
    std::vector<float> frame;  // shape [frame_samples]
    std::vector<float> posteriors;
  };

  features::FeatureExtractor extractor_;
  std::vector<float> row_;
  std::vector<Stream> streams_;
};

}  // namespace kws::measure
