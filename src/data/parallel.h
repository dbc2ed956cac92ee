// SPDX-License-Identifier: MIT
//
// The same work on many items, on several threads: decoding clips, extracting features.
#pragma once

#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace kws::data {

/// Calls work(worker, item) once for every item in 0 … count - 1, worker in 0 … threads - 1; the
/// caller is worker 0. Items are taken in order but finish in any. The first exception stops the
/// rest and is thrown again here.
template <typename Work>
void for_each_parallel(std::size_t count, std::size_t threads, const Work& work) {
  std::atomic<std::size_t> next{0};
  std::exception_ptr failure;
  std::mutex failure_mutex;
  const auto run = [&](std::size_t worker) {
    try {
      for (auto item = next.fetch_add(1); item < count; item = next.fetch_add(1)) {
        work(worker, item);
      }
    } catch (...) {
      const std::lock_guard lock(failure_mutex);
      if (!failure) failure = std::current_exception();
      next.store(count);
    }
  };
  {
    std::vector<std::jthread> helpers;  // joined at the end of this block
    for (std::size_t worker = 1; worker < threads && worker < count; ++worker) {
      helpers.emplace_back(run, worker);
    }
    run(0);
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace kws::data
