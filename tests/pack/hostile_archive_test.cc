// SPDX-License-Identifier: MIT
//
// Files whose ZIP is damaged or lies. Nothing here may crash, hang or be believed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/error.h"
#include "pack/contents.h"
#include "pack/model_pack.h"
#include "pack/raw_zip.h"
#include "pack/sample_pack.h"

namespace kws::pack {
namespace {

using kws::testing::deflated;
using kws::testing::raw_zip;
using kws::testing::RawEntry;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

/// The message of the ModelError, "" when the file is taken.
std::string refusal(std::span<const std::byte> bytes) {
  try {
    (void)read(bytes, "bad.kws");
  } catch (const ModelError& error) {
    EXPECT_THAT(error.what(), StartsWith("bad.kws: "));
    EXPECT_EQ(exit_code(error), 1);
    return error.what();
  }
  return "";
}

std::vector<RawEntry> honest_entries() {
  const auto parts = kws::testing::parts_of(kws::testing::small_pack());
  return {deflated("manifest.toml", std::as_bytes(std::span(parts.manifest))),
          deflated("weights.bin", parts.weights)};
}

TEST(HostileArchive, TheHonestOneIsTaken) {
  EXPECT_THAT(refusal(raw_zip(honest_entries())), IsEmpty());
}

TEST(HostileArchive, EmptyOrNoZip) {
  EXPECT_THAT(refusal({}), HasSubstr("is empty"));
  const std::string text = "format = 1\n";
  EXPECT_THAT(refusal(std::as_bytes(std::span(text))), HasSubstr("ZIP"));
  EXPECT_THAT(refusal(std::vector<std::byte>(1 << 20)), HasSubstr("ZIP"));
}

TEST(HostileArchive, CutAtAnyByte) {
  const auto bytes = write(kws::testing::small_pack());
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_NE(refusal(std::span(bytes).first(length)), "") << length << " of " << bytes.size();
  }
}

TEST(HostileArchive, AnyByteChanged) {
  const auto pack = kws::testing::small_pack();
  const auto bytes = write(pack);
  std::size_t refused = 0;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const auto flip : {std::byte{0x01}, std::byte{0x80}, std::byte{0xFF}}) {
      auto changed = bytes;
      changed[at] ^= flip;
      try {
        // A date or an attribute may change unnoticed; what the model is may not.
        EXPECT_EQ(write(read(changed, "bad.kws")), bytes) << at;
      } catch (const ModelError& error) {
        EXPECT_THAT(error.what(), StartsWith("bad.kws: ")) << at;
        ++refused;
      }
    }
  }
  EXPECT_GT(refused, bytes.size() * 2);
}

TEST(HostileArchive, BytesBehindOrBeforeAreNotBelieved) {
  const auto bytes = write(kws::testing::small_pack());
  for (const bool behind : {false, true}) {
    auto longer = bytes;
    const std::vector<std::byte> junk(100, std::byte{'x'});
    longer.insert(behind ? longer.end() : longer.begin(), junk.begin(), junk.end());
    try {
      EXPECT_EQ(write(read(longer, "x")), bytes);
    } catch (const ModelError&) {
    }
  }
}

TEST(HostileArchive, ExtraMissingDuplicateOrForeignEntries) {
  const auto honest = honest_entries();
  const auto with = [&](std::vector<RawEntry> entries) { return refusal(raw_zip(entries)); };
  const auto named = [](RawEntry entry, const std::string& name) {
    entry.name = name;
    return entry;
  };
  EXPECT_THAT(with({honest[0]}),
              AllOf(HasSubstr("1 entries"), HasSubstr("manifest.toml and weights.bin")));
  EXPECT_THAT(with({}), HasSubstr("bad.kws"));
  EXPECT_THAT(with({honest[0], honest[1], named(honest[1], "more.bin")}), HasSubstr("3 entries"));
  EXPECT_NE(with({honest[0], honest[0]}), "");
  EXPECT_NE(with({honest[0], honest[1], honest[1]}), "");
  EXPECT_THAT(with({honest[0], named(honest[1], "../weights.bin")}), HasSubstr("'../weights.bin'"));
  EXPECT_THAT(with({honest[0], named(honest[1], "/etc/passwd")}), HasSubstr("'/etc/passwd'"));
  EXPECT_THAT(with({honest[0], named(honest[1], "WEIGHTS.BIN")}), HasSubstr("'WEIGHTS.BIN'"));
  const auto message = with({honest[0], named(honest[1], "\x1b[2J")});
  EXPECT_EQ(message.find('\x1b'), std::string::npos);
  const std::string with_zero("weights.bin\0x", 13);
  EXPECT_NE(with({honest[0], named(honest[1], with_zero)}), "");
}

TEST(HostileArchive, ManyEntries) {
  std::vector<RawEntry> entries;
  for (int i = 0; i < 60000; ++i) {
    RawEntry entry;
    entry.name = std::to_string(i);
    entries.push_back(entry);
  }
  EXPECT_THAT(refusal(raw_zip(entries)), HasSubstr("60000 entries"));
}

TEST(HostileArchive, LyingSizes) {
  for (const std::size_t which : {0U, 1U}) {
    for (const int lie : {-1, 1, -100, 100, 1 << 20}) {
      auto entries = honest_entries();
      entries[which].declared_bytes += static_cast<std::uint32_t>(lie);
      EXPECT_NE(refusal(raw_zip(entries)), "") << which << " " << lie;
    }
    auto entries = honest_entries();
    entries[which].declared_bytes = 0xFFFFFFF0U;
    EXPECT_NE(refusal(raw_zip(entries)), "");
  }
}

TEST(HostileArchive, BadChecksum) {
  for (const std::size_t which : {0U, 1U}) {
    auto entries = honest_entries();
    entries[which].crc ^= 1U;
    EXPECT_THAT(refusal(raw_zip(entries)), HasSubstr("CRC"));
  }
}

TEST(HostileArchive, TrueCrcButAnotherHash) {
  auto parts = kws::testing::parts_of(kws::testing::small_pack());
  parts.weights[0] ^= std::byte{1};  // the ZIP is right about it, the manifest is not
  EXPECT_THAT(refusal(kws::testing::assemble(parts)), HasSubstr("SHA-256"));
}

TEST(HostileArchive, EncryptedOrOddlyPacked) {
  auto entries = honest_entries();
  entries[1].flags = 1;
  EXPECT_NE(refusal(raw_zip(entries)), "");
  entries = honest_entries();
  entries[1].method = 12;  // bzip2
  EXPECT_NE(refusal(raw_zip(entries)), "");
  entries[1].method = 99;
  EXPECT_NE(refusal(raw_zip(entries)), "");
}

TEST(HostileArchive, StoredIsAsGoodAsDeflated) {
  const auto parts = kws::testing::parts_of(kws::testing::small_pack());
  auto entries = honest_entries();
  entries[1].packed = parts.weights;
  entries[1].method = 0;
  EXPECT_THAT(refusal(raw_zip(entries)), IsEmpty());
}

TEST(HostileArchive, BombOfZeros) {
  constexpr std::uint64_t kBytes = 268435456;
  const auto bomb = kws::testing::deflated_zeros("weights.bin", kBytes);
  EXPECT_LT(bomb.packed.size(), 270000U);
  auto entries = honest_entries();
  entries[1] = bomb;
  EXPECT_THAT(refusal(raw_zip(entries)), HasSubstr("declares 268435456 bytes"));
  // The same, declared as what the manifest expects.
  entries[1].declared_bytes = honest_entries()[1].declared_bytes;
  EXPECT_NE(refusal(raw_zip(entries)), "");
  // As a manifest.
  entries = honest_entries();
  entries[0] = bomb;
  entries[0].name = "manifest.toml";
  EXPECT_THAT(refusal(raw_zip(entries)), HasSubstr("more than the 65536 allowed"));
  entries[0].declared_bytes = 4096;
  EXPECT_NE(refusal(raw_zip(entries)), "");
}

// Within every cap of bytes, and what the manifest expects: still no model.
TEST(HostileArchive, RepetitionThatSwellsTooMuch) {
  auto pack = kws::testing::small_pack();
  auto& graph = pack.model.graph;
  graph.add_input({5, 4, 1});
  graph.add_node("norm", nn::Op::kInputNorm, nn::NoAttributes{}, {graph.output});
  graph.add_node("wide", nn::Op::kConv2d, nn::Conv2d{.channels = 1024}, {graph.output});
  graph.add_node("deep", nn::Op::kConv2d, nn::Conv2d{.channels = 1024}, {graph.output});
  graph.add_node("pool", nn::Op::kMean, nn::Mean{}, {graph.output});
  graph.add_node("dense", nn::Op::kDense, nn::Dense{.channels = 2}, {graph.output});
  graph.add_node("softmax", nn::Op::kSoftmax, nn::NoAttributes{}, {graph.output});
  pack.model.weights.clear();
  for (const auto& spec : nn::parameters(graph)) {
    pack.model.weights[spec.name].resize(spec.elements(), 1.0F);
  }
  EXPECT_THAT(refusal(kws::testing::assemble(kws::testing::parts_of(pack))), HasSubstr("swell"));
}

}  // namespace
}  // namespace kws::pack
