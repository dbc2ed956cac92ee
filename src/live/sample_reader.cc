// SPDX-License-Identifier: MIT
#include "live/sample_reader.h"

#include <chrono>
#include <cstdio>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "sound/pcm_pipe.h"
#include "sound/sound_file.h"

namespace kws::live {
namespace {

class FileReader final : public SampleReader {
 public:
  explicit FileReader(std::filesystem::path path) : path_(std::move(path)), file_(path_) {}

  Hertz rate() const override { return file_.sample_rate(); }
  std::size_t read(std::span<float> into, const std::atomic<bool>& /*stop*/) override {
    const auto count = file_.read(into);
    length_ += count;
    return count;
  }
  bool rewind() override {
    file_.rewind();
    length_ = 0;
    return true;
  }
  std::uint64_t non_finite_samples() const override { return file_.non_finite_samples(); }
  std::string name() const override { return "file " + printable(path_.string()); }
  std::string notice() const override {
    if (!file_.truncated()) return {};
    return printable(path_.string()) + " is cut short: " + std::to_string(length_) + " of " +
           std::to_string(file_.length_samples()) + " samples are there";
  }

 private:
  std::filesystem::path path_;
  sound::SoundFile file_;
  std::uint64_t length_ = 0;
};

class PipeReader final : public SampleReader {
 public:
  PipeReader(int fd, Hertz rate) : rate_(rate), pipe_(fd) {}

  Hertz rate() const override { return rate_; }
  std::size_t read(std::span<float> into, const std::atomic<bool>& stop) override {
    while (!pipe_.wait(std::chrono::milliseconds(50))) {
      if (stop.load(std::memory_order_relaxed)) return 0;
    }
    const auto count = pipe_.read(into);
    ended_mid_sample_ = count == 0 && pipe_.ended_mid_sample();
    if (count == 0 && !any_ && !ended_mid_sample_) {
      throw DataError("the pipe ended before any sound came; did the program before it fail?");
    }
    any_ = any_ || count > 0;
    return count;
  }
  std::string name() const override {
    char khz[32];
    std::snprintf(khz, sizeof khz, "%g", rate_.value / 1000.0);
    return std::string("pipe (s16le, ") + khz + " kHz)";
  }
  std::string notice() const override {
    return ended_mid_sample_ ? "the pipe ended in the middle of a sample: is it s16le mono?" : "";
  }

 private:
  Hertz rate_;
  sound::PcmPipe pipe_;
  bool ended_mid_sample_ = false;
  bool any_ = false;
};

}  // namespace

std::unique_ptr<SampleReader> read_file_samples(const std::filesystem::path& path) {
  return std::make_unique<FileReader>(path);
}

std::unique_ptr<SampleReader> read_pipe_samples(int fd, Hertz rate) {
  return std::make_unique<PipeReader>(fd, rate);
}

}  // namespace kws::live
