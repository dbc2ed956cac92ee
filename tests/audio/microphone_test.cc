// SPDX-License-Identifier: MIT
//
// The real PortAudio and the real ALSA on a FIFO in place of a sound card (support/
// fifo_microphone.h). Nothing here looks at a clock: the test feeds, waits for the samples to have
// passed the callback, and compares.
#include "audio/microphone.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "base/error.h"
#include "support/allocation_guard.h"
#include "support/fifo_microphone.h"

namespace kws::audio {
namespace {

using kws::testing::FifoMicrophone;
using ::testing::HasSubstr;

std::vector<std::int16_t> noise(std::size_t samples) {
  std::mt19937 random(3);
  std::vector<std::int16_t> values(samples);
  for (auto& value : values) value = static_cast<std::int16_t>(random());
  return values;
}

class MicrophoneTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!FifoMicrophone::available()) return;
    fifo_ = std::make_unique<FifoMicrophone>();
    fifo_->use_in_this_process();
  }
  static void TearDownTestSuite() { fifo_.reset(); }
  void SetUp() override {
    if (!fifo_) GTEST_SKIP() << "ALSA is not installed";
    fifo_->stop();
  }

  /// Feeds piece after piece, taking each out of the ring before the next goes in.
  static std::vector<float> capture(Microphone& microphone, std::span<const std::int16_t> samples) {
    std::vector<float> captured;
    std::vector<float> block(FifoMicrophone::kPiece);
    for (std::size_t at = 0; at < samples.size(); at += FifoMicrophone::kPiece) {
      fifo_->feed(samples.subspan(at, FifoMicrophone::kPiece));
      for (std::size_t left = FifoMicrophone::kPiece; left > 0;) {
        const auto count = microphone.read(std::span(block).first(left));
        captured.insert(captured.end(), block.begin(),
                        block.begin() + static_cast<std::ptrdiff_t>(count));
        left -= count;
        if (count == 0) std::this_thread::yield();
      }
    }
    return captured;
  }

  /// PortAudio cannot stop a stream that waits for a FIFO.
  static void close(std::unique_ptr<Microphone>& microphone) {
    fifo_->keep_silent();
    microphone.reset();
    fifo_->stop();
  }

  static inline std::unique_ptr<FifoMicrophone> fifo_;
};

TEST_F(MicrophoneTest, TheDevicesAreListedWithoutNoise) {
  ::testing::internal::CaptureStderr();
  const auto devices = input_devices();
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
  ASSERT_GE(devices.size(), 2U);
  const auto& mic = select_device(devices, FifoMicrophone::kName);
  EXPECT_EQ(mic.host, "ALSA");
  EXPECT_GE(mic.channels, 1);
  EXPECT_FALSE(mic.has_native_rate);
  EXPECT_EQ(select_device(devices, "").name, "default");
}

TEST_F(MicrophoneTest, EverySampleArrivesUnchanged) {
  for (const char* device : {"", FifoMicrophone::kName}) {
    auto microphone = std::make_unique<Microphone>(MicrophoneOptions{.device = device});
    EXPECT_EQ(microphone->rate(), Hertz{16000.0}) << "the preferred one, as this device has none";
    const auto fed = noise(50 * FifoMicrophone::kPiece);  // 4 s
    const auto captured = capture(*microphone, fed);
    ASSERT_EQ(captured.size(), fed.size());
    for (std::size_t i = 0; i < fed.size(); ++i) {
      ASSERT_EQ(captured[i], static_cast<float>(fed[i]) / 32768.0F) << device << " sample " << i;
    }
    EXPECT_EQ(microphone->dropped_samples(), 0U);
    EXPECT_EQ(microphone->device_overflows(), 0U);
    EXPECT_EQ(microphone->delivered_samples(), fed.size());
    EXPECT_TRUE(microphone->alive());
    close(microphone);
  }
  EXPECT_EQ(portaudio_wear().abandoned_streams, 0U);
}

TEST_F(MicrophoneTest, WhatNobodyReadsIsLostAndCounted) {
  MicrophoneOptions options;
  options.ring = std::chrono::milliseconds(500);
  auto microphone = std::make_unique<Microphone>(options);
  const auto fed = noise(25 * FifoMicrophone::kPiece);  // 2 s
  fifo_->feed(fed);
  while (microphone->delivered_samples() < fed.size()) std::this_thread::yield();
  EXPECT_EQ(microphone->ring_capacity(), 8192U);
  EXPECT_EQ(microphone->ring_fill(), 8192U);
  EXPECT_EQ(microphone->dropped_samples(), fed.size() - 8192);
  std::vector<float> kept(8192);
  ASSERT_EQ(microphone->read(kept), kept.size());
  for (std::size_t i = 0; i < kept.size(); ++i) {
    ASSERT_EQ(kept[i], static_cast<float>(fed[i]) / 32768.0F) << "the oldest sound stays";
  }
  close(microphone);
}

TEST_F(MicrophoneTest, TheSoundIsDatedBeforeItIsReadAndReadingTakesNothingFromTheHeap) {
  const auto before = std::chrono::steady_clock::now();
  auto microphone = std::make_unique<Microphone>(MicrophoneOptions{});
  EXPECT_FALSE(microphone->newest_capture());
  (void)capture(*microphone, noise(2 * FifoMicrophone::kPiece));
  ASSERT_TRUE(microphone->last_read_capture());
  EXPECT_EQ(microphone->last_read_capture(), microphone->newest_capture());
  EXPECT_LE(*microphone->newest_capture(), std::chrono::steady_clock::now());
  EXPECT_GE(*microphone->newest_capture(), before);
  std::vector<float> block(100);
  const kws::testing::AllocationGuard guard;
  (void)microphone->read(block);
  (void)microphone->ring_fill();
  (void)microphone->last_read_capture();
  EXPECT_EQ(guard.allocations(), 0U);
  close(microphone);
}

TEST_F(MicrophoneTest, ARateCanBeForced) {
  MicrophoneOptions options;
  options.rate = Hertz{48000.0};
  auto microphone = std::make_unique<Microphone>(options);
  EXPECT_EQ(microphone->rate(), Hertz{48000.0});
  fifo_->feed(noise(FifoMicrophone::kPiece * 8));
  while (microphone->delivered_samples() < 480) std::this_thread::yield();
  close(microphone);
}

TEST_F(MicrophoneTest, TwoCanListenOneAfterTheOtherAndStartAfresh) {
  for (int i = 0; i < 3; ++i) {
    auto microphone = std::make_unique<Microphone>(MicrophoneOptions{});
    const auto fed = noise(3 * FifoMicrophone::kPiece);
    const auto captured = capture(*microphone, fed);
    EXPECT_EQ(captured.front(), static_cast<float>(fed.front()) / 32768.0F);
    close(microphone);
  }
}

TEST_F(MicrophoneTest, ADeviceThatIsNotThereIsAnErrorThatListsTheOthers) {
  try {
    const Microphone microphone(MicrophoneOptions{.device = "headset"});
    FAIL() << "there is none";
  } catch (const DeviceError& error) {
    EXPECT_THAT(error.what(), HasSubstr("'headset'"));
    EXPECT_THAT(error.what(), HasSubstr(FifoMicrophone::kName));
  }
  EXPECT_THROW(Microphone(MicrophoneOptions{.device = "4711"}), DeviceError);
}

}  // namespace
}  // namespace kws::audio
