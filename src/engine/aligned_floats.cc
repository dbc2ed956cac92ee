// SPDX-License-Identifier: MIT
#include "engine/aligned_floats.h"

#include <algorithm>

namespace kws::engine {

AlignedFloats::AlignedFloats() noexcept = default;
AlignedFloats::~AlignedFloats() = default;
AlignedFloats::AlignedFloats(AlignedFloats&&) noexcept = default;
AlignedFloats& AlignedFloats::operator=(AlignedFloats&&) noexcept = default;

AlignedFloats::AlignedFloats(std::int64_t count)
    : count_(count),
      data_(static_cast<float*>(::operator new (static_cast<std::size_t>(count) * sizeof(float),
                                                std::align_val_t{kAlignment}))) {
  std::fill_n(data_.get(), count, 0.0F);
}

AlignedFloats::AlignedFloats(std::span<const float> values, std::int64_t slack)
    : AlignedFloats(static_cast<std::int64_t>(values.size()) + slack) {
  std::copy(values.begin(), values.end(), data_.get());
}

}  // namespace kws::engine
