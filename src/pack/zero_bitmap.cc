// SPDX-License-Identifier: MIT
#include "pack/zero_bitmap.h"

#include <algorithm>
#include <cassert>

#include "base/error.h"
#include "base/text.h"

namespace kws::pack {
namespace {

bool is_zero(std::span<const std::byte> value) {
  return std::all_of(value.begin(), value.end(), [](std::byte b) { return b == std::byte{0}; });
}

std::byte bit(std::uint64_t place) { return std::byte{1} << static_cast<int>(place % 8); }

}  // namespace

std::optional<std::vector<std::byte>> to_bitmap(std::span<const std::byte> values,
                                                std::size_t size) {
  assert(values.size() % size == 0);
  const std::uint64_t count = values.size() / size;
  std::vector<std::byte> stored(bitmap_bytes(count));
  std::uint64_t zeros = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto value = values.subspan(i * size, size);
    if (is_zero(value)) {
      ++zeros;
      continue;
    }
    stored[i / 8] |= bit(i);
    stored.insert(stored.end(), value.begin(), value.end());
  }
  if (count == 0 || zeros < least_zeros(count)) return std::nullopt;
  return stored;
}

std::vector<std::byte> from_bitmap(std::span<const std::byte> stored, std::uint64_t count,
                                   std::size_t size, const std::string& what) {
  const auto fail = [&](const std::string& why) {
    throw ModelError("'" + printable(what) + "', stored with a bitmap of its zeros: " + why);
  };
  if (stored.size() < bitmap_bytes(count)) fail("is shorter than the bitmap");
  const auto bitmap = stored.first(bitmap_bytes(count));
  auto rest = stored.subspan(bitmap.size());
  std::vector<std::byte> values(count * size);
  std::uint64_t zeros = 0;
  for (std::uint64_t i = 0; i < bitmap.size() * 8; ++i) {
    const bool has_value = (bitmap[i / 8] & bit(i)) != std::byte{0};
    if (!has_value) {
      zeros += i < count;
      continue;
    }
    if (i >= count) fail("the bitmap goes on behind the last value");
    if (rest.size() < size) fail("has fewer values than the bitmap says");
    if (is_zero(rest.first(size))) fail("a value that the bitmap says is not zero is zero");
    std::copy_n(rest.begin(), size, values.begin() + static_cast<std::ptrdiff_t>(i * size));
    rest = rest.subspan(size);
  }
  if (!rest.empty()) fail("has more values than the bitmap says");
  if (zeros < least_zeros(count)) fail("has too few zeros to be stored like this");
  return values;
}

}  // namespace kws::pack
