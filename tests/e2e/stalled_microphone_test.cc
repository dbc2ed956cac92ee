// SPDX-License-Identifier: MIT
//
// PortAudio cannot stop a stream whose device has stalled: the call never returns. In a process of
// its own, because such a stream stays until the process ends.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <thread>

#include "audio/microphone.h"
#include "support/fifo_microphone.h"

namespace kws {
namespace {

using kws::testing::FifoMicrophone;

/// Opens two microphones one after the other, lets both stall and leaves. Exit code: streams left
/// behind, or 100 when the second did not work.
[[noreturn]] void leave_stalled_streams_behind() {
  FifoMicrophone fifo;
  fifo.use_in_this_process();
  const std::array<std::int16_t, FifoMicrophone::kPiece> piece{};
  for (int i = 0; i < 2; ++i) {
    auto microphone = std::make_unique<audio::Microphone>(audio::MicrophoneOptions{});
    fifo.feed(piece);
    while (microphone->delivered_samples() == 0) std::this_thread::yield();
    if (!microphone->alive()) std::_Exit(100);
    microphone.reset();
  }
  std::filesystem::remove_all(fifo.home());  // no destructor runs from here
  std::exit(static_cast<int>(audio::portaudio_wear().abandoned_streams));
}

TEST(StalledMicrophone, IsLeftBehindAndNeitherClosingNorLeavingHangs) {
  if (!FifoMicrophone::available()) GTEST_SKIP() << "ALSA is not installed";
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(leave_stalled_streams_behind(), ::testing::ExitedWithCode(2), "");
}

}  // namespace
}  // namespace kws
