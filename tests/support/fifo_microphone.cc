// SPDX-License-Identifier: MIT
#include "support/fifo_microphone.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace kws::testing {
namespace {

constexpr std::size_t kPieceBytes = 2 * FifoMicrophone::kPiece;  // below PIPE_BUF: written whole

}  // namespace

bool FifoMicrophone::available() {
  // `file`, `null` and `plug` are part of libasound itself; what may be missing is its settings.
  void* alsa = ::dlopen("libasound.so.2", RTLD_LAZY);
  if (alsa == nullptr) return false;
  ::dlclose(alsa);
  return std::filesystem::exists("/usr/share/alsa/alsa.conf");
}

FifoMicrophone::FifoMicrophone() {
  const auto fifo_path = folder_ / "mic.fifo";
  std::ofstream(folder_ / ".asoundrc")
      << "pcm." << kName << " { type file slave.pcm \"null\" file \"/dev/null\" infile \""
      << fifo_path.string() << "\" format \"raw\" hint { show on description \"FIFO\" } }\n"
      << "pcm.!default { type plug slave.pcm \"" << kName
      << "\" hint { show on description \"FIFO, any rate\" } }\n";
  if (::mkfifo(fifo_path.c_str(), 0600) != 0) throw std::runtime_error("no FIFO");
  fifo_ = ::open(fifo_path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
  stop_event_ = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  // Four pieces: what waits here before the listener comes reaches it at once.
  (void)::fcntl(fifo_, F_SETPIPE_SZ, 4 * 4096);
  if (fifo_ < 0 || stop_event_ < 0) throw std::runtime_error("cannot open the FIFO");
}

FifoMicrophone::~FifoMicrophone() {
  stop();
  ::close(fifo_);
  ::close(stop_event_);
}

void FifoMicrophone::use_in_this_process() const {
  ::setenv("HOME", home().c_str(), 1);
  ::unsetenv("XDG_CONFIG_HOME");
  ::unsetenv("ALSA_CONFIG_PATH");
}

bool FifoMicrophone::write_piece(const std::int16_t* samples) {
  for (;;) {
    const auto written = ::write(fifo_, samples, kPieceBytes);
    if (written == static_cast<ssize_t>(kPieceBytes)) return true;
    if (written >= 0 || (errno != EAGAIN && errno != EINTR)) throw std::runtime_error("FIFO lost");
    std::array<pollfd, 2> states{{{.fd = fifo_, .events = POLLOUT, .revents = 0},
                                  {.fd = stop_event_, .events = POLLIN, .revents = 0}}};
    ::poll(states.data(), states.size(), -1);
    if (states[1].revents != 0) return false;
  }
}

void FifoMicrophone::feed(std::span<const std::int16_t> samples) {
  while (!samples.empty()) {
    std::array<std::int16_t, kPiece> piece{};
    const auto count = std::min(samples.size(), kPiece);
    std::copy_n(samples.begin(), count, piece.begin());
    write_piece(piece.data());
    samples = samples.subspan(count);
  }
}

void FifoMicrophone::play(std::vector<std::int16_t> samples, double rate_hz, double speed) {
  stop();
  samples.resize((samples.size() + kPiece - 1) / kPiece * kPiece, std::int16_t{0});
  played_ = false;
  player_ = std::thread([this, samples = std::move(samples), rate_hz, speed] {
    using Clock = std::chrono::steady_clock;
    const std::array<std::int16_t, kPiece> silence{};
    // From piece to piece, never against the clock alone: a listener that starts late or is kept
    // from the processor gets no burst that a real device would not send.
    auto due = Clock::now();
    const auto step = std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(
        speed > 0.0 ? static_cast<double>(kPiece) / (rate_hz * speed) : 0.0));
    for (std::size_t at = 0;; at += kPiece) {
      played_ = at >= samples.size();
      due = std::max(due + step, Clock::now());
      if (speed > 0.0) {
        pollfd stopped{.fd = stop_event_, .events = POLLIN, .revents = 0};
        const auto left = std::chrono::nanoseconds(due - Clock::now()).count();
        const auto left_ns = std::max<std::int64_t>(left, 0);
        const timespec timeout{.tv_sec = left_ns / 1'000'000'000,
                               .tv_nsec = left_ns % 1'000'000'000};
        if (::ppoll(&stopped, 1, &timeout, nullptr) > 0) return;
      }
      if (!write_piece(at < samples.size() ? samples.data() + at : silence.data())) return;
    }
  });
}

void FifoMicrophone::keep_silent() { play({}, 16000.0, 0.0); }

void FifoMicrophone::stop() {
  if (player_.joinable()) {
    const std::uint64_t one = 1;
    (void)!::write(stop_event_, &one, sizeof one);
    player_.join();
    std::uint64_t count = 0;
    (void)!::read(stop_event_, &count, sizeof count);
  }
  std::array<char, 4096> rest{};
  while (::read(fifo_, rest.data(), rest.size()) > 0) {
  }
}

}  // namespace kws::testing
