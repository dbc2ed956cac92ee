// SPDX-License-Identifier: MIT
//
// Recordings as a whole: read to the rate that is asked for, written whole or not at all.
#include <sndfile.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <exception>
#include <string>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/text.h"
#include "sound/resampler.h"
#include "sound/sound_file.h"

namespace kws::sound {
namespace {

std::string shown(const std::filesystem::path& path) {
  return "'" + printable(path.string()) + "'";
}

/// Where libsndfile writes to: a file in memory.
struct MemoryFile {
  std::vector<std::byte> bytes;
  std::size_t position = 0;

  static MemoryFile& of(void* self) { return *static_cast<MemoryFile*>(self); }
  static sf_count_t length(void* self) { return static_cast<sf_count_t>(of(self).bytes.size()); }
  static sf_count_t tell(void* self) { return static_cast<sf_count_t>(of(self).position); }
  static sf_count_t seek(sf_count_t offset, int whence, void* self) {
    const sf_count_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? tell(self) : length(self);
    if (base + offset < 0) return -1;
    of(self).position = static_cast<std::size_t>(base + offset);
    return base + offset;
  }
  static sf_count_t read(void* into, sf_count_t count, void* self) {
    auto& file = of(self);
    if (file.position >= file.bytes.size()) return 0;
    const auto given = std::min(static_cast<std::size_t>(count), file.bytes.size() - file.position);
    std::copy_n(file.bytes.data() + file.position, given, static_cast<std::byte*>(into));
    file.position += given;
    return static_cast<sf_count_t>(given);
  }
  static sf_count_t write(const void* from, sf_count_t count, void* self) {
    auto& file = of(self);
    const auto end = file.position + static_cast<std::size_t>(count);
    try {
      if (end > file.bytes.size()) file.bytes.resize(end);
    } catch (const std::exception&) {
      return 0;  // no exception may pass through a C library; a short count is an error there
    }
    std::copy_n(static_cast<const std::byte*>(from), count, file.bytes.data() + file.position);
    file.position = end;
    return count;
  }
};

}  // namespace

Recording read_recording(const std::filesystem::path& path, Hertz rate, double max_seconds) {
  SoundFile file(path);
  Resampler resampler(file.sample_rate(), rate);
  Recording recording{.samples = {}, .rate = rate};
  const auto most = static_cast<std::size_t>(std::ceil(max_seconds * rate.value));
  std::vector<float> block(4096);
  std::vector<float> converted(4096);
  for (bool last = false; !last;) {
    std::span<const float> rest(block.data(), file.read(block));
    last = rest.empty();
    // After the last sample the resampler still gives what its filter holds, block after block.
    for (Resampler::Progress step{.consumed = 0, .produced = 1};
         !rest.empty() || step.produced > 0;) {
      step = resampler.convert(rest, converted, last);
      rest = rest.subspan(step.consumed);
      recording.samples.insert(recording.samples.end(), converted.begin(),
                               converted.begin() + static_cast<std::ptrdiff_t>(step.produced));
    }
    if (recording.samples.size() > most) {
      char limit[32];
      std::snprintf(limit, sizeof limit, "%g s", max_seconds);
      throw DataError(shown(path) + ": is longer than " + limit +
                      ", the most that is read at once");
    }
  }
  recording.non_finite_samples = file.non_finite_samples();
  recording.truncated = file.truncated();
  return recording;
}

void write_recording(const std::filesystem::path& path, std::span<const float> samples,
                     Hertz rate) {
  std::string ending = path.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (ending != ".wav" && ending != ".flac") {
    throw DataError(shown(path) + ": recordings are written as .wav or .flac, not '" +
                    printable(ending) + "'");
  }
  if (samples.empty()) throw DataError(shown(path) + ": there are no samples to write");
  if (!(rate >= kLowestRate && rate <= kHighestRate)) {
    throw DataError(shown(path) + ": cannot write a rate of " + std::to_string(rate.value) + " Hz");
  }
  std::vector<short> pcm(samples.size());
  std::transform(samples.begin(), samples.end(), pcm.begin(), [](float sample) {
    if (!std::isfinite(sample)) return short{0};
    return static_cast<short>(std::lrint(std::clamp(sample * 32768.0F, -32768.0F, 32767.0F)));
  });

  SF_INFO info{};
  info.samplerate = static_cast<int>(std::lround(rate.value));
  info.channels = 1;
  info.format = (ending == ".wav" ? SF_FORMAT_WAV : SF_FORMAT_FLAC) | SF_FORMAT_PCM_16;
  MemoryFile memory;
  SF_VIRTUAL_IO callbacks{.get_filelen = MemoryFile::length,
                          .seek = MemoryFile::seek,
                          .read = MemoryFile::read,
                          .write = MemoryFile::write,
                          .tell = MemoryFile::tell};
  SNDFILE* file = ::sf_open_virtual(&callbacks, SFM_WRITE, &info, &memory);
  if (file == nullptr) {
    throw DataError(shown(path) + ": cannot encode: " + printable(::sf_strerror(nullptr)));
  }
  const auto count = static_cast<sf_count_t>(pcm.size());
  const bool complete = ::sf_write_short(file, pcm.data(), count) == count;
  const std::string reason = printable(::sf_strerror(file));
  if (::sf_close(file) != 0 || !complete) {
    throw DataError(shown(path) + ": cannot encode: " + reason);
  }
  write_file_atomically(path, memory.bytes);
}

}  // namespace kws::sound
