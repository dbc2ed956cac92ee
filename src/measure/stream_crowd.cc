// SPDX-License-Identifier: MIT
#include "measure/stream_crowd.h"

#include <cassert>

#include "base/random.h"
#include "measure/noise.h"

namespace kws::measure {
namespace {

/// The first run of every phase computes everything (docs/engine.md). With three strides of 2 in
/// time there are eight phases; more has no network that is worth running.
constexpr std::size_t kFirstRuns = 8;

}  // namespace

StreamCrowd::StreamCrowd(const pack::ModelPack& pack, engine::Execution execution,
                         std::size_t streams)
    : extractor_(pack.features), row_(static_cast<std::size_t>(pack.features.bins())) {
  assert(streams > 0);
  engine::Plan plan(pack.model, {.execution = execution});
  const std::size_t hops = plan.frames() + kFirstRuns;
  streams_.reserve(streams);
  for (std::size_t i = 0; i < streams; ++i) {
    streams_.push_back(
        {.plan = plan.another_stream(),
         .frame = noise(static_cast<std::size_t>(pack.features.frame_samples()), Random(1, {i})),
         .posteriors = std::vector<float>(plan.labels())});
  }
  for (std::size_t i = 0; i < hops; ++i) hop();
}

void StreamCrowd::hop() noexcept {
  for (Stream& stream : streams_) {
    extractor_.extract(stream.frame, row_);
    stream.plan.push(row_, stream.posteriors);
  }
}

std::span<const float> StreamCrowd::posteriors(std::size_t stream) const noexcept {
  return streams_[stream].posteriors;
}

}  // namespace kws::measure
