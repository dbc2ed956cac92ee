// SPDX-License-Identifier: MIT
#include "features/real_fft.h"

#include <fftw3.h>

#include <algorithm>
#include <mutex>
#include <new>

namespace kws::features {

namespace {

/// FFTW guarantees that fftwf_execute is safe in several threads, and nothing else of it.
std::mutex& planner_mutex() {
  static std::mutex mutex;
  return mutex;
}

float* allocate(std::size_t count) {
  float* memory = fftwf_alloc_real(count);
  if (memory == nullptr) throw std::bad_alloc();
  std::fill_n(memory, count, 0.0F);
  return memory;
}

}  // namespace

void RealFft::FreeBuffer::operator()(float* memory) const noexcept { fftwf_free(memory); }

void RealFft::DestroyPlan::operator()(fftwf_plan_s* plan) const noexcept {
  const std::lock_guard lock(planner_mutex());
  fftwf_destroy_plan(plan);
}

RealFft::RealFft(std::size_t length)
    : length_(length), input_(allocate(length)), output_(allocate(2 * (length / 2 + 1))) {
  const std::lock_guard lock(planner_mutex());
  plan_.reset(fftwf_plan_dft_r2c_1d(static_cast<int>(length), input_.get(),
                                    reinterpret_cast<fftwf_complex*>(output_.get()),
                                    FFTW_ESTIMATE));
  if (plan_ == nullptr) throw std::bad_alloc();
}

std::span<const float> RealFft::execute() noexcept {
  fftwf_execute(plan_.get());
  return {output_.get(), 2 * (length_ / 2 + 1)};
}

}  // namespace kws::features
