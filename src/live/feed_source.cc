// SPDX-License-Identifier: MIT
#include "live/feed_source.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace kws::live {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr double kBlocksPerSecond = 100.0;  // paced: blocks of 10 ms, as a sound card's
constexpr std::size_t kMostTaken = 4096;    // samples that one read() gives
constexpr milliseconds kIdle{50};           // longest wait for samples before looking around
constexpr milliseconds kPaused{10};
/// Later than this, a paced feed does not hurry to catch up but goes on from now: the machine
/// slept.
constexpr std::chrono::seconds kSuspended{1};

std::size_t read_samples(const FeedSource::Options& options, Hertz rate) {
  if (!options.paced) return kMostTaken;
  return static_cast<std::size_t>(std::max(1.0, std::round(rate.value / kBlocksPerSecond)));
}

Clock::duration duration_of(std::uint64_t samples, Hertz rate) {
  return std::chrono::duration_cast<Clock::duration>(
      std::chrono::duration<double>(static_cast<double>(samples) / rate.value));
}

}  // namespace

FeedSource::FeedSource(std::unique_ptr<SampleReader> reader, const Options& options)
    : options_(options),
      name_(reader->name()),
      ring_(static_cast<std::size_t>(options.ring_s * options.rate.value)),
      reader_(std::move(reader)),
      resampler_(reader_->rate(), options.rate),
      read_(read_samples(options, reader_->rate())),
      converted_(static_cast<std::size_t>(
                     std::ceil(static_cast<double>(read_.size()) * resampler_.ratio())) +
                 64),
      block_(kMostTaken),
      timer_(options.rate),
      thread_([this] { run(); }) {}

FeedSource::~FeedSource() {
  {
    const std::lock_guard lock(mutex_);
    stop_.store(true, std::memory_order_relaxed);
  }
  changed_.notify_all();
  thread_.join();
}

void FeedSource::run() {
  try {
    bool heard_any = false;
    while (!stopped()) {
      const auto count = reader_->read(read_, stop_);
      non_finite_.store(reader_->non_finite_samples(), std::memory_order_relaxed);
      if (count > 0) {
        heard_any = true;
        convert_and_deliver(std::span<const float>(read_).first(count), false);
      } else if (options_.loops && heard_any && !stopped() && reader_->rewind()) {
        heard_any = false;
        loops_.fetch_add(1, std::memory_order_relaxed);
      } else {
        break;
      }
    }
    convert_and_deliver(std::span<const float>(read_).first(0), true);
    tell_gap();
  } catch (...) {
    const std::lock_guard lock(mutex_);
    error_ = std::current_exception();
  }
  {
    const std::lock_guard lock(mutex_);
    said_ = reader_->notice();
    ended_.store(true, std::memory_order_release);  // pairs with read(): all samples are seen
  }
  changed_.notify_all();
}

void FeedSource::convert_and_deliver(std::span<const float> from, bool last) {
  while (!stopped()) {
    const auto progress = resampler_.convert(from, converted_, last);
    from = from.subspan(progress.consumed);
    const auto made = std::span<const float>(converted_).first(progress.produced);
    if (options_.paced) {
      if (!made.empty()) deliver_paced(made);
    } else {
      deliver(made);
    }
    if (last ? progress.produced == 0 : from.empty()) return;
  }
}

void FeedSource::deliver(std::span<const float> samples) {
  while (!samples.empty() && !stopped()) {
    const auto count = ring_.write(samples);
    written_ += count;
    samples = samples.subspan(count);
    std::unique_lock lock(mutex_);
    changed_.notify_all();
    if (samples.empty()) return;
    changed_.wait(lock, [this] { return stopped() || ring_.size() <= ring_.capacity() / 2; });
  }
}

void FeedSource::deliver_paced(std::span<const float> samples) {
  TimePoint captured;
  for (std::unique_lock lock(mutex_); !stopped();) {
    if (paused()) {
      changed_.wait(lock, [this] { return stopped() || !paused(); });
      due_.reset();
      continue;
    }
    const auto now = Clock::now();
    if (!due_ || now > *due_ + kSuspended) {
      due_ = now;
      since_ = written_;
    }
    captured = *due_ + duration_of(samples.size(), options_.rate);
    if (now >= captured) break;
    changed_.wait_until(lock, captured, [this] { return stopped() || paused(); });
  }
  if (stopped()) return;
  due_ = captured;

  if (lost_ > 0 && (ring_.size() == ring_.capacity() || !tell_gap())) {
    lost_ += samples.size();
    return;
  }
  const auto count = ring_.write(samples);
  written_ += count;
  lost_ += samples.size() - count;
  Mark& mark = mark_.back();
  mark.written = written_;
  mark.captured = captured - duration_of(samples.size() - count, options_.rate);
  mark.since = since_;
  mark_.publish();
}

bool FeedSource::tell_gap() {
  if (lost_ == 0) return true;
  const Gap gap{.at = written_, .lost = lost_};
  if (gaps_.write(std::span(&gap, 1)) == 0) return false;
  lost_ = 0;
  since_ = written_;
  return true;
}

void FeedSource::wait(std::size_t wanted) noexcept {
  if (!options_.paced) {
    std::unique_lock lock(mutex_);
    changed_.notify_all();  // there is room again since the last read()
    changed_.wait_for(lock, kIdle, [this] {
      return stopped() || ended_.load(std::memory_order_relaxed) || (ring_.size() > 0 && !paused());
    });
    return;
  }
  const auto have = ring_.size();
  if (paused()) {
    sleep_until(Clock::now() + kPaused);
  } else if (have < wanted && !ended_.load(std::memory_order_acquire)) {
    sleep_until(timer_.due(wanted - have, Clock::now()));
  }
}

Source::Block FeedSource::read() noexcept KWS_REALTIME {
  Block block;
  if (paused()) return block;
  const bool ended = ended_.load(std::memory_order_acquire);
  mark_.refresh();
  // Samples first, then gaps: whatever lies before these samples has been told by now.
  auto count = std::min(ring_.size(), block_.size());
  if (Gap gap; !next_gap_ && gaps_.read(std::span(&gap, 1)) == 1) next_gap_ = gap;
  if (next_gap_ && next_gap_->at == taken_) {
    block.overrun = true;
    block.lost_samples = next_gap_->lost;
    block.lost_device_samples = static_cast<std::uint64_t>(
        std::llround(static_cast<double>(next_gap_->lost) / resampler_.ratio()));
    next_gap_.reset();
    if (Gap gap; gaps_.read(std::span(&gap, 1)) == 1) next_gap_ = gap;
  }
  if (next_gap_) count = std::min<std::size_t>(count, next_gap_->at - taken_);

  block.samples = std::span<const float>(block_).first(ring_.read(std::span(block_).first(count)));
  taken_ += count;
  const Mark& mark = mark_.front();
  if (mark.written > 0 && taken_ > mark.since) {
    // The mark may be a block behind the samples or ahead of them.
    const auto ahead = static_cast<double>(taken_) - static_cast<double>(mark.written);
    block.captured =
        mark.captured + std::chrono::duration_cast<Clock::duration>(
                            std::chrono::duration<double>(ahead / options_.rate.value));
    timer_.heard(count, *block.captured);
  }
  block.ended = ended && ring_.size() == 0 && !next_gap_;
  return block;
}

double FeedSource::fill() const noexcept {
  return static_cast<double>(ring_.size()) / static_cast<double>(ring_.capacity());
}

void FeedSource::set_paused(bool paused) noexcept {
  {
    const std::lock_guard lock(mutex_);
    paused_.store(paused, std::memory_order_relaxed);
  }
  changed_.notify_all();
}

std::string FeedSource::notice() const {
  const std::lock_guard lock(mutex_);
  return said_;
}

void FeedSource::rethrow() const {
  const std::lock_guard lock(mutex_);
  if (error_) std::rethrow_exception(error_);
}

}  // namespace kws::live
