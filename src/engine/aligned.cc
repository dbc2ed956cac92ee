// SPDX-License-Identifier: MIT
#include "engine/aligned.h"

#include <algorithm>

namespace kws::engine {

template <typename Number>
Aligned<Number>::Aligned() noexcept = default;
template <typename Number>
Aligned<Number>::~Aligned() = default;
template <typename Number>
Aligned<Number>::Aligned(Aligned&&) noexcept = default;
template <typename Number>
Aligned<Number>& Aligned<Number>::operator=(Aligned&&) noexcept = default;

template <typename Number>
Aligned<Number>::Aligned(std::int64_t count)
    : count_(count),
      data_(static_cast<Number*>(::operator new (static_cast<std::size_t>(count) * sizeof(Number),
                                                 std::align_val_t{kAlignment}))) {
  std::fill_n(data_.get(), count, Number{});
}

template <typename Number>
Aligned<Number>::Aligned(std::span<const Number> values, std::int64_t slack)
    : Aligned(static_cast<std::int64_t>(values.size()) + slack) {
  std::copy(values.begin(), values.end(), data_.get());
}

template class Aligned<float>;
template class Aligned<std::int8_t>;
template class Aligned<std::int32_t>;
template class Aligned<unsigned char>;

}  // namespace kws::engine
