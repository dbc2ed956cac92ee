// SPDX-License-Identifier: MIT
#include "live/input.h"

#include "live/feed_source.h"
#include "live/microphone_source.h"

namespace kws::live {
namespace {

/// Room between callback and recogniser. Long, because it costs only memory and whatever fits into
/// it is not lost.
constexpr std::chrono::seconds kRing{8};

}  // namespace

std::unique_ptr<Source> open_source(const Input& input, Hertz model_rate) {
  const FeedSource::Options feed{.rate = model_rate,
                                 .paced = input.realtime,
                                 .loops = input.loops,
                                 .ring_s = static_cast<double>(kRing.count())};
  switch (input.kind) {
    case Input::Kind::kFile:
      return std::make_unique<FeedSource>(read_file_samples(input.name), feed);
    case Input::Kind::kPipe: {
      const Hertz rate = input.rate.value > 0.0 ? input.rate : Hertz{16000.0};
      return std::make_unique<FeedSource>(read_pipe_samples(input.descriptor, rate), feed);
    }
    case Input::Kind::kMicrophone:
      break;
  }
  audio::MicrophoneOptions options;
  options.device = input.name;
  options.rate = input.rate;
  options.preferred_rate = model_rate;
  options.ring = kRing;
  return std::make_unique<MicrophoneSource>(options, model_rate);
}

}  // namespace kws::live
