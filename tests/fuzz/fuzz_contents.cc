// SPDX-License-Identifier: MIT
//
// Fuzzes what lies behind the ZIP: a manifest's text, a zero byte, and weights that are repeated
// or cut to the length the manifest asks for, with the checksum made right. A model that is taken
// must also compile and run.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/sha.h"
#include "engine/plan.h"
#include "nn/costs.h"
#include "pack/contents.h"

namespace {

constexpr std::uint64_t kMaxFuzzedWeights = 1 << 20;
constexpr std::int64_t kMaxFuzzedMacs = 1 << 22;
constexpr std::int64_t kMaxFuzzedBytes = 1 << 22;

void run(const kws::nn::Model& model) {
  const auto cost = kws::nn::cost(model.graph);
  if (cost.total.macs > kMaxFuzzedMacs || cost.total.activation_bytes > kMaxFuzzedBytes) return;
  kws::engine::Plan plan(model);
  std::vector<float> features(plan.frames() * plan.bins());
  std::iota(features.begin(), features.end(), -3.0F);
  std::vector<float> posteriors(plan.labels());
  plan.run_window(features, posteriors);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto* middle = std::find(data, data + size, std::uint8_t{0});
  const std::string_view text(reinterpret_cast<const char*>(data),
                              static_cast<std::size_t>(middle - data));
  std::vector<std::byte> given;
  if (middle != data + size) {
    given.assign(reinterpret_cast<const std::byte*>(middle + 1),
                 reinterpret_cast<const std::byte*>(data + size));
  }
  try {
    auto manifest = kws::pack::read_manifest(text);
    kws::pack::check_description(manifest.pack);
    if (manifest.weights_bytes > kMaxFuzzedWeights) return 0;
    std::vector<std::byte> weights(manifest.weights_bytes);
    for (std::size_t i = 0; i < weights.size() && !given.empty(); ++i) {
      weights[i] = given[i % given.size()];
    }
    manifest.weights_sha256 = kws::sha256_hex(weights);
    manifest.pack.model.weights = kws::pack::read_weights(manifest, weights);
    kws::pack::check(manifest.pack);
    // What is written of it must say the same, and be written the same again.
    const auto stored = kws::pack::write_weights(manifest.pack.model);
    const auto written = kws::pack::write_manifest(manifest.pack, stored);
    auto again = kws::pack::read_manifest(written);
    again.pack.model.weights = kws::pack::read_weights(again, stored.bytes);
    if (kws::pack::write_weights(again.pack.model).bytes != stored.bytes) std::abort();
    if (kws::pack::write_manifest(again.pack, stored) != written) std::abort();
    run(manifest.pack.model);
  } catch (const kws::ModelError&) {
  } catch (const kws::ConfigError&) {
  }
  return 0;
}
