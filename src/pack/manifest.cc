// SPDX-License-Identifier: MIT
//
// manifest.toml: the keys, in the order they are written, are those of docs/model-format.md.
#include <algorithm>
#include <limits>

#include "base/error.h"
#include "base/sha.h"
#include "base/text.h"
#include "decide/settings_toml.h"
#include "features/feature_spec_toml.h"
#include "pack/contents.h"
#include "pack/graph_toml.h"
#include "pack/zero_bitmap.h"

namespace kws::pack {
namespace {

using config::Table;
using config::Writer;

constexpr std::int64_t kMaxCount = std::numeric_limits<std::int64_t>::max();

/// Parameters follow from the graph; the list says how each is stored and must agree with it.
void read_storage(const Table& document, Manifest& manifest) {
  const auto stored = document.tables("weights");
  const auto specs = nn::parameters(manifest.pack.model.graph);
  std::uint64_t offset = 0;
  std::uint64_t plain = 0;  // what the values will take once they are read
  for (std::size_t i = 0; i < std::max(stored.size(), specs.size()); ++i) {
    if (i >= stored.size())
      throw ModelError("weights '" + printable(specs[i].name) + "' are missing");
    const auto& entry = stored[i];
    const auto name = entry.string("name");
    if (i >= specs.size()) throw entry.error("name", "belongs to no layer");
    const auto& spec = specs[i];
    if (name != spec.name) {
      throw entry.error("name",
                        "must be '" + printable(spec.name) + "', the next in the graph's order");
    }
    if (entry.choice("type", {"f32", "s8"}) != stored_type(spec)) {
      throw entry.error("type", "must be '" + std::string(stored_type(spec)) + "'");
    }
    if (entry.integers("shape", 0, kMaxCount) != spec.shape) {
      throw entry.error("shape", "is not what the layer needs");
    }
    const auto exactly = [&](const char* key, std::uint64_t wanted) {
      if (static_cast<std::uint64_t>(entry.integer(key, 0, kMaxCount)) != wanted) {
        throw entry.error(key, "must be " + std::to_string(wanted));
      }
    };
    exactly("offset", offset);
    Storage storage{.bytes = plain_bytes(spec), .zero_bitmap = entry.has("zeros")};
    if (storage.zero_bitmap) {
      (void)entry.choice("zeros", {"bitmap"});
      const auto bytes = static_cast<std::uint64_t>(entry.integer("bytes", 0, kMaxCount));
      if (bytes < bitmap_bytes(spec.elements()) || bytes > storage.bytes) {
        throw entry.error("bytes", "must be " + std::to_string(bitmap_bytes(spec.elements())) +
                                       " of bitmap and more, and no more than " +
                                       std::to_string(storage.bytes));
      }
      storage.bytes = bytes;
    } else {
      exactly("bytes", storage.bytes);
    }
    manifest.storage.push_back(storage);
    offset += storage.room();  // a 64 KiB manifest holds too few to overflow
    plain += plain_bytes(spec);
    if (std::max(offset, plain) > kMaxWeightBytes) {
      throw ModelError("has more than the " + std::to_string(kMaxWeightBytes) +
                       " bytes of weights allowed");
    }
  }
  manifest.weights_bytes = offset;
}

Provenance read_provenance(const Table& table) {
  Provenance provenance;
  provenance.seed = static_cast<std::uint64_t>(table.integer("seed", 0, kMaxCount));
  const auto counts = table.table_or_empty("data_counts");
  for (const auto& key : counts.keys()) {
    provenance.data_counts[key] = counts.integer(key, 0, kMaxCount);
  }
  const auto accuracy = table.table_or_empty("accuracy");
  for (const auto& key : accuracy.keys()) {
    provenance.accuracy[key] = accuracy.number(key, 0.0, 1.0);
  }
  provenance.recipe = table.string("recipe");
  return provenance;
}

void write_provenance(Writer& writer, const Provenance& provenance) {
  writer.table("provenance");
  writer.value("seed", static_cast<std::int64_t>(provenance.seed));
  writer.value("recipe", provenance.recipe);
  if (!provenance.data_counts.empty()) {
    writer.table("provenance.data_counts");
    for (const auto& [key, count] : provenance.data_counts) writer.value(key, count);
  }
  if (!provenance.accuracy.empty()) {
    writer.table("provenance.accuracy");
    for (const auto& [key, share] : provenance.accuracy) writer.value(key, share);
  }
}

}  // namespace

Manifest read_manifest(std::string_view text) {
  const auto document = Table::parse(text, std::string(kManifestName));
  const auto format = document.integer("format", 1, kMaxCount);
  if (format != kFormat) {
    throw document.error("format", "is " + std::to_string(format) +
                                       ", made for a newer kws; this one reads format " +
                                       std::to_string(kFormat));
  }
  Manifest manifest;
  auto& pack = manifest.pack;
  pack.name = document.string("name");
  pack.labels = document.strings("labels");
  manifest.weights_sha256 = document.string("weights_sha256");
  pack.features = features::read_feature_spec(document.table("features"));
  pack.decide = decide::read_settings(document.table("decide"));
  pack.provenance = read_provenance(document.table("provenance"));
  pack.model.graph = read_graph(document);
  read_storage(document, manifest);
  document.reject_unknown();
  return manifest;
}

std::string write_manifest(const ModelPack& pack, const StoredWeights& weights) {
  Writer writer;
  writer.comment("A model of kws-monitor. docs/model-format.md says what every key means.");
  writer.value("format", kFormat);
  writer.value("name", pack.name);
  writer.value("labels", pack.labels);
  writer.value("weights_sha256", sha256_hex(weights.bytes));
  writer.table("features");
  features::write_feature_spec(writer, pack.features);
  writer.table("decide");
  decide::write_settings(writer, pack.decide, "decide");
  write_provenance(writer, pack.provenance);
  write_graph(writer, pack.model.graph);
  std::uint64_t offset = 0;
  const auto specs = nn::parameters(pack.model.graph);
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const auto& spec = specs[i];
    const Storage& storage = weights.storage[i];
    writer.array_table("weights");
    writer.value("name", spec.name);
    writer.value("type", stored_type(spec));
    writer.value("shape", spec.shape);
    writer.value("offset", static_cast<std::int64_t>(offset));
    writer.value("bytes", static_cast<std::int64_t>(storage.bytes));
    if (storage.zero_bitmap) writer.value("zeros", "bitmap");
    offset += storage.room();
  }
  return writer.text();
}

}  // namespace kws::pack
