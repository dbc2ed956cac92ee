// SPDX-License-Identifier: MIT
//
// A microphone where there is no sound card: ALSA's `file` device reads a FIFO, PortAudio opens it
// like any other, and the test puts the sound in. Delivers exactly the samples it is given, at any
// speed, as long as some rules are kept, which this class does:
//   - the FIFO is held open read-write, or PortAudio's probing would break the pipe;
//   - sound comes in pieces of 1280 samples, which the device's reads divide: a short read makes
//     ALSA repeat stale samples without a word;
//   - it never ends while somebody listens: at an end ALSA runs away with stale samples, and a
//     stream whose FIFO has run dry cannot be stopped. keep_silent() goes before closing.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "support/scratch_folder.h"

namespace kws::testing {

class FifoMicrophone {
 public:
  static constexpr std::size_t kPiece = 1280;  // samples
  static constexpr const char* kName = "fifomic";

  /// Whether this machine's ALSA has what it takes.
  [[nodiscard]] static bool available();

  FifoMicrophone();
  ~FifoMicrophone();
  FifoMicrophone(const FifoMicrophone&) = delete;
  FifoMicrophone& operator=(const FifoMicrophone&) = delete;

  /// The folder that must be $HOME of the listening program, which then finds the devices `default`
  /// and kName.
  [[nodiscard]] const std::filesystem::path& home() const { return folder_.path(); }
  /// Makes it this process's. Before the first use of PortAudio: ALSA reads its settings once.
  void use_in_this_process() const;

  /// Writes what there is now, filled up with silence to whole pieces, as fast as the listener
  /// takes it, and returns when the FIFO has it all. Requires that nothing is playing.
  void feed(std::span<const std::int16_t> samples);

  /// The same in a thread of its own, at `speed` times real time for `rate_hz` (0: as fast as
  /// the listener takes it), then silence at that speed until stop().
  void play(std::vector<std::int16_t> samples, double rate_hz, double speed);
  /// Silence as fast as the listener takes it, until stop().
  void keep_silent();
  /// True once play()'s samples are in the FIFO and silence follows.
  [[nodiscard]] bool played() const { return played_.load(); }
  /// Ends play() or keep_silent() and empties the FIFO. The listener must be closed before.
  void stop();

 private:
  /// False when stop() came first.
  bool write_piece(const std::int16_t* samples);

  ScratchFolder folder_;
  int fifo_ = -1;
  int stop_event_ = -1;
  std::atomic<bool> played_{false};
  std::thread player_;
};

}  // namespace kws::testing
