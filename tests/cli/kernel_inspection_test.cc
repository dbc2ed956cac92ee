// SPDX-License-Identifier: MIT
#include "cli/kernel_inspection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "pack/sample_pack.h"

namespace kws::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(KernelInspection, NamesTheSetsAndAKernelForEachLayer) {
  setenv("KWS_KERNELS", "reference", 1);
  Inspection inspection;
  inspection.model = kws::testing::small_pack();
  const auto forced = inspect_kernels(inspection);
  unsetenv("KWS_KERNELS");
  EXPECT_EQ(forced.chosen, engine::InstructionSet::kReference);
  EXPECT_THAT(to_text(forced), AllOf(HasSubstr("reference     chosen"), HasSubstr("available")));

  const auto json = to_json(inspect_kernels(inspection));
  EXPECT_EQ(json["instruction_sets"][0]["name"], "reference");
  EXPECT_NE(json["chosen"], "reference");
  ASSERT_FALSE(json["layers"].empty());
  for (const auto& layer : json["layers"]) EXPECT_NE(layer["kernel"], "reference");
}

}  // namespace
}  // namespace kws::cli
