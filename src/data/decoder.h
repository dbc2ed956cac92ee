// SPDX-License-Identifier: MIT
//
// Opens many recordings on several threads and keeps account of those that cannot be read.
#pragma once

#include <atomic>
#include <cstddef>
#include <filesystem>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "data/dataset.h"
#include "data/parallel.h"
#include "sound/sound_file.h"

namespace kws::data {

class Decoder {
 public:
  /// Takes rate, threads and progress from the options, which must outlive it. `total`: files that
  /// all calls of decode() together will get.
  Decoder(const DatasetOptions& options, std::size_t total) : options_(options), total_(total) {}

  /// Calls use(index, samples), from any thread, for every file that can be read.
  template <typename Use>
  void decode(const std::vector<std::filesystem::path>& files, double max_seconds, const Use& use) {
    for_each_parallel(files.size(), options_.threads, [&](std::size_t worker, std::size_t i) {
      try {
        const auto recording = sound::read_recording(files[i], options_.rate, max_seconds);
        if (recording.non_finite_samples > 0) ++files_with_nan_;
        use(i, std::span<const float>(recording.samples));
      } catch (const DataError& error) {
        const std::lock_guard lock(mutex_);
        failures_.emplace(files[i].string(), error.what());
      }
      const auto done = ++done_;
      if (worker == 0 && options_.progress) options_.progress(done, total_);
    });
    if (options_.progress) options_.progress(done_, total_);
  }

  [[nodiscard]] bool failed(const std::filesystem::path& file) const {
    return failures_.contains(file.string());
  }
  /// Why. Requires failed(file).
  [[nodiscard]] const std::string& failure(const std::filesystem::path& file) const {
    return failures_.at(file.string());
  }
  /// A sentence for each of the first twenty failures, one for the number of the rest.
  void report(std::vector<std::string>& warnings) const;

 private:
  const DatasetOptions& options_;
  std::size_t total_;
  std::atomic<std::size_t> done_{0};
  std::atomic<std::size_t> files_with_nan_{0};
  std::mutex mutex_;  // guards failures_ while threads run
  std::map<std::string, std::string> failures_;
};

}  // namespace kws::data
