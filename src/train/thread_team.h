// SPDX-License-Identifier: MIT
//
// A few threads that stay: the network hands them one phase of a training step after the other,
// some twenty times a step, so starting and joining must cost microseconds.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

namespace kws::train {

class ThreadTeam {
 public:
  /// `threads` in all, the caller of run() among them. Requires threads >= 1.
  explicit ThreadTeam(std::size_t threads);
  ~ThreadTeam();
  ThreadTeam(const ThreadTeam&) = delete;
  ThreadTeam& operator=(const ThreadTeam&) = delete;

  [[nodiscard]] std::size_t threads() const { return workers_.size() + 1; }

  /// Calls work(thread) once on every thread, 0 being the caller's, and returns when all are done;
  /// what one wrote is then visible to all. `work` must not throw. One caller at a time.
  template <typename Work>
  void run(const Work& work) {
    run_erased([](const void* context,
                  std::size_t thread) { (*static_cast<const Work*>(context))(thread); },
               &work);
  }

 private:
  using Call = void (*)(const void* context, std::size_t thread);

  void run_erased(Call call, const void* context);
  void serve(std::size_t thread);
  void leave();

  // Written by run() before round_ moves on, read by workers after it did.
  Call call_ = nullptr;
  const void* context_ = nullptr;
  bool leaving_ = false;
  alignas(64) std::atomic<std::uint32_t> round_{0};  // release by run(), acquire by workers
  alignas(64) std::atomic<std::uint32_t> busy_{0};   // release by workers, acquire by run()
  std::vector<std::thread> workers_;
};

}  // namespace kws::train
