// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>

#include "live/telemetry.h"
#include "pack/model_pack.h"

namespace kws::live {

/// What onlookers are told of a model.
[[nodiscard]] ModelInfo describe_model(const pack::ModelPack& pack,
                                       const std::filesystem::path& path);

}  // namespace kws::live
