// SPDX-License-Identifier: MIT
//
// Any rate → the model's rate, streaming, through libsamplerate (band-limited sinc). Between equal
// rates samples pass untouched.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/realtime.h"
#include "base/units.h"

namespace kws::sound {

class Resampler {
 public:
  /// Throws DataError when a rate is not positive or their ratio is beyond 1/256..256.
  Resampler(Hertz from, Hertz to);
  ~Resampler();
  Resampler(Resampler&&) noexcept;
  Resampler& operator=(Resampler&&) noexcept;

  struct Progress {
    std::size_t consumed = 0;
    std::size_t produced = 0;
  };
  /// Converts what fits. `last`: no more input will come after `from`, so flush. Allocation-free.
  /// The output depends on the input alone, not on the block sizes.
  Progress convert(std::span<const float> from, std::span<float> into,
                   bool last) noexcept KWS_REALTIME;

  /// Output per input sample.
  [[nodiscard]] double ratio() const noexcept;

  void reset() noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace kws::sound
