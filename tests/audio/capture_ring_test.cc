// SPDX-License-Identifier: MIT
#include "audio/capture_ring.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "support/allocation_guard.h"

namespace kws::audio {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using TimePoint = CaptureRing::TimePoint;

constexpr TimePoint kNoon{std::chrono::hours(12)};

std::vector<float> read_all(CaptureRing& ring) {
  std::vector<float> samples(ring.size());
  EXPECT_EQ(ring.read(samples), samples.size());
  return samples;
}

TEST(CaptureRing, OneChannelIsScaledExactly) {
  CaptureRing ring(16, 1, Hertz{16000.0});
  const std::vector<std::int16_t> block = {0, 1, -1, 16384, 32767, -32768};
  ring.put(block, kNoon);
  EXPECT_EQ(read_all(ring),
            (std::vector<float>{0.0F, 1.0F / 32768, -1.0F / 32768, 0.5F, 32767.0F / 32768, -1.0F}));
}

TEST(CaptureRing, ChannelsBecomeTheirMean) {
  CaptureRing ring(16, 4, Hertz{16000.0});
  const std::vector<std::int16_t> block = {100,    200,    300,    400,    //
                                           32767,  32767,  32767,  32767,  //
                                           -32768, -32768, -32768, -32768};
  ring.put(block, kNoon);
  const auto samples = read_all(ring);
  ASSERT_EQ(samples.size(), 3U);
  EXPECT_FLOAT_EQ(samples[0], 250.0F / 32768);
  EXPECT_FLOAT_EQ(samples[1], 32767.0F / 32768);
  EXPECT_FLOAT_EQ(samples[2], -1.0F);
}

TEST(CaptureRing, LargeBlocksKeepTheirOrder) {
  CaptureRing ring(8192, 1, Hertz{16000.0});
  std::vector<std::int16_t> block(5000);
  for (std::size_t i = 0; i < block.size(); ++i) block[i] = static_cast<std::int16_t>(i);
  ring.put(block, kNoon);
  const auto samples = read_all(ring);
  ASSERT_EQ(samples.size(), block.size());
  for (std::size_t i = 0; i < samples.size(); ++i) {
    ASSERT_EQ(samples[i] * 32768.0F, static_cast<float>(i));
  }
}

TEST(CaptureRing, WhatDoesNotFitIsCountedAndTheEarlierSoundStays) {
  CaptureRing ring(1024, 1, Hertz{16000.0});
  ASSERT_EQ(ring.capacity(), 1024U);
  const std::vector<std::int16_t> block(700, 7);
  ring.put(block, kNoon);
  EXPECT_EQ(ring.dropped(), 0U);
  ring.put(block, kNoon);
  EXPECT_EQ(ring.dropped(), 376U);
  ring.put(block, kNoon);
  EXPECT_EQ(ring.dropped(), 1076U);
  EXPECT_EQ(ring.delivered(), 2100U);
  EXPECT_EQ(read_all(ring).size(), 1024U);
  ring.lose(5);
  EXPECT_EQ(ring.dropped(), 1081U);
}

TEST(CaptureRing, EverySampleKnowsWhenItWasCaptured) {
  CaptureRing ring(1024, 1, Hertz{1000.0});  // a sample a millisecond
  EXPECT_FALSE(ring.newest_capture());
  EXPECT_FALSE(ring.last_read_capture());
  const std::vector<std::int16_t> block(100);
  ring.put(block, kNoon);
  ring.put(block, kNoon + milliseconds(100));
  EXPECT_EQ(ring.newest_capture(), kNoon + milliseconds(100));
  EXPECT_FALSE(ring.last_read_capture()) << "nothing was read";
  std::vector<float> part(150);
  EXPECT_EQ(ring.read(part), 150U);
  EXPECT_EQ(ring.last_read_capture(), kNoon + milliseconds(50));
  EXPECT_EQ(ring.read(part), 50U);
  EXPECT_EQ(ring.last_read_capture(), kNoon + milliseconds(100));
}

TEST(CaptureRing, TimesFollowTheDevicesClock) {
  CaptureRing ring(1 << 16, 1, Hertz{1000.0});
  const std::vector<std::int16_t> block(100);
  for (int i = 1; i <= 300; ++i)
    ring.put(block, kNoon + i * microseconds(100'010));  // 100 ppm slow
  EXPECT_EQ(ring.newest_capture(), kNoon + 300 * microseconds(100'010));
}

TEST(CaptureRing, AfterALossTheNewestKeptSampleIsDatedNotTheNewestLost) {
  CaptureRing ring(128, 1, Hertz{1000.0});
  const std::vector<std::int16_t> block(200);
  ring.put(block, kNoon);
  EXPECT_EQ(ring.newest_capture(), kNoon - milliseconds(72));
}

TEST(CaptureRing, TheCallbackTakesNothingFromTheHeap) {
  CaptureRing ring(4096, 2, Hertz{48000.0});
  const std::vector<std::int16_t> block(2 * 1500, 3);
  std::vector<float> samples(1000);
  const kws::testing::AllocationGuard guard;
  for (int i = 0; i < 10; ++i) {
    ring.put(block, kNoon);
    (void)ring.read(samples);
    (void)ring.last_read_capture();
  }
  EXPECT_EQ(guard.allocations(), 0U);
}

TEST(CaptureRing, TwoThreadsLoseNothingThatIsNotCounted) {
  CaptureRing ring(512, 1, Hertz{16000.0});
  constexpr int kBlocks = 2000;
  std::thread callback([&] {
    std::int16_t next = 0;
    std::vector<std::int16_t> block(160);
    for (int i = 0; i < kBlocks; ++i) {
      for (auto& value : block) value = next = static_cast<std::int16_t>((next + 1) % 30000);
      ring.put(block, kNoon + i * milliseconds(10));
    }
  });
  std::uint64_t read = 0;
  std::vector<float> samples(100);
  while (read + ring.dropped() < kBlocks * 160U) read += ring.read(samples);
  callback.join();
  EXPECT_EQ(ring.delivered(), kBlocks * 160U);
  EXPECT_EQ(read + ring.dropped(), ring.delivered());
}

}  // namespace
}  // namespace kws::audio
