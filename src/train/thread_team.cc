// SPDX-License-Identifier: MIT
#include "train/thread_team.h"

#include <cassert>

namespace kws::train {
namespace {

/// Phases follow each other within microseconds, waking a sleeping thread takes fifty: so a thread
/// looks again for a while before it sleeps.
constexpr int kSpins = 4000;

void pause_briefly() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// Returns once `value` is no longer `old`.
std::uint32_t wait_for_change(const std::atomic<std::uint32_t>& value, std::uint32_t old) {
  for (int spin = 0; spin < kSpins; ++spin) {
    const auto now = value.load(std::memory_order_acquire);
    if (now != old) return now;
    pause_briefly();
  }
  value.wait(old, std::memory_order_acquire);
  return value.load(std::memory_order_acquire);
}

}  // namespace

ThreadTeam::ThreadTeam(std::size_t threads) {
  assert(threads >= 1);
  try {
    for (std::size_t thread = 1; thread < threads; ++thread) {
      workers_.emplace_back([this, thread] { serve(thread); });
    }
  } catch (...) {  // the system has no more threads to give
    leave();
    throw;
  }
}

ThreadTeam::~ThreadTeam() { leave(); }

void ThreadTeam::leave() {
  leaving_ = true;
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
  for (auto& worker : workers_) worker.join();
}

void ThreadTeam::run_erased(Call call, const void* context) {
  if (workers_.empty()) {
    call(context, 0);
    return;
  }
  call_ = call;
  context_ = context;
  busy_.store(static_cast<std::uint32_t>(workers_.size()), std::memory_order_relaxed);
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
  call(context, 0);
  for (auto left = busy_.load(std::memory_order_acquire); left != 0;) {
    left = wait_for_change(busy_, left);
  }
}

void ThreadTeam::serve(std::size_t thread) {
  for (std::uint32_t round = 0;;) {
    round = wait_for_change(round_, round);
    if (leaving_) return;
    call_(context_, thread);
    if (busy_.fetch_sub(1, std::memory_order_release) == 1) busy_.notify_one();
  }
}

}  // namespace kws::train
