// SPDX-License-Identifier: MIT
//
// What a person may ask to be listened to, and the source that it becomes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/units.h"
#include "live/source.h"

namespace kws::live {

struct Input {
  enum class Kind : std::uint8_t { kMicrophone, kFile, kPipe };
  Kind kind = Kind::kMicrophone;
  std::string name;       // device ("" the default one) or path
  Hertz rate{0.0};        // of a pipe (0: 16 kHz), asked of a microphone (0: its own)
  bool realtime = false;  // a file or pipe plays by the clock
  bool loops = false;     // a file begins again at its end
  int descriptor = 0;     // of the pipe
};

/// Opens it. Throws DeviceError or DataError.
[[nodiscard]] std::unique_ptr<Source> open_source(const Input& input, Hertz model_rate);

}  // namespace kws::live
