// SPDX-License-Identifier: MIT
//
// SoundFile. Whole recordings are in recording.cc.
#include "sound/sound_file.h"

#include <fcntl.h>
#include <sndfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <mutex>
#include <string>

#include "base/error.h"
#include "base/text.h"

namespace kws::sound {
namespace {

constexpr int kMostChannels = 1024;
constexpr float kLoudestSample = 1e6F;
constexpr std::size_t kBlockValues = 16'384;  // decoded at a time, all channels together

std::string shown(const std::filesystem::path& path) {
  return "'" + printable(path.string()) + "'";
}

/// Opens a regular file for reading. O_NONBLOCK: opening a FIFO would wait for its writer.
int open_regular_file(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) throw DataError(shown(path) + ": cannot open: " + std::strerror(errno));
  struct stat status {};
  std::string problem;
  if (::fstat(fd, &status) != 0) {
    problem = std::strerror(errno);
  } else if (S_ISDIR(status.st_mode)) {
    problem = "is a folder, a sound file is wanted";
  } else if (!S_ISREG(status.st_mode)) {
    problem = "is no regular file; raw samples can come through a pipe with --input -";
  } else if (status.st_size == 0) {
    problem = "is empty (0 bytes)";
  }
  if (problem.empty()) return fd;
  ::close(fd);
  throw DataError(shown(path) + ": " + problem);
}

/// libsndfile silently shortens a WAV to the bytes that are there, so the claim is read here.
bool is_shortened_wav(int fd) {
  std::array<unsigned char, 12> head{};
  struct stat status {};
  if (::pread(fd, head.data(), head.size(), 0) != static_cast<ssize_t>(head.size())) return false;
  if (std::memcmp(head.data(), "RIFF", 4) != 0 || ::fstat(fd, &status) != 0) return false;
  const std::int64_t claimed = head[4] | head[5] << 8 | head[6] << 16 | std::int64_t{head[7]} << 24;
  // Programs that write WAV into a pipe do not know the size and claim about the largest one.
  constexpr std::int64_t kUnknown = 0x7FFF0000;
  return claimed < kUnknown && claimed + 8 > status.st_size + 1;  // some leave out a last pad byte
}

}  // namespace

struct SoundFile::Handle {
  Handle(SNDFILE* opened, std::filesystem::path file_path, const SF_INFO& format)
      : file(opened), path(std::move(file_path)), info(format) {}
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() { ::sf_close(file); }

  /// Decodes the next block. A decoder that stumbles over damage ends the file there.
  void decode_block() {
    const auto channels = static_cast<std::size_t>(info.channels);
    const auto most = static_cast<sf_count_t>(interleaved.size() / channels);
    const auto frames = ::sf_readf_float(file, interleaved.data(), most);
    const auto count = static_cast<std::size_t>(std::clamp<sf_count_t>(frames, 0, most));
    mono.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
      const float* values = interleaved.data() + i * channels;
      double sum = 0.0;
      bool sound = true;
      for (std::size_t channel = 0; channel < channels; ++channel) {
        const bool fits = std::abs(values[channel]) <= kLoudestSample;  // false for NaN
        sum += fits ? static_cast<double>(values[channel]) : 0.0;
        sound = sound && fits;
      }
      mono[i] = static_cast<float>(sum / info.channels);
      non_finite += sound ? 0 : 1;
    }
    next = 0;
    decoded += static_cast<std::int64_t>(count);
    if (count == 0 && decoded < claimed_length()) shortened = true;
  }

  [[nodiscard]] std::int64_t claimed_length() const {
    // A FLAC stream of unknown length is the largest number to libsndfile.
    return info.frames > 0 && info.frames < SF_COUNT_MAX ? info.frames : 0;
  }

  SNDFILE* file;
  std::filesystem::path path;
  SF_INFO info;
  std::vector<float> interleaved;  // shape [frames of a block, channels]
  std::vector<float> mono;         // the decoded block; [next, size) has not been read yet
  std::size_t next = 0;
  std::int64_t decoded = 0;  // samples since the first one
  std::uint64_t non_finite = 0;
  bool shortened = false;
};

SoundFile::SoundFile(const std::filesystem::path& path) {
  const int fd = open_regular_file(path);
  const bool shortened = is_shortened_wav(fd);
  SF_INFO info{};
  {
    // Why an open failed is kept in a variable of the whole library, so two threads that open at
    // once would get each other's reasons.
    static std::mutex reason;
    const std::lock_guard lock(reason);
    SNDFILE* opened = ::sf_open_fd(fd, SFM_READ, &info, SF_TRUE);
    if (opened == nullptr) {
      throw DataError(shown(path) +
                      ": is no sound file that can be read (WAV, FLAC and OGG can): " +
                      printable(::sf_strerror(nullptr)));
    }
    handle_ = std::make_unique<Handle>(opened, path, info);
  }
  if (info.channels < 1 || info.channels > kMostChannels) {
    throw DataError(shown(path) + ": claims " + std::to_string(info.channels) + " channels, 1 to " +
                    std::to_string(kMostChannels) + " are possible");
  }
  if (info.samplerate < kLowestRate.value || info.samplerate > kHighestRate.value) {
    throw DataError(shown(path) + ": claims a rate of " + std::to_string(info.samplerate) +
                    " Hz, " + std::to_string(std::lround(kLowestRate.value)) + " to " +
                    std::to_string(std::lround(kHighestRate.value)) + " are possible");
  }
  const auto channels = static_cast<std::size_t>(info.channels);
  handle_->interleaved.resize(std::max<std::size_t>(kBlockValues / channels, 1) * channels);
  handle_->shortened = shortened;
  handle_->decode_block();
  if (handle_->mono.empty()) {
    throw DataError(shown(path) + ": has no samples that can be read" +
                    (handle_->claimed_length() > 0
                         ? ", its header claims " + std::to_string(handle_->claimed_length())
                         : std::string()));
  }
}

SoundFile::~SoundFile() = default;
SoundFile::SoundFile(SoundFile&&) noexcept = default;
SoundFile& SoundFile::operator=(SoundFile&&) noexcept = default;

Hertz SoundFile::sample_rate() const { return {static_cast<double>(handle_->info.samplerate)}; }
int SoundFile::channels() const { return handle_->info.channels; }
std::int64_t SoundFile::length_samples() const { return handle_->claimed_length(); }
std::uint64_t SoundFile::non_finite_samples() const { return handle_->non_finite; }
bool SoundFile::truncated() const { return handle_->shortened; }

std::size_t SoundFile::read(std::span<float> into) {
  std::size_t filled = 0;
  while (filled < into.size()) {
    if (handle_->next == handle_->mono.size()) handle_->decode_block();
    const auto count = std::min(into.size() - filled, handle_->mono.size() - handle_->next);
    if (count == 0) break;
    std::copy_n(handle_->mono.data() + handle_->next, count, into.data() + filled);
    handle_->next += count;
    filled += count;
  }
  return filled;
}

void SoundFile::rewind() {
  if (::sf_seek(handle_->file, 0, SEEK_SET) != 0) {
    throw DataError(shown(handle_->path) +
                    ": cannot go back to its start: " + printable(::sf_strerror(handle_->file)));
  }
  handle_->mono.clear();
  handle_->next = 0;
  handle_->decoded = 0;
}

}  // namespace kws::sound
