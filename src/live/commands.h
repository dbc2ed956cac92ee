// SPDX-License-Identifier: MIT
//
// What an onlooker may ask of a running recogniser. In this process it is the Session itself;
// attached over a socket it will be a client of the daemon.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "live/telemetry.h"

namespace kws::live {

class Commands {
 public:
  virtual ~Commands() = default;

  /// Models that can be switched to, in the order of the command line.
  [[nodiscard]] virtual std::vector<ModelInfo> models() const = 0;

  /// Human name of the input: "file tests/data/demo.flac", "mic USB Audio (48 kHz)".
  [[nodiscard]] virtual std::string input_name() const = 0;

  /// Has the recogniser go over to this model at a hop boundary; returns at once. The swap is seen
  /// in State::lane and State::generation.
  virtual void switch_to(std::size_t model) = 0;

  /// Whether that is still under way: false once the model is at work, or has failed to load.
  [[nodiscard]] virtual bool switching() const = 0;

  /// While paused nothing is decided or shown; a microphone's sound is read and dropped (without
  /// counting as lost), a file stands still.
  virtual void set_paused(bool paused) = 0;

  /// Moves all thresholds of the model at work by `delta` (kept within 0.01..1).
  virtual void shift_thresholds(float delta) = 0;

  /// Last message worth showing (a model that failed to load), "" if none.
  [[nodiscard]] virtual std::string notice() const = 0;
};

}  // namespace kws::live
