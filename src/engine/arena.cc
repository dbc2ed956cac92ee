// SPDX-License-Identifier: MIT
#include "engine/arena.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "engine/aligned_floats.h"

namespace kws::engine {
namespace {

constexpr auto kUnit = static_cast<std::int64_t>(kAlignment);

std::int64_t rounded(std::int64_t bytes) { return (bytes + kUnit - 1) / kUnit * kUnit; }

/// One phase of a ring; loads may run behind its end like behind any input's.
std::int64_t phase_bytes(const Buffer& buffer) {
  return rounded((buffer.rows + buffer.margin) * buffer.row_bytes + kReadSlack);
}

}  // namespace

ArenaLayout lay_out(const std::vector<Buffer>& buffers) {
  std::vector<std::size_t> order(buffers.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(),
                   [&](auto a, auto b) { return buffers[a].bytes() > buffers[b].bytes(); });

  ArenaLayout layout{.offsets = std::vector<std::int64_t>(buffers.size(), 0)};
  std::vector<std::size_t> placed;  // by offset
  for (const auto b : order) {
    const std::int64_t room = rounded(buffers[b].bytes());
    if (room == 0 || buffers[b].ring) continue;
    std::int64_t offset = 0;
    for (const auto other : placed) {
      const bool together = buffers[b].first_step <= buffers[other].last_step &&
                            buffers[other].first_step <= buffers[b].last_step;
      if (!together) continue;
      if (offset + room <= layout.offsets[other]) break;  // fits before it
      offset = std::max(offset, layout.offsets[other] + rounded(buffers[other].bytes()));
    }
    layout.offsets[b] = offset;
    layout.bytes = std::max(layout.bytes, offset + room);
    const auto behind = std::find_if(placed.begin(), placed.end(),
                                     [&](auto other) { return layout.offsets[other] > offset; });
    placed.insert(behind, b);
  }
  layout.bytes += rounded(kReadSlack);
  for (std::size_t b = 0; b < buffers.size(); ++b) {
    if (!buffers[b].ring) continue;
    layout.offsets[b] = layout.bytes;
    layout.bytes += buffers[b].motion.period * phase_bytes(buffers[b]);
  }
  return layout;
}

Place::Place(const Buffer& buffer, std::int64_t offset)
    : ring_(buffer.ring),
      offset_(offset),
      rows_(buffer.rows),
      row_bytes_(buffer.row_bytes),
      margin_(buffer.margin),
      forgotten_(buffer.forgotten),
      phase_bytes_(phase_bytes(buffer)),
      period_(static_cast<std::uint64_t>(buffer.motion.period)),
      shift_(static_cast<std::uint64_t>(buffer.motion.shift)) {}

Place::Phase Place::phase(std::uint64_t run) const noexcept {
  const auto rows = static_cast<std::uint64_t>(rows_);
  return {offset_ + static_cast<std::int64_t>(run % period_) * phase_bytes_,
          static_cast<std::int64_t>(run / period_ % rows * (shift_ % rows) % rows)};
}

std::int64_t Place::front(std::uint64_t run) const noexcept {
  if (!ring_) return offset_;
  const Phase now = phase(run);
  return now.offset + now.head * row_bytes_;
}

std::int64_t Place::back(std::uint64_t run) const noexcept {
  if (!ring_) return offset_;
  const Phase now = phase(run);
  const std::int64_t first = (now.head + rows_ - margin_) % rows_;  // of the last `margin` rows
  return now.offset + (first - (rows_ - margin_)) * row_bytes_;
}

void Place::mirror(std::byte* arena, std::uint64_t run, std::int64_t origin,
                   RowRange rows) const noexcept {
  if (!ring_ || margin_ == 0) return;
  const std::int64_t base = phase(run).offset;
  std::byte* const ring = arena + base;
  // As places in the ring; the margin begins at rows_.
  const std::int64_t begin = (origin - base) / row_bytes_ + rows.begin;
  const std::int64_t end = begin + rows.end - rows.begin;
  const auto copy = [&](std::int64_t from, std::int64_t to, std::int64_t distance) {
    if (from >= to) return;
    std::memcpy(ring + (from + distance) * row_bytes_, ring + from * row_bytes_,
                static_cast<std::size_t>((to - from) * row_bytes_));
  };
  copy(begin, std::min(end, margin_), rows_);
  copy(std::max(begin, rows_), end, -rows_);
}

void Place::prefetch(const std::byte* arena, std::uint64_t run) const noexcept {
  const std::byte* const window = arena + front(run);
  const std::byte* const end = window + forgotten_.end * row_bytes_;
  constexpr int kRead = 0;
  constexpr int kSecondCache = 2;  // the first has work to do before the rows' turn comes
  for (auto* line = window + forgotten_.begin * row_bytes_; line < end; line += kAlignment) {
    __builtin_prefetch(line, kRead, kSecondCache);
  }
}

}  // namespace kws::engine
