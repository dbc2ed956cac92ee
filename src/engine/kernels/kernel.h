// SPDX-License-Identifier: MIT
//
// What a plan calls: one layer with its weights packed, ready to run over any rows of its output.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/realtime.h"

namespace kws::engine {

/// Rows (time steps) of an output, `end` excluded.
struct RowRange {
  std::int64_t begin = 0;
  std::int64_t end = 0;
  bool operator==(const RowRange&) const = default;
};

/// The first element of each whole input tensor, in the element type that the kernel is made for.
using Inputs = std::span<const void* const>;

/// Activations are [time, freq, channels], channels last, contiguous.
///
/// Contract of every kernel, on which the incremental engine is built: an output element is the
/// same bits whatever range it is computed in, because the order of its sums is fixed by the layer
/// alone. Loads may read up to kReadSlack bytes behind what an input holds (whatever is found
/// there is dropped); stores never leave the rows asked for.
class Kernel {
 public:
  virtual ~Kernel();

  /// output: the first element of the whole output tensor. It may be an input's memory where the
  /// layer works element by element.
  virtual void run(Inputs inputs, void* output, RowRange rows) const noexcept KWS_REALTIME = 0;

  /// What `kws inspect --kernels` calls it: "pointwise", "depthwise".
  [[nodiscard]] virtual std::string_view name() const noexcept = 0;
};

/// What an arena keeps free behind its last tensor.
inline constexpr std::int64_t kReadSlack = 64;  // bytes

}  // namespace kws::engine
