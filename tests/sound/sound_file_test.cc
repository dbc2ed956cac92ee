// SPDX-License-Identifier: MIT
//
// What libsndfile can be made to write is written by it; what nobody writes on purpose (headers
// that lie) is put together byte by byte.
#include "sound/sound_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sndfile.h>
#include <sys/stat.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <numbers>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "support/scratch_folder.h"

namespace kws::sound {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

std::vector<float> sine(double frequency_hz, double rate_hz, std::size_t samples) {
  std::vector<float> wave(samples);
  for (std::size_t i = 0; i < samples; ++i) {
    wave[i] = static_cast<float>(
        0.5 * std::sin(2.0 * std::numbers::pi * frequency_hz * static_cast<double>(i) / rate_hz));
  }
  return wave;
}

/// interleaved: shape [samples, channels].
void write_with_libsndfile(const fs::path& path, int format, int rate, int channels,
                           const std::vector<float>& interleaved) {
  SF_INFO info{};
  info.samplerate = rate;
  info.channels = channels;
  info.format = format;
  SNDFILE* file = ::sf_open(path.c_str(), SFM_WRITE, &info);
  ASSERT_NE(file, nullptr) << ::sf_strerror(nullptr);
  const auto frames = static_cast<sf_count_t>(interleaved.size()) / channels;
  ASSERT_EQ(::sf_writef_float(file, interleaved.data(), frames), frames);
  ASSERT_EQ(::sf_close(file), 0);
}

void write_bytes(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

std::string little_endian(std::uint32_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 0xFF);
  return text;
}

/// A WAV of 16-bit samples whose header says whatever it is told to.
std::string wav(std::uint32_t channels, std::uint32_t rate, std::uint32_t claimed_data_bytes,
                const std::string& data) {
  const auto align = channels * 2;
  return "RIFF" + little_endian(36 + claimed_data_bytes, 4) + "WAVEfmt " + little_endian(16, 4) +
         little_endian(1, 2) + little_endian(channels, 2) + little_endian(rate, 4) +
         little_endian(rate * align, 4) + little_endian(align, 2) + little_endian(16, 2) + "data" +
         little_endian(claimed_data_bytes, 4) + data;
}

std::vector<float> read_all(SoundFile& file, std::size_t block = 1000) {
  std::vector<float> samples;
  std::vector<float> part(block);
  while (const auto count = file.read(part)) {
    samples.insert(samples.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(count));
  }
  return samples;
}

std::string error_of(const fs::path& path) {
  try {
    (void)read_recording(path, Hertz{16000.0});
  } catch (const DataError& error) {
    return error.what();
  }
  return "no error";
}

float largest_difference(const std::vector<float>& a, const std::vector<float>& b) {
  float largest = 0.0F;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    largest = std::max(largest, std::abs(a[i] - b[i]));
  }
  return largest;
}

class SoundFileTest : public ::testing::Test {
 protected:
  kws::testing::ScratchFolder scratch_;
};

TEST_F(SoundFileTest, SixteenBitsSurviveWritingAndReadingUnchanged) {
  std::vector<float> every_value(65536);
  for (std::size_t i = 0; i < every_value.size(); ++i) {
    every_value[i] = (static_cast<float>(i) - 32768.0F) / 32768.0F;
  }
  for (const auto* name : {"all.wav", "all.flac", "ALL.WAV"}) {
    write_recording(scratch_ / name, every_value, Hertz{16000.0});
    const auto back = read_recording(scratch_ / name, Hertz{16000.0});
    EXPECT_EQ(back.samples, every_value) << name;
    EXPECT_EQ(back.non_finite_samples, 0U);
    EXPECT_FALSE(back.truncated) << name;
  }
}

TEST_F(SoundFileTest, WritingClipsAndSilencesWhatIsNoNumber) {
  const std::vector<float> odd = {2.0F, -2.0F, 1.0F, std::numeric_limits<float>::quiet_NaN(),
                                  0.25F};
  write_recording(scratch_ / "odd.wav", odd, Hertz{8000.0});
  const auto back = read_recording(scratch_ / "odd.wav", Hertz{8000.0});
  const float top = 32767.0F / 32768.0F;
  EXPECT_EQ(back.samples, (std::vector<float>{top, -1.0F, top, 0.0F, 0.25F}));
}

TEST_F(SoundFileTest, EveryWidthGivesTheSameSound) {
  const auto wave = sine(440.0, 16000.0, 16000);
  struct Case {
    const char* name;
    int format;
    float tolerance;  // half a step, and a step for what a writer truncates
  };
  const Case cases[] = {
      {"u8.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_U8, 1.0F / 128},
      {"s16.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 1.0F / 32768},
      {"s24.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_24, 1.0F / 8388608},
      {"s32.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_32, 1e-7F},
      {"float.wav", SF_FORMAT_WAV | SF_FORMAT_FLOAT, 0.0F},
      {"double.wav", SF_FORMAT_WAV | SF_FORMAT_DOUBLE, 0.0F},
      {"extensible.wav", SF_FORMAT_WAVEX | SF_FORMAT_PCM_16, 1.0F / 32768},
      {"s16.flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 1.0F / 32768},
      {"vorbis.ogg", SF_FORMAT_OGG | SF_FORMAT_VORBIS, 0.05F},
  };
  for (const auto& [name, format, tolerance] : cases) {
    write_with_libsndfile(scratch_ / name, format, 16000, 1, wave);
    const auto back = read_recording(scratch_ / name, Hertz{16000.0});
    EXPECT_EQ(back.samples.size(), wave.size()) << name;
    EXPECT_LE(largest_difference(back.samples, wave), tolerance) << name;
  }
}

TEST_F(SoundFileTest, OpusKeepsLengthAndLevel) {
  write_with_libsndfile(scratch_ / "opus.ogg", SF_FORMAT_OGG | SF_FORMAT_OPUS, 16000, 1,
                        sine(440.0, 16000.0, 16000));
  const auto back = read_recording(scratch_ / "opus.ogg", Hertz{16000.0});
  EXPECT_EQ(back.samples.size(), 16000U);
  double power = 0.0;
  for (const float sample : back.samples) power += static_cast<double>(sample * sample) / 16000.0;
  EXPECT_NEAR(power, 0.125, 0.01);  // of a sine with amplitude 0.5
}

TEST_F(SoundFileTest, ChannelsBecomeTheirMean) {
  std::vector<float> interleaved;
  for (int i = 0; i < 5000; ++i) {
    const float value = static_cast<float>(i % 100) / 128.0F;
    interleaved.insert(interleaved.end(), {value, -value, value, 0.0F});
  }
  write_with_libsndfile(scratch_ / "four.wav", SF_FORMAT_WAV | SF_FORMAT_FLOAT, 16000, 4,
                        interleaved);
  SoundFile file(scratch_ / "four.wav");
  EXPECT_EQ(file.channels(), 4);
  EXPECT_EQ(file.sample_rate(), Hertz{16000.0});
  EXPECT_EQ(file.length_samples(), 5000);
  const auto mono = read_all(file);
  ASSERT_EQ(mono.size(), 5000U);
  for (std::size_t i = 0; i < mono.size(); ++i) {
    ASSERT_EQ(mono[i], static_cast<float>(i % 100) / 512.0F) << i;
  }
}

TEST_F(SoundFileTest, OtherRatesAreConvertedToTheRateAskedFor) {
  write_with_libsndfile(scratch_ / "cd.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_24, 44100, 1,
                        sine(1000.0, 44100.0, 44100));
  const auto recording = read_recording(scratch_ / "cd.wav", Hertz{16000.0});
  EXPECT_EQ(recording.rate, Hertz{16000.0});
  const auto wanted = sine(1000.0, 16000.0, 16000);
  ASSERT_NEAR(static_cast<double>(recording.samples.size()), 16000.0, 1.0);
  for (std::size_t i = 200; i < 15800; ++i) {
    ASSERT_NEAR(recording.samples[i], wanted[i], 1e-4F) << i;
  }
}

TEST_F(SoundFileTest, SpeechSurvivesTheWayThroughTheRateOfASoundCard) {
  const auto clip =
      read_recording(KWS_TEST_DATA "/clips/yes/66cff190_nohash_0.flac", Hertz{16000.0});
  ASSERT_EQ(clip.samples.size(), 16000U);
  for (const double card_hz : {44100.0, 48000.0}) {
    const auto there =
        read_recording(KWS_TEST_DATA "/clips/yes/66cff190_nohash_0.flac", Hertz{card_hz});
    write_with_libsndfile(scratch_ / "there.wav", SF_FORMAT_WAV | SF_FORMAT_FLOAT,
                          static_cast<int>(card_hz), 1, there.samples);
    const auto back = read_recording(scratch_ / "there.wav", Hertz{16000.0});
    ASSERT_NEAR(static_cast<double>(back.samples.size()), 16000.0, 1.0);
    double signal = 0.0;
    double error = 0.0;
    for (std::size_t i = 0; i < 15900; ++i) {
      const double sample = static_cast<double>(clip.samples[i]);
      const double difference = static_cast<double>(back.samples[i]) - sample;
      signal += sample * sample;
      error += difference * difference;
    }
    EXPECT_GT(10.0 * std::log10(signal / error), 25.0) << card_hz << " Hz";
  }
}

TEST_F(SoundFileTest, ReadInBlocksEqualsReadAtOnceAndAgainAfterRewind) {
  const auto wave = sine(440.0, 16000.0, 50000);
  for (const auto* name : {"a.wav", "a.flac"}) {
    write_recording(scratch_ / name, wave, Hertz{16000.0});
    SoundFile file(scratch_ / name);
    const auto once = read_all(file, 50000);
    EXPECT_EQ(once.size(), wave.size());
    file.rewind();
    EXPECT_EQ(read_all(file, 17), once) << name;
    file.rewind();
    EXPECT_EQ(read_all(file, 16385), once) << name;
    EXPECT_FALSE(file.truncated());
  }
}

TEST_F(SoundFileTest, SamplesThatAreNoSoundBecomeZeroAndAreCounted) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  write_with_libsndfile(scratch_ / "nan.wav", SF_FORMAT_WAV | SF_FORMAT_FLOAT, 16000, 1,
                        {0.5F, nan, 0.25F, infinity, -infinity, 3e38F, 1.5F});
  const auto recording = read_recording(scratch_ / "nan.wav", Hertz{16000.0});
  EXPECT_EQ(recording.samples, (std::vector<float>{0.5F, 0, 0.25F, 0, 0, 0, 1.5F}));
  EXPECT_EQ(recording.non_finite_samples, 4U);
  EXPECT_FALSE(recording.truncated);

  write_with_libsndfile(scratch_ / "nan2.wav", SF_FORMAT_WAV | SF_FORMAT_FLOAT, 16000, 2,
                        {nan, 0.5F, nan, nan, 0.5F, 0.5F});
  const auto stereo = read_recording(scratch_ / "nan2.wav", Hertz{16000.0});
  EXPECT_EQ(stereo.samples, (std::vector<float>{0.25F, 0, 0.5F}));
  EXPECT_EQ(stereo.non_finite_samples, 2U) << "counts samples, not channels";
}

TEST_F(SoundFileTest, ATruncatedFileIsWhatThereIs) {
  const auto wave = sine(440.0, 16000.0, 32000);
  for (const auto* name : {"cut.wav", "cut.flac"}) {
    write_recording(scratch_ / name, wave, Hertz{16000.0});
    const auto whole = read_recording(scratch_ / name, Hertz{16000.0}).samples;
    fs::resize_file(scratch_ / name, fs::file_size(scratch_ / name) / 2);
    const auto recording = read_recording(scratch_ / name, Hertz{16000.0});
    EXPECT_TRUE(recording.truncated) << name;
    ASSERT_GT(recording.samples.size(), 4000U) << name;
    ASSERT_LT(recording.samples.size(), 20000U) << name;
    EXPECT_TRUE(std::equal(recording.samples.begin(), recording.samples.end(), whole.begin()))
        << name;
  }
}

TEST_F(SoundFileTest, EveryCutIsEitherSoundOrOneError) {
  for (const auto* name : {"c.wav", "c.flac"}) {
    write_recording(scratch_ / name, sine(440.0, 16000.0, 300), Hertz{16000.0});
    for (auto size = fs::file_size(scratch_ / name); size-- > 0;) {
      fs::resize_file(scratch_ / name, size);
      try {
        const auto recording = read_recording(scratch_ / name, Hertz{16000.0});
        EXPECT_FALSE(recording.samples.empty());
        EXPECT_LE(recording.samples.size(), 300U);
      } catch (const DataError& error) {
        EXPECT_THAT(error.what(), HasSubstr(name));
      }
    }
  }
}

TEST_F(SoundFileTest, WhatIsNoSoundFileIsOneClearError) {
  write_bytes(scratch_ / "empty.wav", "");
  EXPECT_THAT(error_of(scratch_ / "empty.wav"),
              AllOf(HasSubstr("empty.wav"), HasSubstr("0 bytes")));
  write_bytes(scratch_ / "text.wav", "Dear diary, today I recorded nothing at all.\n");
  EXPECT_THAT(error_of(scratch_ / "text.wav"),
              AllOf(HasSubstr("text.wav"), HasSubstr("is no sound file")));
  EXPECT_THAT(error_of(scratch_.path()), HasSubstr("is a folder"));
  EXPECT_THAT(error_of(scratch_ / "absent.wav"), HasSubstr("No such file"));
  ASSERT_EQ(::mkfifo((scratch_ / "fifo.wav").c_str(), 0600), 0);
  EXPECT_THAT(error_of(scratch_ / "fifo.wav"), HasSubstr("no regular file"));
  write_bytes(scratch_ / "esc\x1b[2J.wav", "nothing");
  EXPECT_THAT(error_of(scratch_ / "esc\x1b[2J.wav"), ::testing::Not(HasSubstr("\x1b")));
}

TEST_F(SoundFileTest, AFileWithoutSamplesIsAnError) {
  for (const auto* name : {"none.wav", "none.flac", "none.ogg"}) {
    const int format = std::string(name).ends_with("wav")    ? SF_FORMAT_WAV | SF_FORMAT_PCM_16
                       : std::string(name).ends_with("flac") ? SF_FORMAT_FLAC | SF_FORMAT_PCM_16
                                                             : SF_FORMAT_OGG | SF_FORMAT_VORBIS;
    write_with_libsndfile(scratch_ / name, format, 16000, 1, {});
    EXPECT_THAT(error_of(scratch_ / name), HasSubstr(name));
  }
  write_bytes(scratch_ / "header.wav", wav(1, 16000, 32000, ""));
  EXPECT_THAT(error_of(scratch_ / "header.wav"), HasSubstr("header.wav"));
}

TEST_F(SoundFileTest, HeadersThatLieAreHeldToTheBytesThatAreThere) {
  const std::string data(2000, '\x11');
  write_bytes(scratch_ / "huge.wav", wav(1, 16000, 0xFFFFFF00U, data));
  EXPECT_EQ(read_recording(scratch_ / "huge.wav", Hertz{16000.0}).samples.size(), 1000U);
  write_bytes(scratch_ / "fast.wav", wav(1, 2'000'000'000, 2000, data));
  EXPECT_THAT(error_of(scratch_ / "fast.wav"), HasSubstr("rate of 2000000000 Hz"));
  write_bytes(scratch_ / "slow.wav", wav(1, 7, 2000, data));
  EXPECT_THAT(error_of(scratch_ / "slow.wav"), HasSubstr("rate of 7 Hz"));
  write_bytes(scratch_ / "wide.wav", wav(60000, 16000, 2000, data));
  EXPECT_THAT(error_of(scratch_ / "wide.wav"), HasSubstr("wide.wav"));
  write_bytes(scratch_ / "still.wav", wav(1, 0, 2000, data));
  EXPECT_THAT(error_of(scratch_ / "still.wav"), HasSubstr("still.wav"));
  write_bytes(scratch_ / "mute.wav", wav(0, 16000, 2000, data));
  EXPECT_THAT(error_of(scratch_ / "mute.wav"), HasSubstr("mute.wav"));
}

TEST_F(SoundFileTest, ARecordingLongerThanTheLimitIsRefused) {
  write_recording(scratch_ / "long.flac", std::vector<float>(160000, 0.0F), Hertz{16000.0});
  EXPECT_THROW((void)read_recording(scratch_ / "long.flac", Hertz{16000.0}, 9.0), DataError);
  EXPECT_EQ(read_recording(scratch_ / "long.flac", Hertz{16000.0}, 10.0).samples.size(), 160000U);
}

TEST_F(SoundFileTest, WritingWhatCannotBeIsRefusedAndLeavesNothing) {
  const std::vector<float> some(100, 0.5F);
  EXPECT_THROW(write_recording(scratch_ / "a.mp3", some, Hertz{16000.0}), DataError);
  EXPECT_THROW(write_recording(scratch_ / "a.wav", {}, Hertz{16000.0}), DataError);
  EXPECT_THROW(write_recording(scratch_ / "a.wav", some, Hertz{0.0}), DataError);
  EXPECT_THROW(write_recording(scratch_ / "no" / "a.wav", some, Hertz{16000.0}), DataError);
  EXPECT_TRUE(fs::is_empty(scratch_.path()));
}

TEST_F(SoundFileTest, ThreadsReadTheirOwnFiles) {
  const auto wave = sine(440.0, 16000.0, 8000);
  write_recording(scratch_ / "good.flac", wave, Hertz{16000.0});
  write_bytes(scratch_ / "text.wav", "no sound");
  const auto expected = read_recording(scratch_ / "good.flac", Hertz{8000.0}).samples;
  std::vector<std::thread> threads;
  std::vector<int> right(4, 0);
  for (std::size_t t = 0; t < right.size(); ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) {
        right[t] += read_recording(scratch_ / "good.flac", Hertz{8000.0}).samples == expected;
        right[t] += error_of(scratch_ / "text.wav").find("is no sound file") != std::string::npos;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(right, std::vector<int>(4, 40));
}

TEST_F(SoundFileTest, FailedOpensLeakNoDescriptors) {
  const auto open_descriptors = [] {
    return std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator());
  };
  write_bytes(scratch_ / "text.wav", "no sound");
  write_bytes(scratch_ / "slow.wav", wav(1, 7, 4, "abcd"));
  const auto before = open_descriptors();
  for (const auto* name : {"text.wav", "slow.wav", "absent.wav"}) (void)error_of(scratch_ / name);
  EXPECT_EQ(open_descriptors(), before);
}

}  // namespace
}  // namespace kws::sound
