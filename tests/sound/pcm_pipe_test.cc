// SPDX-License-Identifier: MIT
#include "sound/pcm_pipe.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"

namespace kws::sound {
namespace {

class PcmPipeTest : public ::testing::Test {
 protected:
  PcmPipeTest() { EXPECT_EQ(::pipe(ends_.data()), 0); }
  ~PcmPipeTest() override {
    ::close(ends_[0]);
    end();
  }
  void feed(const std::string& bytes) {
    ASSERT_EQ(::write(ends_[1], bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  void end() {
    if (ends_[1] >= 0) ::close(ends_[1]);
    ends_[1] = -1;
  }
  std::array<int, 2> ends_{};
};

TEST_F(PcmPipeTest, BytesAreLittleEndianSamples) {
  feed(std::string("\x00\x00\x00\x40\xff\x7f\x00\x80\xff\xff", 10));
  PcmPipe pipe(ends_[0]);
  std::vector<float> samples(10);
  ASSERT_EQ(pipe.read(samples), 5U);
  samples.resize(5);
  EXPECT_EQ(samples, (std::vector<float>{0.0F, 0.5F, 32767.0F / 32768.0F, -1.0F, -1.0F / 32768}));
}

TEST_F(PcmPipeTest, SoundFilesAreNoSamples) {
  feed("fLaC and what else a FLAC file begins with");
  PcmPipe pipe(ends_[0]);
  std::vector<float> samples(10);
  EXPECT_THROW((void)pipe.read(samples), DataError);
}

TEST_F(PcmPipeTest, BlocksThatCutSamplesGiveTheSameSound) {
  std::string bytes;
  std::vector<float> expected;
  for (int i = 0; i < 2000; ++i) {
    const auto value = static_cast<std::int16_t>(i * 31 - 30000);
    bytes += static_cast<char>(value & 0xFF);
    bytes += static_cast<char>(value >> 8 & 0xFF);
    expected.push_back(static_cast<float>(value) / 32768.0F);
  }
  std::thread feeder([&] {
    for (std::size_t start = 0, size = 1; start < bytes.size();
         start += size, size = size % 7 + 1) {
      size = std::min(size, bytes.size() - start);
      feed(bytes.substr(start, size));
    }
    end();
  });
  PcmPipe pipe(ends_[0]);
  std::vector<float> samples;
  std::vector<float> block(13);
  while (const auto count = pipe.read(block)) {
    samples.insert(samples.end(), block.begin(), block.begin() + static_cast<long>(count));
  }
  feeder.join();
  EXPECT_EQ(samples, expected);
  EXPECT_FALSE(pipe.ended_mid_sample());
}

TEST_F(PcmPipeTest, AnOddByteAtTheEndIsNoSample) {
  feed("abc");
  end();
  PcmPipe pipe(ends_[0]);
  std::vector<float> samples(10);
  EXPECT_EQ(pipe.read(samples), 1U);
  EXPECT_EQ(pipe.read(samples), 0U);
  EXPECT_TRUE(pipe.ended_mid_sample());
}

TEST_F(PcmPipeTest, SaysWhetherThereIsSomethingToRead) {
  PcmPipe pipe(ends_[0]);
  EXPECT_FALSE(pipe.wait(std::chrono::milliseconds(0)));
  feed("ab");
  EXPECT_TRUE(pipe.wait(std::chrono::milliseconds(0)));
  std::vector<float> samples(10);
  EXPECT_EQ(pipe.read(samples), 1U);
  EXPECT_FALSE(pipe.wait(std::chrono::milliseconds(0)));
  end();
  EXPECT_TRUE(pipe.wait(std::chrono::milliseconds(0)));
  EXPECT_EQ(pipe.read(samples), 0U);
}

TEST_F(PcmPipeTest, ANonBlockingDescriptorIsWaitedFor) {
  ASSERT_EQ(::fcntl(ends_[0], F_SETFL, O_NONBLOCK), 0);
  PcmPipe pipe(ends_[0]);
  std::thread feeder([&] { feed("ab"); });
  std::vector<float> samples(10);
  EXPECT_EQ(pipe.read(samples), 1U);
  feeder.join();
}

TEST_F(PcmPipeTest, AFailureIsAnError) {
  PcmPipe pipe(-1);
  std::vector<float> samples(10);
  EXPECT_THROW((void)pipe.read(samples), DataError);
}

}  // namespace
}  // namespace kws::sound
