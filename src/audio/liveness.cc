// SPDX-License-Identifier: MIT
#include "audio/liveness.h"

namespace kws::audio {
namespace {
using std::chrono::seconds;

constexpr auto kLongestSilence = seconds(3);
/// A USB device may take 3 s to its first block; only then the silence counts.
constexpr auto kLongestStart = seconds(6);
/// Times real time. A file device at its end runs ~2000 times too fast; the fastest stream that
/// means something, a test's, 200 times.
constexpr double kRunaway = 500.0;
constexpr auto kSpeedWindow = seconds(1);
}  // namespace

Liveness::Liveness(Hertz rate, TimePoint started)
    : rate_hz_(rate.value), started_(started), marked_at_(started) {}

bool Liveness::check(const Signs& signs, TimePoint now) {
  if (signs.finished || !signs.active) dead_ = true;
  const auto deadline =
      signs.last_block ? *signs.last_block + kLongestSilence : started_ + kLongestStart;
  if (now > deadline) dead_ = true;

  if (now - marked_at_ >= kSpeedWindow) {
    const double elapsed_s = std::chrono::duration<double>(now - marked_at_).count();
    const double delivered_s = static_cast<double>(signs.delivered - marked_delivered_) / rate_hz_;
    if (delivered_s > kRunaway * elapsed_s) dead_ = true;
    marked_at_ = now;
    marked_delivered_ = signs.delivered;
  }
  return !dead_;
}

}  // namespace kws::audio
