// SPDX-License-Identifier: MIT
#include "live/sample_history.h"

#include <algorithm>
#include <bit>
#include <cassert>

namespace kws::live {

SampleHistory::SampleHistory(std::size_t min_samples)
    : samples_(std::bit_ceil(min_samples + kMaxAppend)) {}

void SampleHistory::start_at(SamplePosition position) noexcept {
  origin_.store(position, std::memory_order_relaxed);
  claimed_.store(position, std::memory_order_relaxed);
  end_.store(position, std::memory_order_release);
  boundary_.store(position, std::memory_order_release);  // pairs with boundary(): origin_ is seen
}

void SampleHistory::append(std::span<const float> samples) noexcept {
  assert(samples.size() <= kMaxAppend);
  const auto end = end_.load(std::memory_order_relaxed);  // ours
  claimed_.store(end + samples.size(), std::memory_order_relaxed);
  // Whoever sees one of the samples below also sees origin_ and claimed_ as they are now: this
  // fence pairs with the one in copy().
  std::atomic_thread_fence(std::memory_order_release);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    samples_[(end + i) & (samples_.size() - 1)].store(samples[i], std::memory_order_relaxed);
  }
  end_.store(end + samples.size(), std::memory_order_release);  // publishes the samples
}

void SampleHistory::set_boundary(SamplePosition position) noexcept {
  boundary_.store(position, std::memory_order_release);  // pairs with boundary(): samples are seen
}

SamplePosition SampleHistory::oldest() const noexcept {
  const auto heard = end();
  return std::max(origin(), heard > reach() ? heard - reach() : SamplePosition{0});
}

bool SampleHistory::copy(SamplePosition from, std::span<float> into) const noexcept {
  const auto started = origin();
  if (from < started || from + into.size() > end()) return false;
  for (std::size_t i = 0; i < into.size(); ++i) {
    into[i] = samples_[(from + i) & (samples_.size() - 1)].load(std::memory_order_relaxed);
  }
  std::atomic_thread_fence(std::memory_order_acquire);  // pairs with the fence in append()
  return origin_.load(std::memory_order_relaxed) == started &&
         claimed_.load(std::memory_order_relaxed) <= from + samples_.size();
}

}  // namespace kws::live
