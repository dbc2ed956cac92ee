// SPDX-License-Identifier: MIT
#include "live/feed_source.h"

#include <gtest/gtest.h>

#include <future>

#include "base/error.h"
#include "live/small_model.h"

namespace kws::live {
namespace {

using testing::tones;

/// Samples from memory; tells when it has given all of them.
class MemoryReader final : public SampleReader {
 public:
  explicit MemoryReader(std::vector<float> samples, Hertz rate = Hertz{16000.0})
      : samples_(std::move(samples)), rate_(rate) {}

  Hertz rate() const override { return rate_; }
  std::size_t read(std::span<float> into, const std::atomic<bool>& /*stop*/) override {
    if (fails_at && at_ >= *fails_at) throw DataError("the disk is on fire");
    const auto count = std::min(into.size(), samples_.size() - at_);
    std::copy_n(samples_.begin() + static_cast<std::ptrdiff_t>(at_), count, into.begin());
    at_ += count;
    if (count == 0 && on_end != nullptr) std::exchange(on_end, nullptr)->set_value();
    return count;
  }
  bool rewind() override {
    at_ = 0;
    return true;
  }
  std::string name() const override { return "memory"; }
  std::string notice() const override { return "all told"; }

  std::promise<void>* on_end = nullptr;
  std::optional<std::size_t> fails_at;

 private:
  std::vector<float> samples_;
  Hertz rate_;
  std::size_t at_ = 0;
};

struct Heard {
  std::vector<float> samples;
  std::uint64_t lost = 0;
  std::vector<std::size_t> gaps;  // before which of `samples`
  std::optional<TimePoint> captured;
};

/// Reads until the end, or until so many samples came.
Heard hear(FeedSource& source, std::size_t most = SIZE_MAX) {
  Heard heard;
  for (bool ended = false; !ended && heard.samples.size() < most;) {
    source.wait(1);
    const auto block = source.read();
    if (block.overrun) {
      heard.lost += block.lost_samples;
      heard.gaps.push_back(heard.samples.size());
    }
    heard.samples.insert(heard.samples.end(), block.samples.begin(), block.samples.end());
    if (block.captured) heard.captured = block.captured;
    ended = block.ended;
  }
  return heard;
}

TEST(FeedSource, GivesEverySampleThroughASmallRing) {
  const auto samples = tones(100'000);
  FeedSource source(std::make_unique<MemoryReader>(samples), {.ring_s = 0.01});
  const auto heard = hear(source);
  EXPECT_EQ(heard.samples, samples);
  EXPECT_EQ(heard.lost, 0U);
  EXPECT_FALSE(heard.captured) << "no clock drives it";
  EXPECT_EQ(source.notice(), "all told");
  EXPECT_EQ(source.loops(), 0U);
}

TEST(FeedSource, LoopsWithoutASeam) {
  const auto samples = tones(10'001);
  FeedSource source(std::make_unique<MemoryReader>(samples), {.loops = true, .ring_s = 0.1});
  const auto heard = hear(source, 35'000);
  ASSERT_GE(heard.samples.size(), 35'000U);
  for (std::size_t i = 0; i < 35'000; ++i) {
    ASSERT_EQ(heard.samples[i], samples[i % samples.size()]) << i;
  }
  EXPECT_GE(source.loops(), 3U);
}

TEST(FeedSource, AnEmptyRecordingDoesNotLoopForever) {
  FeedSource source(std::make_unique<MemoryReader>(std::vector<float>{}), {.loops = true});
  EXPECT_TRUE(hear(source).samples.empty());
}

TEST(FeedSource, ConvertsTheRateAndFlushes) {
  const auto samples = tones(48'000);
  FeedSource source(std::make_unique<MemoryReader>(samples, Hertz{48000.0}), {.ring_s = 0.1});
  const auto heard = hear(source);
  sound::Resampler whole(Hertz{48000.0}, Hertz{16000.0});
  std::vector<float> expected(20'000);
  auto progress = whole.convert(samples, expected, true);
  expected.resize(progress.produced);
  EXPECT_NEAR(static_cast<double>(heard.samples.size()), 16'000.0, 2.0);
  EXPECT_EQ(heard.samples, expected);
}

TEST(FeedSource, PassesOnWhatEndedIt) {
  auto reader = std::make_unique<MemoryReader>(tones(50'000));
  reader->fails_at = 20'000;
  FeedSource source(std::move(reader), {});
  const auto heard = hear(source);
  EXPECT_GE(heard.samples.size(), 20'000U);
  EXPECT_LT(heard.samples.size(), 50'000U);
  EXPECT_THROW(source.rethrow(), DataError);
}

TEST(FeedSource, StandsStillWhilePaused) {
  FeedSource source(std::make_unique<MemoryReader>(tones(20'000)), {});
  source.set_paused(true);
  source.wait(1);
  const auto block = source.read();
  EXPECT_TRUE(block.samples.empty());
  EXPECT_FALSE(block.ended);
  source.set_paused(false);
  EXPECT_EQ(hear(source).samples, tones(20'000));
}

TEST(FeedSource, StopsWhileItsRingIsFull) {
  FeedSource source(std::make_unique<MemoryReader>(tones(100'000)), {.ring_s = 0.01});
  // The destructor must not wait for a reader that never comes.
}

TEST(FeedSource, PlaysByTheClock) {
  const auto samples = tones(1'600);
  const auto begun = std::chrono::steady_clock::now();
  FeedSource source(std::make_unique<MemoryReader>(samples), {.paced = true});
  const auto heard = hear(source);
  EXPECT_EQ(heard.samples, samples);
  EXPECT_EQ(heard.lost, 0U);
  ASSERT_TRUE(heard.captured);
  // The last sample of 100 ms is captured no earlier than that after the start.
  EXPECT_GE(*heard.captured - begun, std::chrono::milliseconds(100));
}

// Nobody reads until all is played: what the ring could not take is a gap, and nothing else is.
TEST(FeedSource, CountsWhatTheRingCannotTake) {
  const auto samples = tones(3'200);
  std::promise<void> played;
  auto reader = std::make_unique<MemoryReader>(samples);
  reader->on_end = &played;
  FeedSource source(std::move(reader), {.paced = true, .ring_s = 0.064});  // 1024 samples
  played.get_future().wait();
  const auto heard = hear(source);
  EXPECT_EQ(heard.samples, std::vector<float>(samples.begin(), samples.begin() + 1'024));
  EXPECT_EQ(heard.lost, 3'200U - 1'024U);
  EXPECT_EQ(heard.gaps, std::vector<std::size_t>{1'024});
}

// Reads now and then: every sample is either heard, at its place, or counted as lost there.
TEST(FeedSource, PutsGapsWhereTheyAre) {
  const auto samples = tones(8'000);
  FeedSource source(std::make_unique<MemoryReader>(samples), {.paced = true, .ring_s = 0.02});
  std::size_t position = 0;
  for (bool ended = false; !ended;) {
    source.wait(2'000);  // far more than the ring holds
    const auto block = source.read();
    position += block.lost_samples;
    for (const float sample : block.samples) ASSERT_EQ(sample, samples[position++]);
    ended = block.ended;
  }
  EXPECT_EQ(position, samples.size());
}

}  // namespace
}  // namespace kws::live
