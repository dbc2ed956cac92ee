// SPDX-License-Identifier: MIT
//
// The tests' own microphone: at a pace, every sample must still arrive as it was given.
#include "support/fifo_microphone.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "audio/microphone.h"

namespace kws {
namespace {

using kws::testing::FifoMicrophone;

/// 0 when all that was captured, silence after the end included, is what was played; else 1.
[[noreturn]] void play_and_compare(double seconds, double speed) {
  FifoMicrophone fifo;
  fifo.use_in_this_process();
  std::mt19937 random(7);
  std::vector<std::int16_t> played(static_cast<std::size_t>(seconds * 16000.0));
  for (auto& value : played) value = static_cast<std::int16_t>(random());

  audio::MicrophoneOptions options;
  options.ring = std::chrono::seconds(60);  // this thread may be kept from the processor
  auto microphone = std::make_unique<audio::Microphone>(options);
  fifo.play(played, 16000.0, speed);
  std::vector<float> captured;
  std::vector<float> block(FifoMicrophone::kPiece);
  while (captured.size() < played.size() + FifoMicrophone::kPiece) {
    const auto count = microphone->read(block);
    captured.insert(captured.end(), block.begin(),
                    block.begin() + static_cast<std::ptrdiff_t>(count));
    if (count == 0) std::this_thread::yield();
  }
  bool equal = fifo.played() && microphone->dropped_samples() == 0;
  for (std::size_t i = 0; i < captured.size(); ++i) {
    const float wanted = i < played.size() ? static_cast<float>(played[i]) / 32768.0F : 0.0F;
    equal = equal && captured[i] == wanted;
  }
  microphone.reset();
  fifo.stop();
  std::filesystem::remove_all(fifo.home());
  std::exit(equal ? 0 : 1);
}

TEST(FifoMicrophone, LosesNothingAtRealTimeAndAtTwentyTimes) {
  if (!FifoMicrophone::available()) GTEST_SKIP() << "ALSA is not installed";
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(play_and_compare(1.0, 1.0), ::testing::ExitedWithCode(0), "");
  EXPECT_EXIT(play_and_compare(20.0, 20.0), ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace kws
