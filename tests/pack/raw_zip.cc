// SPDX-License-Identifier: MIT
#include "pack/raw_zip.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace kws::testing {
namespace {

/// Feeds pieces to zlib as they come. Raw deflate, as ZIP wants it.
class Deflater {
 public:
  Deflater() {
    if (deflateInit2(&stream_, 9, Z_DEFLATED, -MAX_WBITS, 9, Z_DEFAULT_STRATEGY) != Z_OK) {
      throw std::runtime_error("zlib");
    }
  }
  ~Deflater() { deflateEnd(&stream_); }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  void feed(std::span<const std::byte> piece, bool last) {
    std::vector<std::byte> input(piece.begin(), piece.end());  // zlib's pointer is not const
    stream_.next_in = reinterpret_cast<Bytef*>(input.data());
    stream_.avail_in = static_cast<uInt>(input.size());
    std::array<std::byte, 1 << 14> chunk;
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(chunk.data());
      stream_.avail_out = chunk.size();
      deflate(&stream_, last ? Z_FINISH : Z_NO_FLUSH);
      packed_.insert(packed_.end(), chunk.begin(),
                     chunk.begin() + (static_cast<std::ptrdiff_t>(chunk.size()) -
                                      static_cast<std::ptrdiff_t>(stream_.avail_out)));
    } while (stream_.avail_out == 0);
    crc_ =
        crc32(crc_, reinterpret_cast<const Bytef*>(piece.data()), static_cast<uInt>(piece.size()));
  }

  [[nodiscard]] std::vector<std::byte> packed() const { return packed_; }
  [[nodiscard]] std::uint32_t crc() const { return static_cast<std::uint32_t>(crc_); }

 private:
  z_stream stream_{};
  std::vector<std::byte> packed_;
  uLong crc_ = crc32(0, nullptr, 0);
};

class Bytes {
 public:
  void two(std::uint64_t value) { put(value, 2); }
  void four(std::uint64_t value) { put(value, 4); }
  void raw(std::span<const std::byte> bytes) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  [[nodiscard]] std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  void put(std::uint64_t value, int count) {
    for (int i = 0; i < count; ++i) bytes_.push_back(static_cast<std::byte>(value >> (8 * i)));
  }
  std::vector<std::byte> bytes_;
};

/// What local header and central directory have in common.
void put_facts(Bytes& out, const RawEntry& entry) {
  out.two(20);  // version needed
  out.two(entry.flags);
  out.two(entry.method);
  out.two(0);             // time
  out.two((1 << 5) | 1);  // 1980-01-01
  out.four(entry.crc);
  out.four(entry.packed.size());
  out.four(entry.declared_bytes);
  out.two(entry.name.size());
  out.two(0);  // no extra fields
}

}  // namespace

RawEntry deflated(std::string name, std::span<const std::byte> bytes) {
  Deflater deflater;
  deflater.feed(bytes, true);
  return {.name = std::move(name),
          .packed = deflater.packed(),
          .method = 8,
          .crc = deflater.crc(),
          .declared_bytes = static_cast<std::uint32_t>(bytes.size())};
}

RawEntry deflated_zeros(std::string name, std::uint64_t count) {
  static const std::vector<std::byte> kZeros(1 << 16);
  Deflater deflater;
  for (std::uint64_t left = count; left > 0;) {
    const auto now = std::min<std::uint64_t>(left, kZeros.size());
    left -= now;
    deflater.feed(std::span(kZeros).first(static_cast<std::size_t>(now)), left == 0);
  }
  return {.name = std::move(name),
          .packed = deflater.packed(),
          .method = 8,
          .crc = deflater.crc(),
          .declared_bytes = static_cast<std::uint32_t>(count)};
}

std::vector<std::byte> raw_zip(std::span<const RawEntry> entries) {
  Bytes out;
  Bytes directory;
  for (const auto& entry : entries) {
    const auto offset = out.size();
    out.four(0x04034b50);
    put_facts(out, entry);
    out.raw(std::as_bytes(std::span(entry.name)));
    out.raw(entry.packed);

    directory.four(0x02014b50);
    directory.two(20);  // made by
    put_facts(directory, entry);
    directory.two(0);   // no comment
    directory.two(0);   // disk
    directory.two(0);   // internal attributes
    directory.four(0);  // external attributes
    directory.four(offset);
    directory.raw(std::as_bytes(std::span(entry.name)));
  }
  const auto start = out.size();
  const auto size = directory.size();
  out.raw(directory.take());
  out.four(0x06054b50);
  out.two(0);
  out.two(0);
  out.two(entries.size());
  out.two(entries.size());
  out.four(size);
  out.four(start);
  out.two(0);
  return out.take();
}

}  // namespace kws::testing
