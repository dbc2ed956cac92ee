// SPDX-License-Identifier: MIT
//
// A recording or a pipe as a source: a thread reads it, converts it to the model's rate and fills a
// ring. Paced, it plays by absolute deadlines and loses what the ring cannot take, exactly as a
// microphone would; otherwise it goes as fast as the recogniser reads and loses nothing.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/snapshot.h"
#include "base/spsc_ring.h"
#include "live/hop_timer.h"
#include "live/sample_reader.h"
#include "live/source.h"
#include "sound/resampler.h"

namespace kws::live {

class FeedSource final : public Source {
 public:
  struct Options {
    Hertz rate{16000.0};  // of the model
    bool paced = false;
    bool loops = false;  // begins again at the end, without a seam
    double ring_s = 8.0;
  };

  /// Throws DataError when the reader's rate cannot be converted.
  FeedSource(std::unique_ptr<SampleReader> reader, const Options& options);
  ~FeedSource() override;

  void wait(std::size_t wanted) noexcept override;
  [[nodiscard]] Block read() noexcept override KWS_REALTIME;
  [[nodiscard]] double fill() const noexcept override KWS_REALTIME;
  [[nodiscard]] bool paced() const noexcept override { return options_.paced; }
  [[nodiscard]] bool runs_while_paused() const noexcept override { return false; }
  void set_paused(bool paused) noexcept override;
  [[nodiscard]] std::uint64_t loops() const noexcept override KWS_REALTIME {
    return loops_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t non_finite_samples() const noexcept override KWS_REALTIME {
    return non_finite_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::string name() const override { return name_; }
  [[nodiscard]] std::string notice() const override;
  void rethrow() const override;

 private:
  /// Sound that did not fit, before the sample of this number.
  struct Gap {
    std::uint64_t at = 0;
    std::uint64_t lost = 0;
  };
  /// When the newest sample was due. Samples before `since` have no capture time: they waited
  /// through a pause, or lie before a gap.
  struct Mark {
    std::uint64_t written = 0;
    TimePoint captured;
    std::uint64_t since = 0;
  };

  void run();
  void convert_and_deliver(std::span<const float> from, bool last);
  void deliver(std::span<const float> samples);
  void deliver_paced(std::span<const float> samples);
  /// Tells the recogniser of a loss before the next sample; false when it cannot be told yet.
  bool tell_gap();
  [[nodiscard]] bool stopped() const noexcept { return stop_.load(std::memory_order_relaxed); }
  [[nodiscard]] bool paused() const noexcept { return paused_.load(std::memory_order_relaxed); }

  Options options_;
  std::string name_;

  // From the feeding thread to the recogniser. A gap is written before the samples behind it.
  SpscRing<float> ring_;
  SpscRing<Gap> gaps_{64};
  Snapshot<Mark> mark_;
  std::atomic<bool> ended_{false};  // released after the last sample
  std::atomic<std::uint64_t> loops_{0};
  std::atomic<std::uint64_t> non_finite_{0};

  // The feeding thread's own.
  std::unique_ptr<SampleReader> reader_;
  sound::Resampler resampler_;
  std::vector<float> read_;
  std::vector<float> converted_;
  std::uint64_t written_ = 0;
  std::uint64_t lost_ = 0;        // not yet told by a Gap
  std::uint64_t since_ = 0;       // Mark::since
  std::optional<TimePoint> due_;  // of the next sample; none: begin now

  // The recogniser thread's own.
  std::vector<float> block_;
  std::uint64_t taken_ = 0;
  std::optional<Gap> next_gap_;
  HopTimer timer_;

  // Anyone's. The mutex guards the condition, error_ and said_; the recogniser takes it in wait()
  // only, and only when nothing is paced.
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<bool> stop_{false};
  std::atomic<bool> paused_{false};
  std::exception_ptr error_;
  std::string said_;

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace kws::live
