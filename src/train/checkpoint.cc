// SPDX-License-Identifier: MIT
//
// The file: 8 bytes of magic, then the fields in order, then the SHA-256 of all that came before as
// 64 hex digits. Numbers are little-endian as the processor writes them (x86-64 and Arm); strings
// and lists come behind their length in 64 bits. It is a scratch file of one machine, not for
// exchange; the checksum tells a damaged one.
#include "train/checkpoint.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/sha.h"
#include "base/text.h"

namespace kws::train {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::string_view kMagic = "KWSCKPT1";
constexpr std::size_t kChecksumBytes = 64;
constexpr std::size_t kMaxFileBytes = std::size_t{2} << 30;

class ByteWriter {
 public:
  template <typename T>
  void value(T v) {
    append(&v, sizeof v);
  }
  void text(std::string_view v) {
    value(std::uint64_t{v.size()});
    append(v.data(), v.size());
  }
  void floats(std::span<const float> v) {
    value(std::uint64_t{v.size()});
    append(v.data(), v.size_bytes());
  }
  void weights(const nn::Weights& all) {
    value(std::uint64_t{all.size()});
    for (const auto& [name, values] : all) {
      text(name);
      floats(values);
    }
  }
  void append(const void* data, std::size_t size) {
    const auto* from = static_cast<const std::byte*>(data);
    bytes.insert(bytes.end(), from, from + size);
  }

  std::vector<std::byte> bytes;
};

/// Reads what ByteWriter wrote; damaged() for what cannot be.
class ByteReader {
 public:
  ByteReader(std::span<const std::byte> bytes, const std::filesystem::path& path)
      : bytes_(bytes), path_(path) {}

  template <typename T>
  [[nodiscard]] T value() {
    T v;
    std::memcpy(&v, take(sizeof v).data(), sizeof v);
    return v;
  }
  [[nodiscard]] std::string text() {
    const auto from = take(value<std::uint64_t>());
    return {reinterpret_cast<const char*>(from.data()), from.size()};
  }
  [[nodiscard]] std::vector<float> floats() {
    const auto count = value<std::uint64_t>();
    if (count > bytes_.size() / sizeof(float)) damaged();
    const auto from = take(count * sizeof(float));
    std::vector<float> v(count);
    if (!v.empty()) std::memcpy(v.data(), from.data(), from.size());
    return v;
  }
  [[nodiscard]] nn::Weights weights() {
    nn::Weights all;
    for (auto left = value<std::uint64_t>(); left > 0; --left) {
      auto name = text();
      all.emplace(std::move(name), floats());
    }
    return all;
  }
  [[nodiscard]] bool at_end() const { return bytes_.empty(); }
  [[nodiscard]] std::span<const std::byte> take(std::uint64_t size) {
    if (size > bytes_.size()) damaged();
    const auto taken = bytes_.first(size);
    bytes_ = bytes_.subspan(size);
    return taken;
  }
  [[noreturn]] void damaged() const {
    throw DataError(printable(path_.string()) +
                    ": this checkpoint is damaged; delete it and train from the start");
  }

 private:
  std::span<const std::byte> bytes_;
  const std::filesystem::path& path_;
};

struct Difference {
  std::string there;
  std::string here;
};

/// The first line that differs, "" where one text has ended.
Difference first_difference(std::string_view there, std::string_view here) {
  const auto theirs = split(there, '\n');
  const auto ours = split(here, '\n');
  for (std::size_t i = 0; i < std::max(theirs.size(), ours.size()); ++i) {
    const std::string a = i < theirs.size() ? theirs[i] : "";
    const std::string b = i < ours.size() ? ours[i] : "";
    if (a != b) return {printable(a), printable(b)};
  }
  return {};
}

}  // namespace

void save_checkpoint(const Checkpoint& checkpoint, const std::filesystem::path& path) {
  ByteWriter out;
  out.append(kMagic.data(), kMagic.size());
  out.text(checkpoint.identity.recipe);
  out.text(checkpoint.identity.data);
  out.value(checkpoint.step);
  out.value(checkpoint.loss_sum);
  out.value(checkpoint.correct);
  out.value(checkpoint.clips);
  out.value(checkpoint.last_accuracy);
  out.value(checkpoint.best_accuracy);
  out.weights(checkpoint.weights);
  out.weights(checkpoint.average);
  out.weights(checkpoint.best);
  out.value(checkpoint.optimiser.steps);
  out.floats(checkpoint.optimiser.first);
  out.floats(checkpoint.optimiser.second);
  const auto checksum = sha256_hex(out.bytes);
  out.append(checksum.data(), checksum.size());
  write_file_atomically(path, out.bytes);
}

Checkpoint load_checkpoint(const std::filesystem::path& path) {
  const auto bytes = read_file(path, kMaxFileBytes);
  const std::span<const std::byte> all(bytes);
  if (all.size() < kMagic.size() + kChecksumBytes ||
      std::memcmp(all.data(), kMagic.data(), kMagic.size()) != 0) {
    throw DataError(printable(path.string()) + ": this is no checkpoint of a training");
  }
  const auto body = all.first(all.size() - kChecksumBytes);
  ByteReader in(body, path);
  if (std::memcmp(sha256_hex(body).data(), all.data() + body.size(), kChecksumBytes) != 0) {
    in.damaged();
  }
  (void)in.take(kMagic.size());
  Checkpoint read;
  read.identity.recipe = in.text();
  read.identity.data = in.text();
  read.step = in.value<std::int64_t>();
  read.loss_sum = in.value<double>();
  read.correct = in.value<std::int64_t>();
  read.clips = in.value<std::int64_t>();
  read.last_accuracy = in.value<double>();
  read.best_accuracy = in.value<double>();
  read.weights = in.weights();
  read.average = in.weights();
  read.best = in.weights();
  read.optimiser.steps = in.value<std::int64_t>();
  read.optimiser.first = in.floats();
  read.optimiser.second = in.floats();
  if (!in.at_end()) in.damaged();
  return read;
}

void check_fits(const Checkpoint& checkpoint, const Identity& wanted, const nn::Graph& graph,
                const std::filesystem::path& path) {
  const auto file = printable(path.string());
  constexpr auto kAdvice = "; train with the same one, or delete the checkpoint to start anew";
  if (checkpoint.identity.recipe != wanted.recipe) {
    const auto [there, here] = first_difference(checkpoint.identity.recipe, wanted.recipe);
    throw ConfigError(file + " was made by another recipe: it has '" + there +
                      "' where this one has '" + here + "'" + kAdvice);
  }
  if (checkpoint.identity.data != wanted.data) {
    const auto [there, here] = first_difference(checkpoint.identity.data, wanted.data);
    throw DataError(file + " was made from other recordings: it has '" + there +
                    "' where these have '" + here + "'" + kAdvice);
  }
  nn::validate({graph, checkpoint.weights});
  nn::validate({graph, checkpoint.average});
  if (!checkpoint.best.empty()) nn::validate({graph, checkpoint.best});
  std::size_t trained = 0;
  for (const auto& spec : nn::parameters(graph)) {
    if (spec.role != nn::ParameterRole::kStatistic) trained += spec.elements();
  }
  const auto second = checkpoint.optimiser.second.size();
  if (checkpoint.optimiser.first.size() != trained || (second != 0 && second != trained)) {
    throw ModelError(file + ": the optimiser's state does not belong to this network");
  }
}

}  // namespace kws::train
