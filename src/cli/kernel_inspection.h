// SPDX-License-Identifier: MIT
//
// What `kws inspect --kernels` shows: the code that this processor would run a model with.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "cli/inspection.h"
#include "engine/plan.h"

namespace kws::cli {

struct KernelInspection {
  std::vector<engine::InstructionSet> built;
  std::vector<engine::InstructionSet> available;
  engine::InstructionSet chosen = engine::InstructionSet::kReference;
  std::vector<engine::LayerKernel> layers;
};

/// Builds a plan; a recipe's gets fresh weights. Throws ModelError as engine::Plan does, and
/// ConfigError for a KWS_KERNELS that is not available.
[[nodiscard]] KernelInspection inspect_kernels(const Inspection& inspection);

[[nodiscard]] std::string to_text(const KernelInspection& inspection);
[[nodiscard]] nlohmann::ordered_json to_json(const KernelInspection& inspection);

}  // namespace kws::cli
