// SPDX-License-Identifier: MIT
//
// Keeps the samples that the next frame shares with the last one.
#include <algorithm>
#include <cassert>

#include "features/extractor.h"

namespace kws::features {

FeatureStream::FeatureStream(const FeatureSpec& spec)
    : extractor_(spec),
      hop_(static_cast<std::size_t>(spec.hop_samples())),
      frame_(static_cast<std::size_t>(spec.frame_samples())) {}

std::size_t FeatureStream::samples_wanted() const noexcept {
  return skip_ + frame_.size() - filled_;
}

std::size_t FeatureStream::feed(std::span<const float> samples) noexcept {
  const std::size_t taken = std::min(samples.size(), samples_wanted());
  const std::size_t skipped = std::min(taken, skip_);
  skip_ -= skipped;
  std::copy_n(samples.data() + skipped, taken - skipped, frame_.data() + filled_);
  filled_ += taken - skipped;
  return taken;
}

bool FeatureStream::next(std::span<float> row) noexcept {
  if (filled_ < frame_.size()) return false;
  extractor_.extract(frame_, row);
  const std::size_t gone = std::min(hop_, frame_.size());
  std::copy(frame_.begin() + static_cast<std::ptrdiff_t>(gone), frame_.end(), frame_.begin());
  filled_ = frame_.size() - gone;
  skip_ = hop_ - gone;
  return true;
}

void FeatureStream::reset() noexcept {
  filled_ = 0;
  skip_ = 0;
}

}  // namespace kws::features
