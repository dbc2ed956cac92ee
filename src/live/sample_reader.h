// SPDX-License-Identifier: MIT
//
// Recordings and pipes behind one face, for the thread of a FeedSource.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "base/units.h"

namespace kws::live {

class SampleReader {
 public:
  virtual ~SampleReader() = default;

  [[nodiscard]] virtual Hertz rate() const = 0;
  /// Mono samples at rate(); 0 at the end, or soon after `stop` became true. May wait for whoever
  /// writes. Throws DataError.
  [[nodiscard]] virtual std::size_t read(std::span<float> into, const std::atomic<bool>& stop) = 0;
  /// Back to the first sample; false when that cannot be. Throws DataError.
  virtual bool rewind() { return false; }
  /// Samples so far that were not finite and became 0.
  [[nodiscard]] virtual std::uint64_t non_finite_samples() const { return 0; }
  /// For people: "file demo.flac".
  [[nodiscard]] virtual std::string name() const = 0;
  /// At the end: what is wrong with it, "" if nothing.
  [[nodiscard]] virtual std::string notice() const { return {}; }
};

/// Throws DataError as sound::SoundFile does.
[[nodiscard]] std::unique_ptr<SampleReader> read_file_samples(const std::filesystem::path& path);

/// Raw s16le mono at `rate` from a descriptor that the caller keeps open.
[[nodiscard]] std::unique_ptr<SampleReader> read_pipe_samples(int fd, Hertz rate);

}  // namespace kws::live
