// SPDX-License-Identifier: MIT
//
// Raw signed 16-bit little-endian mono samples from a file descriptor, as `arecord -t raw` or
// `sox -t raw` give them (`--input -`).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace kws::sound {

class PcmPipe {
 public:
  /// Borrows the descriptor. `name` is for messages.
  explicit PcmPipe(int fd);

  /// Blocks until something comes; returns how many samples, 0 at the end of the stream. A byte
  /// that is half a sample is kept for the next call. Throws DataError when reading fails.
  [[nodiscard]] std::size_t read(std::span<float> into);

  /// True after the end when a last odd byte was dropped.
  [[nodiscard]] bool ended_mid_sample() const { return pending_count_ != 0; }

 private:
  int fd_;
  std::vector<unsigned char> bytes_;
  std::size_t pending_count_ = 0;  // 0 or 1 bytes of an unfinished sample, at the front of bytes_
};

}  // namespace kws::sound
