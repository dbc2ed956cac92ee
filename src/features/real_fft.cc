// SPDX-License-Identifier: MIT
#include "features/real_fft.h"

#include <fftw3.h>

#include <algorithm>
#include <cassert>
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

RealFft::RealFft(std::size_t length, std::size_t bins)
    : length_(length),
      bins_(bins),
      input_(allocate(length)),
      transformed_(allocate(2 * (length / 2 + 1) + 2 * RealSpectrum::kMargin)) {
  assert(bins <= length / 2 + 1);
  auto* const output = reinterpret_cast<fftwf_complex*>(transformed_.get() + RealSpectrum::kMargin);
  const bool even = length % 2 == 0;
  if (even) {
    unpacking_.emplace(length, bins);
    spectrum_.resize(2 * bins + RealSpectrum::kMargin);
  }
  const std::lock_guard lock(planner_mutex());
  const auto size = static_cast<int>(length);
  plan_.reset(even ? fftwf_plan_dft_1d(size / 2, reinterpret_cast<fftwf_complex*>(input_.get()),
                                       output, FFTW_FORWARD, FFTW_ESTIMATE | FFTW_PRESERVE_INPUT)
                   : fftwf_plan_dft_r2c_1d(size, input_.get(), output,
                                           FFTW_ESTIMATE | FFTW_PRESERVE_INPUT));
  if (plan_ == nullptr) throw std::bad_alloc();
}

std::span<const float> RealFft::execute() noexcept {
  fftwf_execute(plan_.get());
  float* const transformed = transformed_.get() + RealSpectrum::kMargin;
  if (!unpacking_) return {transformed, 2 * bins_};
  unpacking_->unpack(transformed, spectrum_.data());
  return std::span(spectrum_).first(2 * bins_);
}

}  // namespace kws::features
