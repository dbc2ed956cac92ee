// SPDX-License-Identifier: MIT
#include "sound/resampler.h"

#include <samplerate.h>

#include <algorithm>
#include <cassert>
#include <string>

#include "base/error.h"

namespace kws::sound {

struct Resampler::State {
  ~State() { ::src_delete(converter); }

  double ratio = 1.0;
  SRC_STATE* converter = nullptr;  // null: equal rates, samples pass untouched
  const float nothing = 0.0F;      // an address for empty input
};

Resampler::Resampler(Hertz from, Hertz to) : state_(std::make_unique<State>()) {
  if (!(from.value > 0.0) || !(to.value > 0.0) || to.value / from.value > 256.0 ||
      from.value / to.value > 256.0) {
    throw DataError("cannot convert a sample rate of " + std::to_string(from.value) + " Hz to " +
                    std::to_string(to.value) + " Hz: both must be positive, at most 256 apart");
  }
  state_->ratio = to.value / from.value;
  if (from == to) return;
  int error = 0;
  state_->converter = ::src_new(SRC_SINC_MEDIUM_QUALITY, 1, &error);
  if (state_->converter == nullptr) {
    throw DataError(std::string("cannot make a sample rate converter: ") + ::src_strerror(error));
  }
}

Resampler::~Resampler() = default;
Resampler::Resampler(Resampler&&) noexcept = default;
Resampler& Resampler::operator=(Resampler&&) noexcept = default;

Resampler::Progress Resampler::convert(std::span<const float> from, std::span<float> into,
                                       bool last) noexcept KWS_REALTIME {
  if (state_->converter == nullptr) {
    const auto count = std::min(from.size(), into.size());
    std::copy_n(from.data(), count, into.data());
    return {.consumed = count, .produced = count};
  }
  SRC_DATA step{};
  // libsamplerate takes an empty input that ends where the output begins for an overlap, and
  // flushes nothing when it is null.
  step.data_in = from.empty() ? &state_->nothing : from.data();
  step.data_out = into.data();
  step.input_frames = static_cast<long>(from.size());
  step.output_frames = static_cast<long>(into.size());
  step.end_of_input = last ? 1 : 0;
  step.src_ratio = state_->ratio;
  [[maybe_unused]] const int error = ::src_process(state_->converter, &step);
  assert(error == 0);  // only for overlapping spans
  return {.consumed = static_cast<std::size_t>(step.input_frames_used),
          .produced = static_cast<std::size_t>(step.output_frames_gen)};
}

double Resampler::ratio() const noexcept { return state_->ratio; }

void Resampler::reset() noexcept {
  if (state_->converter != nullptr) ::src_reset(state_->converter);
}

}  // namespace kws::sound
