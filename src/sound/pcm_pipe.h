// SPDX-License-Identifier: MIT
//
// Raw signed 16-bit little-endian mono samples from a file descriptor, as `arecord -t raw` or
// `sox -t raw` give them (`--input -`).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace kws::sound {

class PcmPipe {
 public:
  /// Borrows the descriptor.
  explicit PcmPipe(int fd);

  /// Blocks until something comes; returns how many samples (value / 32768), 0 at the end of the
  /// stream. A byte that is half a sample is kept for the next call. Throws DataError when reading
  /// fails, and when the first bytes are those of a WAV, FLAC or OGG file.
  [[nodiscard]] std::size_t read(std::span<float> into);

  /// Waits up to `timeout` until there is something to read, or the end. For readers that must also
  /// notice that they are to stop. False also when a signal came.
  [[nodiscard]] bool wait(std::chrono::milliseconds timeout) const;

  /// True after the end when a last odd byte was dropped.
  [[nodiscard]] bool ended_mid_sample() const { return pending_count_ != 0; }

 private:
  void refuse_sound_files() const;

  int fd_;
  bool begun_ = false;
  std::vector<unsigned char> bytes_;
  std::size_t pending_count_ = 0;  // 0 or 1 bytes of an unfinished sample, at the front of bytes_
};

}  // namespace kws::sound
