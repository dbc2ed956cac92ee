// SPDX-License-Identifier: MIT
//
// Where in one piece of memory a plan's buffers lie, and where in a ring a window begins.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/realtime.h"
#include "engine/kernels/kernel.h"
#include "engine/program.h"

namespace kws::engine {

struct ArenaLayout {
  std::vector<std::int64_t> offsets;  // bytes, by buffer; each a multiple of kAlignment
  std::int64_t bytes = 0;
};

/// Rings lie for themselves. Of the others, those that are alive together lie apart, largest first,
/// each at the lowest place that is free for all of its life (Pisarchyk and Lee 2020, greedy by
/// size).
[[nodiscard]] ArenaLayout lay_out(const std::vector<Buffer>& buffers);

/// A buffer in an arena. Whoever asks for a row's address gets one from which the rows behind it,
/// or before it, follow in one piece, as far as the margin of a ring reaches.
class Place {
 public:
  Place() = default;
  Place(const Buffer& buffer, std::int64_t offset);

  /// What to add to the arena's address so that row r of the window lies at r * row_bytes, good for
  /// reading and writing the first `margin` rows in run number `run` (all rows where the buffer is
  /// no ring, and in the first run of every phase).
  [[nodiscard]] std::int64_t front(std::uint64_t run) const noexcept KWS_REALTIME;
  /// Likewise for the last `margin` rows.
  [[nodiscard]] std::int64_t back(std::uint64_t run) const noexcept KWS_REALTIME;

  /// Of a ring, after `rows` were written by way of `origin`, which front() or back() gave: copies
  /// to the other end what must stand there too. Does nothing for other buffers.
  void mirror(std::byte* arena, std::uint64_t run, std::int64_t origin,
              RowRange rows) const noexcept KWS_REALTIME;

  /// Sends for the forgotten rows, which have left the caches since somebody last touched them, so
  /// that they are back when a kernel gets to them. Does nothing where there are none.
  void prefetch(const std::byte* arena, std::uint64_t run) const noexcept KWS_REALTIME;

 private:
  struct Phase {
    std::int64_t offset;  // of the ring of this phase
    std::int64_t head;    // where in it row 0 of the window lies
  };
  [[nodiscard]] Phase phase(std::uint64_t run) const noexcept KWS_REALTIME;

  bool ring_ = false;
  std::int64_t offset_ = 0;
  std::int64_t rows_ = 1;
  std::int64_t row_bytes_ = 0;
  std::int64_t margin_ = 0;
  RowRange forgotten_;
  std::int64_t phase_bytes_ = 0;
  std::uint64_t period_ = 1;
  std::uint64_t shift_ = 0;
};

}  // namespace kws::engine
