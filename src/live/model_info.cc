// SPDX-License-Identifier: MIT
#include "live/model_info.h"

#include <cstdio>
#include <system_error>

#include "base/text.h"
#include "engine/instruction_set.h"
#include "nn/costs.h"

namespace kws::live {
namespace {

/// "logmel 40, 40/20 ms, 20-7600 Hz"
std::string describe_features(const features::FeatureSpec& spec) {
  char text[128];
  std::snprintf(text, sizeof text, "%s %d, %g/%g ms, %g-%g Hz",
                std::string(features::to_string(spec.kind)).c_str(), spec.bins(), spec.frame_ms,
                spec.hop_ms, spec.f_lo_hz, spec.f_hi_hz);
  return text;
}

}  // namespace

ModelInfo describe_model(const pack::ModelPack& pack, const std::filesystem::path& path) {
  const auto costs = nn::cost(pack.model.graph).total;
  std::error_code ignored;
  const auto bytes = std::filesystem::file_size(path, ignored);
  return ModelInfo{.name = printable(pack.name),
                   .path = path.string(),
                   .labels = pack.labels,
                   .features = describe_features(pack.features),
                   .parameters = costs.parameters,
                   .macs = costs.macs,
                   .file_bytes = ignored ? 0 : static_cast<std::size_t>(bytes),
                   .kernels = std::string(engine::to_string(engine::chosen_instruction_set()))};
}

}  // namespace kws::live
