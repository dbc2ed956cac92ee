// SPDX-License-Identifier: MIT
//
// Recordings through libsndfile: WAV, FLAC, OGG at any rate, width and number of channels, as mono
// floats. Files are untrusted: samples that cannot be sound are replaced by 0 and counted, and
// memory follows what was read, never what a header claims.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "base/units.h"

namespace kws::sound {

/// Files beyond these rates are refused: no device records so, a damaged header claims it.
inline constexpr Hertz kLowestRate{1'000.0};
inline constexpr Hertz kHighestRate{768'000.0};

/// Reads a file front to back. Different objects may be used in different threads.
class SoundFile {
 public:
  /// Throws DataError naming the file: it cannot be opened, is no sound file, is damaged, has no
  /// samples, or claims an impossible format (possible are 1 to 1024 channels, kLowestRate to
  /// kHighestRate).
  explicit SoundFile(const std::filesystem::path& path);
  ~SoundFile();
  SoundFile(SoundFile&&) noexcept;
  SoundFile& operator=(SoundFile&&) noexcept;

  [[nodiscard]] Hertz sample_rate() const;
  [[nodiscard]] int channels() const;
  /// Samples per channel as the header claims, 0 when it does not say; read() gives fewer when the
  /// file is truncated.
  [[nodiscard]] std::int64_t length_samples() const;

  /// Fills `into` with mono samples (the mean of the channels) at the file's own rate and returns
  /// how many; 0 at the end. Integer formats give -1..1 (16 bit: value / 32768), float formats what
  /// they hold.
  [[nodiscard]] std::size_t read(std::span<float> into);

  /// Back to the first sample. Throws DataError when the format cannot seek.
  void rewind();

  /// Samples read so far (every pass counts) that were NaN, infinite or beyond ±1e6 (120 dB above
  /// full scale) and became 0.
  [[nodiscard]] std::uint64_t non_finite_samples() const;

  /// The file is shorter than its header says: known at once for WAV, for other formats when read()
  /// has met the end.
  [[nodiscard]] bool truncated() const;

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
  bool truncated = false;
};
[[nodiscard]] Recording read_recording(const std::filesystem::path& path, Hertz rate,
                                       double max_seconds = 24.0 * 3600.0);

/// Writes mono 16-bit PCM, WAV or FLAC by the ending of `path`: round(32768 x), clipped, without
/// dither, so that what was read from 16 bits is written unchanged. The file appears whole or not
/// at all. Throws DataError.
void write_recording(const std::filesystem::path& path, std::span<const float> samples, Hertz rate);

}  // namespace kws::sound
