// SPDX-License-Identifier: MIT
//
// Live recognition as a whole: a source, the recogniser on its thread, and a control thread that
// does everything slow (loads and warms models, measures memory, watches the device). `kws listen`
// and `kws monitor` make one. Threads, rings and losses: docs/realtime.md.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "live/commands.h"
#include "live/input.h"
#include "live/recogniser.h"
#include "live/source.h"
#include "live/telemetry.h"

namespace kws::live {

struct SessionOptions {
  /// Model files, at least one; the first begins. All are validated at the start and loaded again
  /// at every switch. One sample rate for all.
  std::vector<std::filesystem::path> models;
  std::string preset;               // decide::preset() instead of the models' own settings
  std::optional<double> threshold;  // 0..1, for every keyword, over settings and preset
  bool rows = true;                 // compute RowEvents
  engine::Execution execution = engine::Execution::kIncremental;
  /// Nothing that is not paced overtakes the reader of events: nothing is missed. He says how far
  /// he is by Session::seen().
  bool wait_for_reader = false;
};

class Session final : public Commands {
 public:
  using OpenSource = std::function<std::unique_ptr<Source>(Hertz model_rate)>;

  /// Loads the models, opens the input and starts. Throws ModelError, ConfigError (settings),
  /// DeviceError, DataError, UsageError (no model).
  Session(const SessionOptions& options, const Input& input);
  Session(const SessionOptions& options, const OpenSource& open_source);
  /// Stops.
  ~Session() override;

  [[nodiscard]] Telemetry& telemetry() noexcept { return telemetry_; }

  /// True once the sound has ended, the device is lost or stop() was called; everything is
  /// published then.
  [[nodiscard]] bool finished() const noexcept { return finished_.load(std::memory_order_acquire); }
  void stop() noexcept;

  /// After the end: throws what ended the source before its time (DataError), or DeviceError when
  /// the device is gone.
  void rethrow() const;

  /// Reader of events, with wait_for_reader: the numbers of the events he wants next
  /// (EventRing::Reader::position()).
  void seen(std::uint64_t posteriors, std::uint64_t detections) noexcept;

  // Commands. Any thread.
  [[nodiscard]] std::vector<ModelInfo> models() const override { return models_; }
  [[nodiscard]] std::string input_name() const override { return source_->name(); }
  void switch_to(std::size_t model) override;
  void set_paused(bool paused) override;
  void shift_thresholds(float delta) override;
  [[nodiscard]] bool switching() const override {
    return switching_.load(std::memory_order_acquire);
  }
  [[nodiscard]] std::string notice() const override;

 private:
  [[nodiscard]] std::unique_ptr<LiveLane> make_lane(const pack::ModelPack& pack,
                                                    std::size_t model) const;
  void recognise() noexcept;
  void hold_back() noexcept;
  void control();
  void change_lane(std::size_t model);
  void watch();

  SessionOptions options_;
  std::vector<ModelInfo> models_;
  Hertz rate_;
  Telemetry telemetry_;
  std::unique_ptr<Source> source_;
  std::unique_ptr<Recogniser> recogniser_;

  // Read by the recogniser thread, written by others.
  std::atomic<bool> stop_{false};
  std::atomic<bool> paused_{false};
  std::atomic<bool> lost_{false};
  std::atomic<bool> switching_{false};  // what is not paced waits for the new lane
  std::atomic<std::uint64_t> resident_bytes_{0};
  std::atomic<std::uint64_t> posteriors_seen_{0};
  std::atomic<std::uint64_t> detections_seen_{0};
  std::atomic<bool> finished_{false};

  std::vector<float> shifts_;  // of each model's thresholds when last at work: the control thread's

  // Between commands and the control thread.
  mutable std::mutex mutex_;
  std::condition_variable asked_;
  std::optional<std::size_t> wanted_;  // model to go over to
  std::size_t at_work_ = 0;            // model that the last finished switch led to
  std::string notice_;

  std::thread recogniser_thread_;
  std::thread control_thread_;
};

}  // namespace kws::live
