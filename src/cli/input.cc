// SPDX-License-Identifier: MIT
#include "cli/input.h"

#include <string_view>

#include "base/error.h"
#include "base/text.h"
#include "cli/checks.h"

namespace kws::cli {

void add_input_options(CLI::App& command, InputOptions& options) {
  command
      .add_option(
          "--input", options.input,
          "mic, mic:NAME or mic:INDEX (see `kws devices`), a sound file, or - for raw s16le "
          "mono on standard input")
      ->capture_default_str()
      ->type_name("INPUT");
  command
      .add_option("--rate", options.rate_hz,
                  "sample rate of standard input (16000 if not given), or to ask of a microphone")
      ->check(number_within(1000.0, 768000.0))
      ->type_name("HZ");
}

void add_window_flag(CLI::App& command, bool& window) {
  command.add_flag("--window", window,
                   "compute every window whole instead of what its newest row changed: the same "
                   "posteriors, for comparing the time it takes");
}

live::Input parse_input(const InputOptions& options) {
  constexpr std::string_view kMicrophone = "mic:";
  live::Input input;
  input.rate = Hertz{options.rate_hz};
  input.realtime = options.realtime;
  if (options.input.empty()) {
    throw UsageError("--input is empty: give mic, mic:NAME, a sound file or -");
  }
  if (options.input == "mic") {
    input.kind = live::Input::Kind::kMicrophone;
  } else if (options.input.starts_with(kMicrophone)) {
    input.kind = live::Input::Kind::kMicrophone;
    input.name = options.input.substr(kMicrophone.size());
  } else if (options.input == "-") {
    input.kind = live::Input::Kind::kPipe;
  } else {
    input.kind = live::Input::Kind::kFile;
    input.name = options.input;
    if (options.rate_hz > 0.0) {
      throw UsageError("--rate is for standard input and microphones; " + printable(options.input) +
                       " says its own rate");
    }
  }
  return input;
}

}  // namespace kws::cli
