// SPDX-License-Identifier: MIT
#include "sound/pcm_pipe.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>

#include "base/error.h"

namespace kws::sound {
namespace {
constexpr std::size_t kMostSamples = 32'768;  // a read; a pipe holds 64 KiB
}  // namespace

PcmPipe::PcmPipe(int fd) : fd_(fd), bytes_(2 * kMostSamples) {}

bool PcmPipe::wait(std::chrono::milliseconds timeout) const {
  pollfd state{.fd = fd_, .events = POLLIN, .revents = 0};
  return ::poll(&state, 1, static_cast<int>(timeout.count())) > 0;
}

void PcmPipe::refuse_sound_files() const {
  constexpr std::string_view kMarks[] = {"fLaC", "OggS", "RIFF"};
  for (const auto mark : kMarks) {
    if (pending_count_ < mark.size() || std::memcmp(bytes_.data(), mark.data(), mark.size()) != 0) {
      continue;
    }
    throw DataError("the pipe holds a sound file ('" + std::string(mark) +
                    "'), not raw s16le samples; give the file's name instead, or decode it");
  }
}

std::size_t PcmPipe::read(std::span<float> into) {
  const auto most = 2 * std::min(into.size(), kMostSamples);
  if (most == 0) return 0;
  while (pending_count_ < 2) {
    const auto got = ::read(fd_, bytes_.data() + pending_count_, most - pending_count_);
    if (got > 0) {
      pending_count_ += static_cast<std::size_t>(got);
    } else if (got == 0) {
      return 0;
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      pollfd state{.fd = fd_, .events = POLLIN, .revents = 0};
      ::poll(&state, 1, -1);  // whoever gave the descriptor made it non-blocking
    } else if (errno != EINTR) {
      throw DataError(std::string("cannot read samples from the pipe: ") + std::strerror(errno));
    }
  }
  if (!begun_) {
    refuse_sound_files();
    begun_ = true;
  }
  const auto count = pending_count_ / 2;
  for (std::size_t i = 0; i < count; ++i) {
    const auto word = static_cast<std::uint16_t>(bytes_[2 * i] | bytes_[2 * i + 1] << 8);
    into[i] = static_cast<float>(static_cast<std::int16_t>(word)) / 32768.0F;
  }
  pending_count_ %= 2;
  if (pending_count_ == 1) bytes_[0] = bytes_[2 * count];
  return count;
}

}  // namespace kws::sound
