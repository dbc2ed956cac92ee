// SPDX-License-Identifier: MIT
//
// Recordings through libsndfile: WAV, FLAC, OGG at any rate, width and number of channels, as mono
// floats. Samples that are not finite are replaced by 0 and counted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "base/units.h"

namespace kws::sound {

/// Reads a file front to back.
class SoundFile {
 public:
  /// Throws DataError naming the file: it cannot be opened, is no sound file, is damaged, has no
  /// samples, or claims an impossible format.
  explicit SoundFile(const std::filesystem::path& path);
  ~SoundFile();
  SoundFile(SoundFile&&) noexcept;
  SoundFile& operator=(SoundFile&&) noexcept;

  [[nodiscard]] Hertz sample_rate() const;
  [[nodiscard]] int channels() const;
  /// Samples per channel as the header claims; read() may give fewer when the file is truncated.
  [[nodiscard]] std::int64_t length_samples() const;

  /// Fills `into` with mono samples (the mean of the channels) at the file's own rate and returns
  /// how many; 0 at the end.
  [[nodiscard]] std::size_t read(std::span<float> into);

  /// Back to the first sample.
  void rewind();

  [[nodiscard]] std::uint64_t non_finite_samples() const;

 private:
  struct Handle;
  std::unique_ptr<Handle> handle_;
};

/// A whole recording at `rate`, mono. Throws DataError as SoundFile does, and when it is longer
/// than `max_seconds`.
struct Recording {
  std::vector<float> samples;
  Hertz rate;
  std::uint64_t non_finite_samples = 0;
};
[[nodiscard]] Recording read_recording(const std::filesystem::path& path, Hertz rate,
                                       double max_seconds = 24.0 * 3600.0);

/// Writes 16-bit PCM, WAV or FLAC by the ending of `path`. Throws DataError.
void write_recording(const std::filesystem::path& path, std::span<const float> samples, Hertz rate);

}  // namespace kws::sound
